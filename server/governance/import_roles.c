/* import_roles.c: roles.csv: the roles on each platform. */

#include "server/governance/import_internal.h"

enum { PLATFORM_CODE, CODE, NAME, LEVEL, SENSITIVITY, VERIFIED, N_COLUMNS };

static const struct import_column columns[N_COLUMNS] = {
	[PLATFORM_CODE] = { "platform_code", CELL_SYMBOL, 16, true, true, false, NULL },
	[CODE] = { "code", CELL_SYMBOL, 32, true, true, false, NULL },
	[NAME] = { "name", CELL_TEXT, 200, true, true, false, NULL },
	[LEVEL] = { "level", CELL_TEXT, 100, false, false, false, NULL },
	[SENSITIVITY] = { "sensitivity", CELL_LISTED, 20, true, true, false, "low|normal|high|privileged" },
	[VERIFIED] = { "verified", CELL_VERIFIED, 20, false, false, false, "đã xác minh|chưa xác minh" },
};

#define ROLES_INPUT                                                                                            \
	"WITH i AS (SELECT * FROM jsonb_to_recordset($1::jsonb) AS t (line integer, platform_code text, code text,"    \
	" name text, level text, sensitivity text, verified boolean))"

DB_QUERY(import_roles_platform_q, DB_READ,
         ROLES_INPUT " SELECT i.line, i.platform_code FROM i"
                     " WHERE NOT EXISTS (SELECT FROM sen.platform p WHERE p.code = i.platform_code AND p.id <> 0)"
                     " ORDER BY i.line LIMIT 50");
/* In somebody's name: as if each had been entered or edited by the API.  How sensitive a role is bounds who hands it out. */
DB_QUERY(import_roles_covered_q, DB_READ,
         ROLES_INPUT " SELECT i.line, i.platform_code FROM i JOIN sen.platform p ON p.code = i.platform_code AND p.id <> 0"
                     " LEFT JOIN sen.role r ON r.platform_id = p.id AND r.code = i.code"
                     " WHERE (r.id IS NULL OR (r.name, r.level, r.sensitivity, r.verified) IS DISTINCT FROM (i.name, coalesce(i.level, ''), i.sensitivity, i.verified))"
                     " AND sen.catalogue_covers(nullif(current_setting('sen.author', true), '')::uuid, 'catalogue', p.managing_unit_id, p.id) IS NOT TRUE"
                     " ORDER BY i.line LIMIT 50");
DB_QUERY(import_roles_write_q, DB_WRITE,
         ROLES_INPUT
         ", n AS (SELECT p.id AS platform_id, i.code, i.name, coalesce(i.level, '') AS level, i.sensitivity, i.verified"
         "  FROM i JOIN sen.platform p ON p.code = i.platform_code AND p.id <> 0),"
         " added AS (INSERT INTO sen.role (platform_id, code, name, level, sensitivity, verified)"
         "  SELECT n.platform_id, n.code, n.name, n.level, n.sensitivity, n.verified FROM n"
         "  WHERE NOT EXISTS (SELECT FROM sen.role r WHERE r.platform_id = n.platform_id AND r.code = n.code) RETURNING 1),"
         " changed AS (UPDATE sen.role r SET name = n.name, level = n.level, sensitivity = n.sensitivity, verified = n.verified"
         "  FROM n WHERE r.platform_id = n.platform_id AND r.code = n.code"
         "  AND (r.name, r.level, r.sensitivity, r.verified) IS DISTINCT FROM (n.name, n.level, n.sensitivity, n.verified) RETURNING 1)"
         " SELECT (SELECT count(*) FROM added), (SELECT count(*) FROM changed)");

static void check(struct import_job *job)
{
	for (size_t i = 0; i < job->table.n_rows; i++)
		if (str_index(import_cell_of(job, i, CODE), '-') >= 0)
			import_error_at(job, i, CODE, IMPORT_BAD_SYMBOL, import_cell_of(job, i, CODE));
	import_refuse_duplicates(job, PLATFORM_CODE, CODE);
}

static int write_batch(struct import_job *job, const struct import_batch *batch)
{
	static const struct import_check platform = { &import_roles_platform_q, IMPORT_UNKNOWN_PLATFORM, PLATFORM_CODE, false };
	static const struct import_check covered = { &import_roles_covered_q, IMPORT_NOT_YOUR_ROLE, PLATFORM_CODE, false };
	struct str json = import_batch_json(job, batch, import_add_cells);
	int r = import_run_check(job, &platform, json);

	if (r == 0 && job->request->principal)
		r = import_run_check(job, &covered, json);
	if (r < 0 || job->report->n_errors > 0)
		return r;
	return import_count_query(job, &import_roles_write_q, json, &job->report->counts[0]);
}

static int write(struct import_job *job)
{
	struct import_count *count = &job->report->counts[0];
	int r;

	count->what = "role";
	r = import_each_batch(job, write_batch);
	count->unchanged = job->table.n_rows - count->created - count->changed;
	return r;
}

const struct import_kind import_roles = { "roles", columns, N_COLUMNS, check, write };
