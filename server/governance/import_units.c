/* import_units.c: units.csv: the tree of units; a parent may stand behind its children. */

#include "server/governance/import_units.h"
#include "server/governance/unit_rules.h"

static const struct import_column columns[UNITS_N_COLUMNS] = {
	[UNITS_CODE] = { "code", CELL_CODE, 35, true, true, false, NULL },
	[UNITS_NAME] = { "name", CELL_TEXT, 200, true, true, false, NULL },
	[UNITS_NAME_EN] = { "name_en", CELL_TEXT, 200, false, false, false, NULL },
	[UNITS_KIND] = { "kind", CELL_LISTED, 20, true, true, false, "central|province|department|commune|ward|division" },
	[UNITS_PARENT_CODE] = { "parent_code", CELL_CODE, 35, true, false, false, NULL },
	[UNITS_VALID_FROM] = { "valid_from", CELL_DATE, 10, true, true, false, NULL },
	[UNITS_VALID_TO] = { "valid_to", CELL_DATE, 10, false, false, false, NULL },
	[UNITS_VERIFIED] = { "verified", CELL_VERIFIED, 20, false, false, false, "đã xác minh|chưa xác minh" },
	[UNITS_IDENT_NEW] = { "ident_new", CELL_CODE, 35, false, false, false, NULL },
	[UNITS_IDENT_OLD] = { "ident_old", CELL_CODE, 35, false, false, false, NULL },
};

#define UNITS_INPUT                                                                                               \
	"WITH i AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (line integer, code text, name text, name_en text,"  \
	" name_fold text, kind text, parent_code text, valid_from date, valid_to date, verified boolean,"  \
	" ident_new text, ident_old text))"
#define UNIT_OLD "(u.name, u.name_en, u.name_fold, u.kind, p.code, u.valid_from, u.valid_to, u.verified, u.ident_new, u.ident_old)"
/* Identifiers that a file leaves out stay. */
#define UNIT_NEW "(i.name, i.name_en, i.name_fold, i.kind, i.parent_code, i.valid_from, i.valid_to, i.verified, coalesce(i.ident_new, u.ident_new), coalesce(i.ident_old, u.ident_old))"

/* Before anything is written: an added unit gets its parent by an update, which is no change of it. */
DB_QUERY(import_units_classify_q, DB_READ,
         UNITS_INPUT " SELECT count(*) FILTER (WHERE u.id IS NULL),"
                     " count(*) FILTER (WHERE u.id IS NOT NULL AND " UNIT_OLD " IS DISTINCT FROM " UNIT_NEW ")"
                     " FROM i LEFT JOIN sen.unit u ON u.code = i.code LEFT JOIN sen.unit p ON p.id = u.parent_id");
DB_QUERY(import_units_preview_q, DB_READ,
         UNITS_INPUT ", n AS (SELECT i.line, i.code, CASE WHEN u.id IS NOT NULL THEN jsonb_build_object('name', u.name, 'name_en', u.name_en,"
                     "  'kind', u.kind, 'parent_code', p.code, 'valid_from', u.valid_from, 'valid_to', u.valid_to, 'verified', u.verified,"
                     "  'ident_new', u.ident_new, 'ident_old', u.ident_old) END AS b,"
                     "  jsonb_build_object('name', i.name, 'name_en', i.name_en, 'kind', i.kind, 'parent_code', i.parent_code,"
                     "  'valid_from', i.valid_from, 'valid_to', i.valid_to, 'verified', i.verified,"
                     "  'ident_new', coalesce(i.ident_new, u.ident_new), 'ident_old', coalesce(i.ident_old, u.ident_old)) AS a"
                     "  FROM i LEFT JOIN sen.unit u ON u.code = i.code LEFT JOIN sen.unit p ON p.id = u.parent_id"
                     "  WHERE u.id IS NULL OR " UNIT_OLD " IS DISTINCT FROM " UNIT_NEW ")"
                     " SELECT line, code, CASE WHEN b IS NOT NULL THEN sen.jsonb_minus(b, a) END, sen.jsonb_minus(a, b) FROM n ORDER BY line");
DB_QUERY(import_units_add_q, DB_WRITE,
         UNITS_INPUT " INSERT INTO sen.unit (code, name, name_en, name_fold, kind, valid_from, valid_to, verified, ident_new, ident_old)"
                     " SELECT i.code, i.name, i.name_en, i.name_fold, i.kind, i.valid_from, i.valid_to, i.verified, i.ident_new, i.ident_old FROM i"
                     " WHERE NOT EXISTS (SELECT FROM sen.unit u WHERE u.code = i.code)");
DB_QUERY(import_units_parents_q, DB_READ,
         UNITS_INPUT " SELECT i.line, i.parent_code FROM i WHERE i.parent_code IS NOT NULL"
                     " AND NOT EXISTS (SELECT FROM sen.unit u WHERE u.code = i.parent_code) ORDER BY i.line LIMIT 50");
DB_QUERY(import_units_change_q, DB_WRITE,
         UNITS_INPUT ", n AS (SELECT u.id, q.id AS parent_id, i.* FROM i JOIN sen.unit u ON u.code = i.code"
                     "  LEFT JOIN sen.unit p ON p.id = u.parent_id LEFT JOIN sen.unit q ON q.code = i.parent_code"
                     "  WHERE " UNIT_OLD " IS DISTINCT FROM " UNIT_NEW ")"
                     " UPDATE sen.unit u SET name = n.name, name_en = n.name_en, name_fold = n.name_fold, kind = n.kind,"
                     " parent_id = n.parent_id, valid_from = n.valid_from, valid_to = n.valid_to, verified = n.verified,"
                     " ident_new = coalesce(n.ident_new, u.ident_new), ident_old = coalesce(n.ident_old, u.ident_old)"
                     " FROM n WHERE u.id = n.id");
DB_QUERY(import_units_repath_q, DB_WRITE, "SELECT sen.unit_repath()");
/* What no path from a root reaches within the depth of unit_repath(). */
DB_QUERY(import_units_lost_q, DB_READ,
         "WITH RECURSIVE tree AS (SELECT id, 1 AS depth FROM sen.unit WHERE parent_id IS NULL"
         " UNION ALL SELECT u.id, t.depth + 1 FROM sen.unit u JOIN tree t ON u.parent_id = t.id WHERE t.depth < 12)"
         " SELECT u.code FROM sen.unit u WHERE NOT EXISTS (SELECT FROM tree t WHERE t.id = u.id)");

static void add_unit(struct import_job *job, size_t row, json_t *object)
{
	import_add_cells(job, row, object);
	import_set_folded(job, object, import_cell_of(job, row, UNITS_NAME));
}

static void check_idents(struct import_job *job, size_t row)
{
	struct str ident_new = import_cell_of(job, row, UNITS_IDENT_NEW), ident_old = import_cell_of(job, row, UNITS_IDENT_OLD);

	if (!str_is_null(ident_new) && !unit_ident_new_is_valid(ident_new))
		import_error_at(job, row, UNITS_IDENT_NEW, IMPORT_BAD_IDENT, ident_new);
	else if (!str_is_null(ident_old) && (!unit_ident_old_is_valid(ident_old) || !unit_idents_agree(ident_new, ident_old)))
		import_error_at(job, row, UNITS_IDENT_OLD, IMPORT_BAD_IDENT, ident_old);
}

static void check(struct import_job *job)
{
	for (size_t row = 0; row < job->table.n_rows; row++) {
		check_idents(job, row);
		if (!unit_code_fits(import_cell_of(job, row, UNITS_CODE), import_cell_of(job, row, UNITS_KIND)))
			import_error_at(job, row, UNITS_CODE, IMPORT_BAD_UNIT_CODE, import_cell_of(job, row, UNITS_CODE));
	}
	import_check_period(job, UNITS_VALID_FROM, UNITS_VALID_TO);
	import_refuse_duplicates(job, UNITS_CODE, UNITS_N_COLUMNS);
}

static int classify_and_add(struct import_job *job, const struct import_batch *batch)
{
	struct str json = import_batch_json(job, batch, add_unit);
	struct db_rows rows;
	int r = import_units_note(job, batch, json);

	if (r == 0)
		r = import_preview(job, "unit", &import_units_preview_q, json);

	if (r == 0)
		r = import_count_query(job, &import_units_classify_q, json, &job->report->counts[0]);
	return r < 0 ? r : import_query(job, &import_units_add_q, json, &rows);
}

static int check_parents_and_change(struct import_job *job, const struct import_batch *batch)
{
	static const struct import_check parents = { &import_units_parents_q, IMPORT_UNKNOWN_UNIT, UNITS_PARENT_CODE, false };
	struct str json = import_batch_json(job, batch, add_unit);
	struct db_rows rows;
	int r = import_run_check(job, &parents, json);

	if (r < 0 || job->report->n_errors > 0)
		return r;
	return import_query(job, &import_units_change_q, json, &rows);
}

static int check_tree(struct import_job *job)
{
	struct db_rows rows;
	int r = db_run(job->op, &import_units_repath_q, &rows);

	if (r < 0)
		return r;
	r = db_run(job->op, &import_units_lost_q, &rows);
	if (r < 0)
		return r;
	for (size_t i = 0; i < rows.n && i < IMPORT_NOTES_MAX; i++) {
		for (size_t row = 0; row < job->table.n_rows; row++)
			if (str_equal(import_cell_of(job, row, UNITS_CODE), db_str(&rows, i, 0)))
				import_error_at(job, row, UNITS_PARENT_CODE, IMPORT_UNIT_CYCLE, STR_NULL);
	}
	/* None of them need stand in the file: a unit above may have been moved below its own. */
	if (rows.n > 0 && job->report->n_errors == 0)
		import_error(job->report, &(struct import_note){ .column = columns[UNITS_PARENT_CODE].name, .fault = IMPORT_UNIT_CYCLE });
	return 0;
}

static int write(struct import_job *job)
{
	struct import_count *count = &job->report->counts[0];
	int r;

	count->what = "unit";
	r = import_each_batch(job, classify_and_add);
	if (r == 0)
		r = import_each_batch(job, check_parents_and_change);
	count->unchanged = job->table.n_rows - count->created - count->changed;
	if (r == 0 && job->report->n_errors == 0)
		r = check_tree(job);
	return r < 0 || job->report->n_errors > 0 ? r : import_units_keep(job);
}

const struct import_kind import_units = { "units", columns, UNITS_N_COLUMNS, check, write };
