/* api_import_steps.c: /api/v1/imports/{id}/…: an import on its way, each step against the version that was seen. */

#include "common/base/base64.h"
#include "server/app.h"
#include "server/governance/dry_run_report.h"
#include "server/governance/governance_audit.h"
#include "server/governance/import_work.h"
#include "server/handlers/api/api.h"
#include "server/handlers/api/imports_internal.h"


struct step {
	const char *action;
	int (*take)(struct request *rq, const struct import_step *step, bool *ret_done);
	const char *wanted;     /* states in which it can be */
	bool needs_another;     /* than who began and who applied it */
	bool is_applied;        /* the import is carried out, soon afterwards */
};

/* Why the statement did nothing. */
static int explain(struct request *rq, const struct step *how, int64_t version)
{
	struct op *op = &rq->op;
	struct import_row now;
	int r = api_import_find(rq, &now);

	if (r < 0)
		return r;
	if (now.version != version)
		return api_changed_meanwhile(op);
	if (how->needs_another && str_equal(now.state, STR("held")))
		return op_fail(op, ERR_FOUR_EYES, "whoever began or applied the import does not release it");
	(void)op_fail(op, ERR_WRONG_STATE, "the import is not in the state for this, or was begun by somebody else");
	(void)op_fail_arg(op, "state", now.state);
	return op_fail_arg(op, "wanted", str_c(how->wanted));
}

static int in_transaction(struct request *rq, const struct step *how, const struct import_step *step, bool *ret_done)
{
	const struct governance_act act = {
		.action = how->action, .account_id = STR_NULL, .object = arena_printf(rq->op.arena, "import:%.*s", STR_ARG(step->id)) };
	int r = db_begin(&rq->op);

	if (r == 0)
		r = how->take(rq, step, ret_done);
	if (r == 0 && *ret_done)
		r = governance_audit(&rq->op, rq->principal, &act, NULL);
	return audit_commit(&rq->op, r, NULL);
}

/* In a dry run it is carried out at once.  Its file is as large as a province; what is planned of it, and locked meanwhile, is not. */
static int try(struct request *rq, const struct import_row *row)
{
	if (row->total_rows <= DRY_ACCOUNTS_MAX)
		return import_work_try(&rq->op, row->id);
	(void)op_fail(&rq->op, ERR_NO_DRY_RUN, "too many rows");
	return op_fail_arg(&rq->op, "because", STR("it has more than 5,000 rows; GET /imports/{id}/rows shows what it will do"));
}

static int take_step(struct request *rq, const struct step *how)
{
	struct import_step step = { .actor = rq->principal->account_id };
	struct import_row row;
	bool done = false;
	int r = api_if_match(rq, &step.version);

	if (r == 0)
		r = api_import_find(rq, &row);
	if (r < 0)
		return r;
	step.id = row.id;
	r = in_transaction(rq, how, &step, &done);
	if (r == 0 && !done)
		r = explain(rq, how, step.version);
	if (r == 0 && rq->op.dry && how->is_applied)
		r = try(rq, &row);
	return r < 0 ? r : api_import_respond(rq, 202, row.id);
}

static int take_check(struct request *rq, const struct import_step *step, bool *ret_done)
{
	struct str sha256 = json_get_str(rq->json, "sha256"), bytes;

	if (!hex_decode(rq->op.arena, sha256, &bytes) || bytes.len != 32)
		return api_invalid(&rq->op, "sha256", "sha256 is that of the whole file, in 64 hexadecimal digits");
	return import_step_check(&rq->op, step, hex_encode(rq->op.arena, bytes), ret_done);
}

static int take_apply(struct request *rq, const struct import_step *step, bool *ret_done)
{
	return import_step_apply(&rq->op, step, ret_done);
}

static int take_release(struct request *rq, const struct import_step *step, bool *ret_done)
{
	return import_step_release(&rq->op, step, ret_done);
}

static int take_cancel(struct request *rq, const struct import_step *step, bool *ret_done)
{
	return import_step_cancel(&rq->op, step, ret_done);
}

int h_api_imports_check(struct request *rq)
{
	static const struct api_field fields[] = { { "sha256", API_CODE, 64, true } };
	static const struct step how = { .action = "import.check", .take = take_check, .wanted = "uploading" };
	struct str sha256;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &sha256);

	return r < 0 ? r : take_step(rq, &how);
}

int h_api_imports_apply(struct request *rq)
{
	static const struct step how = { .action = "import.apply", .take = take_apply, .wanted = "ready", .is_applied = true };
	int r = api_read_nothing(rq);

	return r < 0 ? r : take_step(rq, &how);
}

int h_api_imports_release(struct request *rq)
{
	static const struct step how = { .action = "import.release", .take = take_release, .wanted = "held", .needs_another = true, .is_applied = true };
	int r = api_read_nothing(rq);

	return r < 0 ? r : take_step(rq, &how);
}

int h_api_imports_cancel(struct request *rq)
{
	static const struct step how = { .action = "import.cancel", .take = take_cancel, .wanted = "uploading, checking, refused, ready, held" };
	int r = api_read_nothing(rq);

	return r < 0 ? r : take_step(rq, &how);
}
