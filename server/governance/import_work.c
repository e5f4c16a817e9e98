#include "server/governance/import_work.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "server/governance/csv_table.h"
#include "server/governance/import_run_store.h"
#include "server/governance/principal_store.h"

#define CHANGES_ARENA ((size_t)768 << 20)
#define CHANGES_BATCH 1000
#define TRY_ARENA ((size_t)512 << 20)
#define PROGRESS_EVERY_MS 500

struct work {
	const struct import_work *context;
	struct import_task task;
	struct import_report report;
	struct import_watch watch;
	struct arena *scratch; /* of what is said meanwhile */
	int64_t said_ms;
	bool has_changed; /* the record, since the check */
};

static json_t *notes_json(struct arena *a, const struct import_note *notes, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n && i < IMPORT_NOTES_MAX; i++) {
		json_t *item = json_new_object();

		json_set_int(item, "line", notes[i].line);
		json_set_str(item, "column", str_c(notes[i].column));
		json_set_str(item, "vi", import_note_text(a, &notes[i], STR("vi")));
		json_set_str(item, "en", import_note_text(a, &notes[i], STR("en")));
		json_array_append_new(list, item);
	}
	return list;
}

static struct str report_json(struct arena *a, const struct import_report *report)
{
	_json_ json_t *json = json_new_object();
	json_t *counts = json_new_object();

	for (size_t i = 0; i < ARRAY_LEN(report->counts); i++) {
		const struct import_count *count = &report->counts[i];
		json_t *item;

		if (!count->what)
			continue;
		item = json_new_object();
		json_set_int(item, "created", (int64_t)count->created);
		json_set_int(item, "changed", (int64_t)count->changed);
		json_set_int(item, "unchanged", (int64_t)count->unchanged);
		json_set_take(counts, count->what, item);
	}
	json_set_int(json, "rows", (int64_t)report->n_rows);
	json_set_take(json, "counts", counts);
	json_set_int(json, "n_errors", (int64_t)report->n_errors);
	json_set_int(json, "n_warnings", (int64_t)report->n_warnings);
	json_set_take(json, "errors", notes_json(a, report->errors, report->n_errors));
	json_set_take(json, "warnings", notes_json(a, report->warnings, report->n_warnings));
	return json_write(a, json, false);
}

/* Between batches: for whoever looks, and so that nobody else takes it over. */
static void say_progress(void *context, size_t done, size_t total)
{
	struct work *w = context;
	struct op op;

	if (clock_mono_ms() - w->said_ms < PROGRESS_EVERY_MS)
		return;
	w->said_ms = clock_mono_ms();
	arena_reset(w->scratch);
	op_init(&op, w->scratch, w->context->progress_db, NULL);
	if (import_task_progress(&op, &w->task, done, total) < 0)
		log_event(LOG_LEVEL_WARN, "import.progress", L_C("error", err_name(op.error.code)), L_STR("detail", op.error.detail));
	db_op_done(&op);
}

/* The file from its parts; STR_NULL: it is not the one that was announced. */
static int read_file(struct op *op, const struct work *w, struct str *ret_csv)
{
	struct buf b = buf_new(op->arena, IMPORT_FILE_MAX_BYTES + 1);
	const struct str *sealed;
	struct str plain;
	size_t n;
	int r = import_parts(op, w->task.id, &sealed, &n);

	if (r < 0)
		return r;
	for (size_t i = 0; i < n; i++) {
		if (!aead_open(op->arena, keyring_key(op->keys, KEY_AT_REST), "import", w->task.id, sealed[i], &plain))
			return op_fail(op, ERR_CRYPTO, "a part of the file cannot be opened");
		buf_add(&b, plain);
	}
	*ret_csv = buf_str(&b);
	if (!buf_ok(&b) || !str_equal(hex_encode(op->arena, sha256_str(op->arena, *ret_csv)), w->task.sha256))
		*ret_csv = STR_NULL;
	return 0;
}

/*
 * Of all that would be done, and what was there before: the same once more when it is applied.  What the file alone says is left out.  Of a
 * grant the line says it all; the rest depends on the moment.
 */
static struct str digest_of(struct arena *a, struct arena *scratch, const struct import_watch *watch)
{
	uint8_t chain[SHA256_LEN] = { 0 }, next[SHA256_LEN];

	for (size_t i = 0; i < watch->n_changes; i++) {
		const struct import_change *c = &watch->changes[i];
		struct str after;

		if (c->of_newcomers)
			continue;
		after = str_equal(str_c(c->what), STR("grant")) ? STR("") : c->after;

		arena_reset(scratch);
		sha256_two(str_n((const char *)chain, SHA256_LEN),
		           arena_printf(scratch, "%u %s %s %.*s\n%.*s\n%.*s", c->line, c->what, c->action, STR_ARG(c->key), STR_ARG(c->before), STR_ARG(after)), next);
		memcpy(chain, next, sizeof(chain));
	}
	return hex_encode(a, str_n((const char *)chain, SHA256_LEN));
}

/* Since the check before, if there was one. */
static bool has_changed(struct op *op, const struct work *w)
{
	return !str_is_null(w->task.changes_sha256) && !str_equal(digest_of(op->arena, w->scratch, &w->watch), w->task.changes_sha256);
}

static struct import_outcome outcome_of(struct op *op, const struct work *w, const char *state)
{
	return (struct import_outcome){
		.state = state,
		.report = report_json(op->arena, &w->report),
		.n_vanished = w->watch.n_vanished,
		.n_base = w->watch.n_base,
		.n_rows = w->report.n_rows,
		.changes_sha256 = digest_of(op->arena, w->scratch, &w->watch),
	};
}

/* In the transaction of the import itself. */
static int mark_applied(struct op *op, void *context)
{
	struct work *w = context;
	const struct import_outcome outcome = outcome_of(op, w, "applied");
	bool done;
	int r;

	w->has_changed = has_changed(op, w);
	if (w->has_changed)
		return op_fail(op, ERR_CONFLICT, "the record has changed since the check");
	r = import_task_end(op, &w->task, &outcome, &done);
	return r < 0 || done ? r : op_fail(op, ERR_CONFLICT, "somebody else has taken the import over");
}

static int end(struct op *op, const struct work *w, const char *state)
{
	const struct import_outcome outcome = outcome_of(op, w, state);
	bool done;
	int r = db_begin(op);

	for (size_t from = 0; r == 0 && from < w->watch.n_changes; from += CHANGES_BATCH) {
		size_t left = w->watch.n_changes - from;

		r = import_changes_store(op, w->task.id, w->watch.changes, from, left < CHANGES_BATCH ? left : CHANGES_BATCH);
	}
	if (r == 0)
		r = import_task_end(op, &w->task, &outcome, &done);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	return db_commit(op);
}

static int refused(struct op *op, struct work *w, enum import_fault fault)
{
	import_refuse_file(&w->report, fault);
	return op->dry ? op_fail(op, ERR_IMPORT, "the import would be refused") : end(op, w, "refused");
}

static int run(struct op *op, struct work *w)
{
	const struct import_task *t = &w->task;
	bool is_check = str_equal(t->state, STR("checking"));
	struct principal principal = { .account_id = t->actor, .person_id = t->person_id, .login = t->login };
	struct import_request request = {
		.kind = arena_cstr(op->arena, t->kind),
		.actor = arena_printf(op->arena, "account:%.*s", STR_ARG(t->actor)),
		.dry_run = is_check,
		.principal = &principal,
		.within = t->path,
		.complete = t->complete,
		.released = t->released,
		.source = arena_printf(op->arena, "import %.*s", STR_ARG(t->id)),
		.watch = &w->watch,
	};
	int r = read_file(op, w, &request.csv);

	if (r == 0 && (!t->in_scope || str_is_null(request.csv)))
		return refused(op, w, t->in_scope ? IMPORT_OTHER_FILE : IMPORT_OUT_OF_SCOPE);
	if (r == 0)
		r = principal_load_scopes(op, t->actor, &principal.scopes, &principal.n_scopes);
	if (r < 0)
		return r;
	op->before_commit = is_check || op->dry ? NULL : mark_applied;
	op->before_commit_context = w;
	r = import_run(op, &request, &w->report);
	op->before_commit = NULL;
	if (w->has_changed) {
		op_forgive(op);
		return import_task_recheck(op, t);
	}
	if (r == ERR_IMPORT && !op->dry) {
		op_forgive(op);
		w->watch.n_changes = 0;
		return end(op, w, "refused");
	}
	if (r < 0 || !is_check)
		return r;
	if (has_changed(op, w))
		import_warn(&w->report, &(struct import_note){ .fault = IMPORT_CHANGED_SINCE });
	return end(op, w, "ready");
}

int import_work_once(struct op *op, const struct import_work *work, bool *ret_worked)
{
	_cleanup_(arena_freep) struct arena *changes = arena_new(CHANGES_ARENA);
	_cleanup_(arena_freep) struct arena *scratch = arena_new(1 << 20);
	struct work *w = ARENA_NEW(op->arena, struct work);
	struct error failed;
	int r = import_task_next(op, &w->task, ret_worked);

	if (r < 0 || !*ret_worked)
		return r;
	w->context = work;
	w->scratch = scratch;
	w->watch = (struct import_watch){
		.progress = say_progress, .context = w, .arena = changes, .wants_changes = true };
	r = run(op, w);
	log_event(r < 0 ? LOG_LEVEL_WARN : LOG_LEVEL_INFO, "import", L_STR("id", w->task.id), L_STR("kind", w->task.kind),
	          L_STR("step", w->task.state), L_INT("rows", (int64_t)w->report.n_rows), L_C("error", r < 0 ? err_name(r) : ""),
	          L_STR("detail", op->error.detail));
	if (r >= 0)
		return 0;
	failed = op->error;
	op_forgive(op);
	r = import_task_again(op, &w->task, str_c(failed.text));
	return r;
}

int import_work_try(struct op *op, struct str id)
{
	_cleanup_(arena_freep) struct arena *scratch = arena_new(TRY_ARENA);
	struct arena *arena = op->arena;
	struct work *w = ARENA_NEW(arena, struct work);
	bool found;
	int r;

	assert(op->dry);
	op->arena = scratch;
	r = import_task_of(op, id, &w->task, &found);
	w->watch = (struct import_watch){ .arena = scratch };
	if (r == 0 && found)
		r = run(op, w);
	/* The detail of an error is read when the scratch is gone. */
	if (!str_is_null(op->error.detail))
		op->error.detail = arena_dup(arena, op->error.detail);
	op->arena = arena;
	return r;
}
