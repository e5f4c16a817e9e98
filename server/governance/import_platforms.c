/* import_platforms.c: platforms.csv: the catalogue of shared platforms. */

#include "server/governance/import_internal.h"

enum { CODE, NAME, NAME_EN, KIND, STATE, MANAGING_UNIT, EXPECTED_ON, VERIFIED, NOTE, N_COLUMNS };

static const struct import_column columns[N_COLUMNS] = {
	[CODE] = { "code", CELL_SYMBOL, 16, true, true, false, NULL },
	[NAME] = { "name", CELL_TEXT, 300, true, true, false, NULL },
	[NAME_EN] = { "name_en", CELL_TEXT, 300, false, false, false, NULL },
	[KIND] = { "kind", CELL_LISTED, 20, true, true, false, "central|provincial|sector|proposed" },
	[STATE] = { "state", CELL_LISTED, 20, true, true, false,
	            "proposed|appraised|approved|building|completed|deploying|operating|reviewing|replacing|stopped|refused" },
	[MANAGING_UNIT] = { "managing_unit", CELL_TEXT, 200, false, false, false, NULL },
	[EXPECTED_ON] = { "expected_on", CELL_MONTH, 7, false, false, false, NULL },
	[VERIFIED] = { "verified", CELL_VERIFIED, 20, false, false, false, "đã xác minh|chưa xác minh" },
	[NOTE] = { "note", CELL_TEXT, 900, false, false, false, NULL },
};

#define PLATFORMS_INPUT                                                                                           \
	"WITH i AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (line integer, code text, name text, name_en text,"  \
	" name_fold text, kind text, state text, managing_unit text, expected_on date, verified boolean, note text))"
#define PLATFORM_OLD \
	"(p.name, p.name_en, p.name_fold, p.kind, p.state, p.managing_unit, p.expected_on, p.verified, p.note)"
#define PLATFORM_NEW                                                                                   \
	"(i.name, i.name_en, i.name_fold, i.kind, i.state, coalesce(i.managing_unit, ''), i.expected_on, i.verified," \
	" coalesce(i.note, ''))"

DB_QUERY(import_platforms_unit_q, DB_READ,
         PLATFORMS_INPUT " SELECT i.line, i.managing_unit FROM i WHERE i.managing_unit IS NOT NULL"
                         " AND NOT EXISTS (SELECT FROM sen.unit u WHERE u.code = i.managing_unit) ORDER BY i.line LIMIT 50");
DB_QUERY(import_platforms_write_q, DB_WRITE,
         PLATFORMS_INPUT
         ", added AS (INSERT INTO sen.platform (code, name, name_en, name_fold, kind, state, managing_unit, expected_on, verified, note)"
         "  SELECT i.code, i.name, i.name_en, i.name_fold, i.kind, i.state, coalesce(i.managing_unit, ''), i.expected_on, i.verified,"
         "  coalesce(i.note, '') FROM i WHERE NOT EXISTS (SELECT FROM sen.platform p WHERE p.code = i.code) RETURNING 1),"
         " changed AS (UPDATE sen.platform p SET name = i.name, name_en = i.name_en, name_fold = i.name_fold, kind = i.kind,"
         "  state = i.state, managing_unit = coalesce(i.managing_unit, ''), expected_on = i.expected_on, verified = i.verified,"
         "  note = coalesce(i.note, '') FROM i WHERE p.code = i.code AND p.id <> 0 AND " PLATFORM_OLD " IS DISTINCT FROM " PLATFORM_NEW
         "  RETURNING 1)"
         " SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed)");

DB_QUERY(import_platforms_preview_q, DB_READ,
         PLATFORMS_INPUT ", n AS (SELECT i.line, i.code, CASE WHEN p.id IS NOT NULL THEN jsonb_build_object('name', p.name, 'name_en', p.name_en,"
                         "  'kind', p.kind, 'state', p.state, 'managing_unit', p.managing_unit, 'expected_on', p.expected_on, 'verified', p.verified,"
                         "  'note', p.note) END AS b, jsonb_build_object('name', i.name, 'name_en', i.name_en, 'kind', i.kind, 'state', i.state,"
                         "  'managing_unit', coalesce(i.managing_unit, ''), 'expected_on', i.expected_on, 'verified', i.verified,"
                         "  'note', coalesce(i.note, '')) AS a FROM i LEFT JOIN sen.platform p ON p.code = i.code"
                         "  WHERE p.id IS NULL OR " PLATFORM_OLD " IS DISTINCT FROM " PLATFORM_NEW ")"
                         " SELECT line, code, CASE WHEN b IS NOT NULL THEN sen.jsonb_minus(b, a) END, sen.jsonb_minus(a, b) FROM n ORDER BY line");

static void add_platform(struct import_job *job, size_t row, json_t *object)
{
	import_add_cells(job, row, object);
	import_set_folded(job, object, import_cell_of(job, row, NAME));
}

static void check(struct import_job *job)
{
	for (size_t i = 0; i < job->table.n_rows; i++) {
		struct str code = import_cell_of(job, i, CODE);

		/* Platform zero. */
		if (str_equal(code, STR("DIR")))
			import_error_at(job, i, CODE, IMPORT_RESERVED, code);
	}
	import_refuse_duplicates(job, CODE, N_COLUMNS);
}

static int write_batch(struct import_job *job, const struct import_batch *batch)
{
	static const struct import_check unit = { &import_platforms_unit_q, IMPORT_UNKNOWN_UNIT, MANAGING_UNIT, true };
	struct str json = import_batch_json(job, batch, add_platform);
	int r = import_run_check(job, &unit, json);

	if (r == 0)
		r = import_preview(job, "platform", &import_platforms_preview_q, json);
	return r < 0 ? r : import_count_query(job, &import_platforms_write_q, json, &job->report->counts[0]);
}

static int write(struct import_job *job)
{
	struct import_count *count = &job->report->counts[0];
	int r;

	count->what = "platform";
	r = import_each_batch(job, write_batch);
	count->unchanged = job->table.n_rows - count->created - count->changed;
	return r;
}

const struct import_kind import_platforms = { "platforms", columns, N_COLUMNS, check, write };
