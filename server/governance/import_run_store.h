/*
 * import_run_store.h: imports through the API and their way: uploading → checking → ready | refused; ready → held | applying;
 * held → applying (by a second person); applying → applied | refused | checking again, when the record has changed since; cancelled.
 *
 * Everything is asked within the actor's scope of right "import".  Changes of state are one statement against
 * the version that was seen.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/import.h"

struct import_row {
	struct str id, kind, name, unit, state, sha256, report, error, created_by, created_at, applied_by, released_by, finished_at;
	bool complete;
	int64_t n_vanished, n_base, done_rows, total_rows, version;
};

struct import_new {
	struct str kind, name, unit;
	bool complete;
};
/* ERR_OUT_OF_SCOPE: not your unit; units, platforms and roles are imported for the whole, from the root. */
int import_run_add(struct op *op, struct str actor, const struct import_new *new, struct str *ret_id) _must_check_;
int import_run_get(struct op *op, struct str actor, struct str id, struct import_row *ret_row) _must_check_; /* ERR_NOT_FOUND */
/* The newest first; one more than the limit says that there are more. */
int import_run_list(struct op *op, struct str actor, const struct str after[2], size_t limit, const struct import_row **ret_rows,
                    size_t *ret_n) _must_check_;

#define IMPORT_PARTS_MAX 400
/* By whoever began it, while it is uploading; *ret_done false: it is not. */
int import_part_put(struct op *op, struct str actor, struct str id, int64_t n, struct str sealed, bool *ret_done) _must_check_;
/* All of them, in order. */
int import_parts(struct op *op, struct str id, const struct str **ret_sealed, size_t *ret_n) _must_check_;

/* Steps; *ret_done false: not in this version, not in the state for it, or not by this person. */
struct import_step {
	struct str actor, id;
	int64_t version;
};
int import_step_check(struct op *op, const struct import_step *step, struct str sha256, bool *ret_done) _must_check_;
/* Beyond either limit of the personnel policy it is held. */
int import_step_apply(struct op *op, const struct import_step *step, bool *ret_done) _must_check_;
int import_step_release(struct op *op, const struct import_step *step, bool *ret_done) _must_check_;
int import_step_cancel(struct op *op, const struct import_step *step, bool *ret_done) _must_check_;

struct import_preview_row {
	struct str n, line, what, key, action, before, after;
};
int import_preview_list(struct op *op, struct str id, struct str action, struct str after_n, size_t limit, const struct import_preview_row **ret_rows,
                        size_t *ret_n) _must_check_;

/* For import_work.c. */
struct import_task {
	struct str id, claim, kind, state, path, sha256, changes_sha256, actor, person_id, login;
	bool complete, in_scope, released;
};
/* *ret_found false: nothing to do. */
int import_task_next(struct op *op, struct import_task *ret_task, bool *ret_found) _must_check_;
/* Without claiming it; *ret_found false: it is not to be applied. */
int import_task_of(struct op *op, struct str id, struct import_task *ret_task, bool *ret_found) _must_check_;
int import_task_progress(struct op *op, const struct import_task *task, size_t done, size_t total) _must_check_;
/* In the transaction that it belongs to, or alone.  *ret_done false: somebody else has taken it over. */
struct import_outcome {
	const char *state;
	struct str report; /* JSON */
	struct str changes_sha256;
	size_t n_vanished, n_base, n_rows;
};
int import_task_end(struct op *op, const struct import_task *task, const struct import_outcome *outcome, bool *ret_done) _must_check_;
/* The record is not what it was at the check: checked anew, for whoever applies it to look. */
int import_task_recheck(struct op *op, const struct import_task *task) _must_check_;
/* Again in a moment; error: for whoever looks. */
int import_task_again(struct op *op, const struct import_task *task, struct str error) _must_check_;
int import_changes_store(struct op *op, struct str id, const struct import_change *changes, size_t from, size_t n) _must_check_;
/* What was previewed a month ago, and files that nobody applied. */
int import_sweep(struct op *op) _must_check_;
