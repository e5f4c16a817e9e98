/* import_grants.c: grants.csv: roles for persons, each granted as the principal of the import would grant it. */

#include "server/governance/granting.h"
#include "server/governance/import_internal.h"

enum { EMPLOYEE_CODE, PLATFORM_CODE, ROLE_CODE, UNIT_CODE, BASIS, VALID_FROM, VALID_TO, N_COLUMNS };

static const struct import_column columns[N_COLUMNS] = {
	[EMPLOYEE_CODE] = { "employee_code", CELL_CODE, 32, true, true, false, NULL },
	[PLATFORM_CODE] = { "platform_code", CELL_SYMBOL, 16, true, true, false, NULL },
	[ROLE_CODE] = { "role_code", CELL_SYMBOL, 32, true, true, false, NULL },
	[UNIT_CODE] = { "unit_code", CELL_CODE, 35, false, false, false, NULL },
	[BASIS] = { "basis", CELL_TEXT, 300, true, true, false, NULL },
	[VALID_FROM] = { "valid_from", CELL_DATE, 10, false, false, false, NULL },
	[VALID_TO] = { "valid_to", CELL_DATE, 10, false, false, false, NULL },
};

/* Dates of a grant begin and end at midnight in Việt Nam. */
static struct str midnight(struct import_job *job, struct str date)
{
	return str_is_null(date) ? STR_NULL : arena_printf(job->scratch, "%.*sT00:00:00+07:00", STR_ARG(date));
}

static void check(struct import_job *job)
{
	for (size_t i = 0; i < job->table.n_rows; i++) {
		struct str from = import_cell_of(job, i, VALID_FROM), to = import_cell_of(job, i, VALID_TO);

		if (!str_is_null(from) && !str_is_null(to) && str_compare(to, from) <= 0)
			import_error_at(job, i, VALID_TO, IMPORT_DATE_ORDER, to);
	}
}

static struct str after_json(struct import_job *job, const struct grant *g)
{
	_json_ json_t *json = json_new_object();

	json_set_str(json, "login", g->login);
	json_set_str(json, "platform", g->platform_code);
	json_set_str(json, "role", g->role_code);
	json_set_str(json, "unit", g->unit_code);
	json_set_str(json, "valid_from", g->valid_from);
	json_set_str(json, "valid_to", g->valid_to);
	return json_write(job->scratch, json, false);
}

static void take_result(struct import_job *job, size_t row, const struct granting_result *result)
{
	struct import_count *count = &job->report->counts[0];
	struct import_watch *watch = job->request->watch;

	if (result->error.code < 0) {
		import_error_at(job, row, EMPLOYEE_CODE, IMPORT_GRANT_REFUSED, str_c(result->error.text));
		return;
	}
	count->created += result->added;
	count->unchanged += !result->added;
	if (result->added && watch && watch->wants_changes)
		import_add_change(watch, &(struct import_change){
			.line = job->table.rows[row].line, .what = "grant", .action = "add", .key = import_cell_of(job, row, EMPLOYEE_CODE),
			.before = STR_NULL, .after = after_json(job, &result->grant) });
}

static int grant_batch(struct import_job *job, const struct import_batch *batch)
{
	struct granting_request *requests = ARENA_ARRAY(job->scratch, struct granting_request, batch->n);
	struct granting_result *results = ARENA_ARRAY(job->scratch, struct granting_result, batch->n);
	struct arena *kept = job->op->arena;
	size_t n_refused;
	int r;

	for (size_t i = 0; i < batch->n; i++) {
		size_t row = batch->rows[i];

		requests[i] = (struct granting_request){
			.employee_code = import_cell_of(job, row, EMPLOYEE_CODE),
			.login = STR_NULL,
			.platform = import_cell_of(job, row, PLATFORM_CODE),
			.role = import_cell_of(job, row, ROLE_CODE),
			.unit = import_cell_of(job, row, UNIT_CODE),
			.basis = import_cell_of(job, row, BASIS),
			.valid_from = midnight(job, import_cell_of(job, row, VALID_FROM)),
			.valid_to = midnight(job, import_cell_of(job, row, VALID_TO)),
		};
	}
	job->op->arena = job->scratch;
	r = granting_rows(job->op, job->request->principal, requests, batch->n, results, &n_refused);
	job->op->arena = kept;
	if (r < 0)
		job->op->error.detail = arena_dup(kept, job->op->error.detail);
	for (size_t i = 0; r == 0 && i < batch->n; i++)
		take_result(job, batch->rows[i], &results[i]);
	return r;
}

static int write(struct import_job *job)
{
	job->report->counts[0].what = "grant";
	return import_each_batch(job, grant_batch);
}

const struct import_kind import_grants = { "grants", columns, N_COLUMNS, check, write };
