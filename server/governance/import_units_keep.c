/*
 * import_units_keep.c: a unit in use gets no other parent, kind or end by a file: that changes who reaches whom, and is a
 * reorganisation's to preview, approve and carry out.  An identifier belongs to one unit at a time.
 *
 * What is changed is seen before it is written, whether it may be afterwards: children may end with their parent, and two units
 * exchange their identifiers.
 */
#include "server/governance/import_units.h"

enum { MOVED = 1, OF_OTHER_KIND = 2, ENDED = 4, NAMED = 8, PLACED = 16 };

DB_QUERY(import_units_touched_q, DB_READ,
         "WITH i AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (line integer, code text, kind text, parent_code text, valid_from date, valid_to date,"
         "  ident_new text, ident_old text)),"
         " n AS (SELECT i.line, u.id IS NOT NULL AND p.code IS DISTINCT FROM i.parent_code AS moved,"
         "  u.kind <> i.kind OR i.valid_from > greatest(u.valid_from, sen.today()) AS other,"
         "  u.id IS NOT NULL AND i.valid_to IS NOT NULL AND (u.valid_to IS NULL OR i.valid_to < u.valid_to) AS ended,"
         "  i.ident_new IS NOT NULL AND i.ident_new IS DISTINCT FROM u.ident_new OR i.ident_old IS NOT NULL AND i.ident_old IS DISTINCT FROM u.ident_old AS named,"
         "  u.id IS NULL AS added, u.valid_to <= sen.today() AND (i.valid_to IS NULL OR i.valid_to > sen.today())"
         "   AND EXISTS (SELECT FROM sen.unit_successor h WHERE h.old_unit = u.id) AS revived"
         "  FROM i LEFT JOIN sen.unit u ON u.code = i.code LEFT JOIN sen.unit p ON p.id = u.parent_id)"
         " SELECT line, moved::integer + CASE WHEN other THEN 2 ELSE 0 END + ended::integer * 4 + named::integer * 8 + (moved OR added)::integer * 16,"
         " coalesce(revived, false) FROM n WHERE moved OR other OR ended OR named OR added OR revived");
#define OTHER_AND_LIVE                                                                                                                        \
	"x.id <> u.id AND (x.valid_to IS NULL OR x.valid_to > sen.today()) WHERE u.code = ANY ($4::text[]) AND (u.valid_to IS NULL OR u.valid_to > sen.today())"
/* A unit that moves takes those below along. */
DB_QUERY(import_units_keep_q, DB_READ,
         "SELECT u.code, 'moved', u.code FROM sen.unit u WHERE u.code = ANY ($1::text[]) AND EXISTS (SELECT FROM sen.unit d"
         "  WHERE d.path ~>=~ u.path AND d.path ~<~ (left(u.path, -1) || '/') AND sen.unit_is_used(d.id, sen.today()))"
         " UNION ALL SELECT u.code, 'kind', u.code FROM sen.unit u WHERE u.code = ANY ($2::text[]) AND sen.unit_is_used(u.id, sen.today())"
         " UNION ALL SELECT u.code, 'ended', u.code FROM sen.unit u WHERE u.code = ANY ($3::text[]) AND sen.unit_goes_on(u.id, u.valid_to)"
         " UNION ALL SELECT u.code, 'named', min(x.code) FROM sen.unit u JOIN sen.unit x ON x.ident_new = u.ident_new AND " OTHER_AND_LIVE " GROUP BY u.code"
         " UNION ALL SELECT u.code, 'named_old', min(x.code) FROM sen.unit u JOIN sen.unit x ON x.ident_old = u.ident_old AND " OTHER_AND_LIVE " GROUP BY u.code"
         " UNION ALL SELECT u.code, 'placed', p.code FROM sen.unit u JOIN sen.unit p ON p.id = u.parent_id"
         "  WHERE u.code = ANY ($5::text[]) AND (u.valid_to IS NULL AND p.valid_to IS NOT NULL OR u.valid_to > p.valid_to) LIMIT 50");

static size_t row_of_line(const struct import_job *job, const struct import_batch *batch, unsigned line)
{
	for (size_t i = 0; i < batch->n; i++)
		if (job->table.rows[batch->rows[i]].line == line)
			return batch->rows[i];
	assert(false);
	return batch->rows[0];
}

int import_units_note(struct import_job *job, const struct import_batch *batch, struct str json)
{
	struct db_rows rows;
	int r = import_query(job, &import_units_touched_q, json, &rows);

	if (r < 0)
		return r;
	if (!job->touched)
		job->touched = ARENA_ARRAY(job->op->arena, unsigned char, job->table.n_rows);
	for (size_t i = 0; i < rows.n; i++) {
		size_t row = row_of_line(job, batch, (unsigned)db_i64(&rows, i, 0));

		job->touched[row] = (unsigned char)db_i64(&rows, i, 1);
		if (db_bool(&rows, i, 2))
			import_error_at(job, row, UNITS_VALID_TO, IMPORT_BY_REORGANISATION, import_cell_of(job, row, UNITS_CODE));
	}
	return 0;
}

static struct str codes_of(struct import_job *job, unsigned char what)
{
	struct str *codes = ARENA_ARRAY(job->op->arena, struct str, job->table.n_rows);
	size_t n = 0;

	for (size_t row = 0; row < job->table.n_rows; row++)
		if (job->touched[row] & what)
			codes[n++] = import_cell_of(job, row, UNITS_CODE);
	return db_array(job->op->arena, codes, n);
}

static void refuse(struct import_job *job, const struct db_rows *rows, size_t i)
{
	static const struct {
		struct str what;
		size_t column;
		enum import_fault fault;
	} faults[] = {
		{ STR("moved"), UNITS_PARENT_CODE, IMPORT_BY_REORGANISATION }, { STR("kind"), UNITS_KIND, IMPORT_BY_REORGANISATION },
		{ STR("ended"), UNITS_VALID_TO, IMPORT_BY_REORGANISATION },    { STR("named"), UNITS_IDENT_NEW, IMPORT_IDENT_TAKEN },
		{ STR("named_old"), UNITS_IDENT_OLD, IMPORT_IDENT_TAKEN },     { STR("placed"), UNITS_PARENT_CODE, IMPORT_UNIT_ENDED },
	};

	for (size_t row = 0; row < job->table.n_rows; row++)
		for (size_t k = 0; k < ARRAY_LEN(faults) && str_equal(import_cell_of(job, row, UNITS_CODE), db_str(rows, i, 0)); k++)
			if (str_equal(faults[k].what, db_str(rows, i, 1)))
				import_error_at(job, row, faults[k].column, faults[k].fault, db_str(rows, i, 2));
}

int import_units_keep(struct import_job *job)
{
	struct db_rows rows;
	int r;

	if (!job->touched)
		return 0;
	r = db_run(job->op, &import_units_keep_q, &rows, P_STR(codes_of(job, MOVED)), P_STR(codes_of(job, OF_OTHER_KIND)), P_STR(codes_of(job, ENDED)),
	           P_STR(codes_of(job, NAMED)), P_STR(codes_of(job, PLACED)));
	for (size_t i = 0; r == 0 && i < rows.n; i++)
		refuse(job, &rows, i);
	return r;
}
