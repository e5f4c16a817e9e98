#include "server/governance/import.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/model/audit.h"
#include "common/model/wake_cause.h"
#include "server/governance/import_internal.h"

#define SCRATCH_BYTES ((size_t)64 << 20)

/*
 * Two imports at a time would each check what the other changes.  Plans are made anew for each
 * batch: one made while a table was nearly empty would read all of it per row later.
 */
DB_QUERY(import_begin_q, DB_WRITE,
         "SELECT pg_advisory_xact_lock(7301987), set_config('plan_cache_mode', 'force_custom_plan', true),"
         " set_config('sen.import_within', coalesce($1, ''), true)");

DB_QUERY(import_author_q, DB_WRITE, "SELECT set_config('sen.author', $1, true)");

static const struct import_kind *const kinds[] = { &import_units, &import_platforms, &import_roles, &import_persons, &import_posts_alone, &import_grants };

static const struct import_kind *find_kind(const char *name)
{
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++)
		if (str_equal(str_c(kinds[i]->name), str_c(name)))
			return kinds[i];
	return NULL;
}

bool import_kind_exists(const char *kind)
{
	const struct import_kind *found = find_kind(kind);

	/* Those are done in somebody's name. */
	return found && found != &import_grants && found != &import_posts_alone;
}

static int compare_notes(const void *a, const void *b)
{
	const struct import_note *x = a, *y = b;

	return (x->line > y->line) - (x->line < y->line);
}

/* Checks go column by column and batch by batch; readers go line by line. */
static void sort_notes(struct import_report *report)
{
	qsort(report->errors, report->n_errors < IMPORT_NOTES_MAX ? report->n_errors : IMPORT_NOTES_MAX, sizeof(report->errors[0]),
	      compare_notes);
	qsort(report->warnings, report->n_warnings < IMPORT_NOTES_MAX ? report->n_warnings : IMPORT_NOTES_MAX,
	      sizeof(report->warnings[0]), compare_notes);
}

static int refuse(struct op *op, struct import_report *report)
{
	sort_notes(report);
	return op_fail_detail(op, ERR_IMPORT, "the file has errors; nothing was imported", "line %u: %zu errors", report->errors[0].line,
	                      report->n_errors);
}

static int audit_import(struct op *op, const struct import_request *request, const struct import_report *report)
{
	_json_ json_t *data = json_new_object();
	const struct audit_record record = {
		.actor = request->actor,
		.action = "import",
		.object = str_c(request->kind),
		.data = data,
	};
	bool changed = false;

	for (size_t i = 0; i < ARRAY_LEN(report->counts); i++) {
		const struct import_count *count = &report->counts[i];
		json_t *item;

		if (!count->what)
			continue;
		item = json_new_object();
		json_set_int(item, "created", (int64_t)count->created);
		json_set_int(item, "changed", (int64_t)count->changed);
		json_set_int(item, "unchanged", (int64_t)count->unchanged);
		json_set_take(data, count->what, item);
		changed = changed || count->created > 0 || count->changed > 0;
	}
	json_set_str(data, "sha256", hex_encode(op->arena, sha256_str(op->arena, request->csv)));
	return changed ? audit_add(op, &record) : 0;
}

/* Whose act it is, for what the guard of units holds of it: who releases that is somebody else. */
static int say_author(struct op *op, struct str actor)
{
	struct db_rows rows;

	return db_run(op, &import_author_q, &rows, P_STR(str_starts(actor, STR("account:")) ? str_skip(actor, strlen("account:")) : STR("")));
}

static int write_all(struct import_job *job, const struct import_kind *kind, const struct import_request *request)
{
	struct op *op = job->op;
	struct db_rows rows;
	int r = db_run(op, &import_begin_q, &rows, P_STR(request->within));

	if (r == 0)
		r = wake_cause_set(op, request->released ? WAKE_APPROVED : WAKE_FEED);
	if (r == 0)
		r = say_author(op, request->actor);
	if (r == 0)
		r = kind->write(job);
	if (r == 0 && job->report->n_errors == 0 && request->complete)
		r = import_vanished(job);
	else if (r == 0 && job->report->n_errors == 0)
		r = import_base(job);
	if (r < 0)
		return r;
	if (job->report->n_errors > 0)
		return refuse(op, job->report);
	return request->dry_run ? 0 : audit_import(op, request, job->report);
}

static int run_job(struct import_job *job, const struct import_kind *kind, const struct import_request *request)
{
	struct op *op = job->op;
	int r;

	csv_table_read(op->arena, request->csv, &job->table, job->report);
	if (job->report->n_errors == 0)
		import_check_cells(job);
	if (job->report->n_errors > 0)
		return refuse(op, job->report);
	job->order = ARENA_ARRAY(op->arena, size_t, job->table.n_rows);
	for (size_t i = 0; i < job->table.n_rows; i++)
		job->order[i] = i;
	kind->check(job);
	if (job->report->n_errors > 0)
		return refuse(op, job->report);
	r = db_begin(op);
	if (r < 0)
		return r;
	r = write_all(job, kind, request);
	if (r < 0 || request->dry_run) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

int import_run(struct op *op, const struct import_request *request, struct import_report *ret_report)
{
	const struct import_kind *kind = find_kind(request->kind);
	_cleanup_(arena_freep) struct arena *scratch = arena_new(SCRATCH_BYTES);
	struct import_job job = {
		.op = op,
		.scratch = scratch,
		.report = ret_report,
		.request = request,
	};
	int r;

	assert(kind);
	*ret_report = (struct import_report){ .n_errors = 0 };
	job.table = (struct csv_table){ .columns = kind->columns, .n_columns = kind->n_columns };
	r = run_job(&job, kind, request);
	if (r == 0)
		sort_notes(ret_report);
	return r;
}
