/* replacement_run.c: batches of the steps, by people and by the server itself. */

#include "common/base/random.h"
#include "common/model/audit.h"
#include "common/model/wake_cause.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/replacement_internal.h"
#include "server/governance/replacement_steps.h"
#include "server/governance/replacement_work.h"

/* Rules that follow give to everybody of theirs, and the end of a platform is that of all its grants. */
#define TIME_MS 120000

#define HOLD                                                                                                             \
	"SELECT x.state IN ('approved', 'finished'), x.rules_at IS NOT NULL, EXISTS (SELECT FROM sen.replacement_change c WHERE c.replacement_id = x.id"  \
	" AND c.kind = 'cancel'), (SELECT sen.platform_is_open(w.state) FROM sen.platform w WHERE w.id = x.new_id), x.read_only_role_id IS NOT NULL,"     \
	" coalesce(x.read_only_on, x.cutover_on) <= sen.today(), x.cutover_on <= sen.today(), x.handover_on IS NULL OR x.handed_over_on IS NOT NULL"     \
	" FROM sen.replacement x WHERE x.id = $1::uuid"
#define HELD " FOR UPDATE OF x SKIP LOCKED"
DB_QUERY(replacement_hold_q, DB_WRITE, HOLD " AND sen.replacement_in_reach($2::uuid, 'grant', x.old_id, x.new_id, x.unit_id)" HELD);
/* What it does was approved with the plan. */
DB_QUERY(replacement_hold_due_q, DB_WRITE, HOLD " AND x.state = 'approved' AND x.is_automatic" HELD);
DB_QUERY(replacement_due_q, DB_READ,
         "SELECT x.id FROM sen.replacement x WHERE x.state = 'approved' AND x.is_automatic"
         " AND NOT EXISTS (SELECT FROM sen.replacement_change c WHERE c.replacement_id = x.id AND c.kind = 'cancel') ORDER BY x.approved_at, x.id");
DB_QUERY(replacement_rules_lock_q, DB_WRITE, "SELECT sen.rules_lock()");
DB_QUERY(replacement_follow_from_q, DB_WRITE, "UPDATE sen.replacement SET rules_at = clock_timestamp() WHERE id = $1::uuid AND rules_at IS NULL");
DB_QUERY(replacement_follow_q, DB_WRITE, "SELECT t.added, t.removed FROM sen.replacement_follow($1::uuid) t");
/* Both states in one place, so that the platform never lives on behind a plan that carried everybody away; but not over the heads of others. */
DB_QUERY(replacement_finish_q, DB_WRITE,
         "WITH done AS (UPDATE sen.replacement x SET state = 'finished', finished_at = now(), version = x.version + 1 WHERE x.id = $1::uuid AND x.state = 'approved'"
         "  RETURNING x.old_id, x.is_whole, x.approved_by, x.basis, x.decision_no, x.decision_on),"
         " ended AS (UPDATE sen.platform p SET state = 'stopped', moved_by = done.approved_by FROM done"
         "  WHERE done.is_whole AND p.id = done.old_id AND p.state = 'replacing' AND sen.platform_is_empty(p.id)"
         "  RETURNING p.id, done.approved_by, done.basis, done.decision_no, done.decision_on),"
         " noted AS (INSERT INTO sen.platform_transition (platform_id, from_state, to_state, moved_by, reason, decision_no, decision_on)"
         "  SELECT id, 'replacing', 'stopped', approved_by, basis, decision_no, decision_on FROM ended)"
         " SELECT FROM done");

/* Held by another run, beyond reach, or not there. */
static int not_held(struct op *op, const struct principal *p, struct str id)
{
	static const struct replacement_move run = { .right = "grant" };
	int r = replacement_why_not(op, p, id, &run);

	if (r != ERR_PRECONDITION_FAILED)
		return r;
	op_forgive(op);
	return replacement_blocked(op, STR("another_run"));
}

static int load_status(struct op *op, struct str plan_id, const struct db_rows *held, struct replacement_status *ret)
{
	struct replacement_left left;
	int r = replacement_count_left(op, plan_id, &left);

	if (r < 0)
		return r;
	*ret = (struct replacement_status){
		.is_approved = db_bool(held, 0, 0),
		.is_followed = db_bool(held, 0, 1),
		.is_to_be_cancelled = db_bool(held, 0, 2),
		.is_new_open = db_bool(held, 0, 3),
		.has_read_only = db_bool(held, 0, 4),
		.is_read_only_day = db_bool(held, 0, 5),
		.is_cutover_day = db_bool(held, 0, 6),
		.is_handed_over = db_bool(held, 0, 7),
		.n_unmapped = left.unmapped,
		.n_to_grant = left.to_grant,
		.n_to_read_only = left.to_read_only,
		.n_to_revoke = left.to_revoke,
		.n_waiting = left.waiting,
	};
	return 0;
}

static int check(struct op *op, const struct replacement_status *status, enum replacement_step step)
{
	const char *by;
	int r = replacement_may_run(status, step, &by);

	if (r == ERR_WRONG_STATE)
		return replacement_wrong_state(op, STR("not approved, or without this step"), str_c(by));
	return r == ERR_BLOCKED ? replacement_blocked(op, str_c(by)) : r;
}

int replacement_follow(struct op *op, struct str id, json_t *data)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_follow_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	json_set_int(data, "rules_added", db_i64(&rows, 0, 0));
	json_set_int(data, "rules_removed", db_i64(&rows, 0, 1));
	return 0;
}

int replacement_lock_rules(struct op *op)
{
	struct db_rows rows;
	int r = db_take_time(op, TIME_MS);

	return r < 0 ? r : db_run(op, &replacement_rules_lock_q, &rows);
}

/* The first batch of a plan; rules before accounts, in the order of everybody who locks both. */
static int follow_rules(struct op *op, const struct replacement_batch *batch, json_t *data)
{
	struct db_rows rows;
	int r = replacement_lock_rules(op);

	if (r == 0)
		r = db_run(op, &replacement_follow_from_q, &rows, P_STR(batch->plan_id));
	return r < 0 ? r : replacement_follow(op, batch->plan_id, data);
}

static int finish(struct op *op, const struct replacement_batch *batch, struct replacement_run *run)
{
	struct db_rows rows;
	int r;

	if (batch->step != REPLACEMENT_REVOKE || run->left.to_grant + run->left.to_revoke + run->left.unmapped > 0)
		return 0;
	r = db_take_time(op, TIME_MS);
	if (r == 0)
		r = db_run(op, &replacement_finish_q, &rows, P_STR(batch->plan_id));
	run->is_finished = r == 0;
	return r;
}

/* What became of the plan itself, next to what became of each grant. */
static int audit_plan(struct op *op, const struct replacement_batch *batch, const char *action, const json_t *data)
{
	const struct audit_record record = { .actor = batch->actor, .action = action, .object = batch->plan_id, .data = data };

	return audit_add(op, &record);
}

static int audit(struct op *op, const struct replacement_batch *batch, const struct replacement_run *run, const json_t *of_rules)
{
	_json_ json_t *of_end = catalogue_data("replacement", batch->plan_id);
	int r = run->done > 0 ? replacement_audit_batch(op, batch) : 0;

	if (r == 0 && of_rules)
		r = audit_plan(op, batch, "replacement.rules", of_rules);
	return r == 0 && run->is_finished ? audit_plan(op, batch, "replacement.finish", of_end) : r;
}

static int run_batch(struct op *op, const struct replacement_batch *batch, const struct replacement_status *status, struct replacement_run *run)
{
	_json_ json_t *of_rules = batch->step == REPLACEMENT_GRANT && !status->is_followed ? catalogue_data("replacement", batch->plan_id) : NULL;
	/* Approved by a second person after a preview of each step. */
	int r = wake_cause_set(op, WAKE_APPROVED);

	if (r == 0 && of_rules)
		r = follow_rules(op, batch, of_rules);
	if (r == 0)
		r = replacement_do_batch(op, batch, &run->done);
	if (r == 0)
		r = replacement_count_left(op, batch->plan_id, &run->left);
	if (r == 0)
		r = finish(op, batch, run);
	return r < 0 ? r : audit(op, batch, run, of_rules);
}

static int run_in_transaction(struct op *op, const struct principal *p, const struct replacement_batch *batch, struct replacement_run *run)
{
	struct replacement_status status;
	struct db_rows held;
	int r = db_run(op, &replacement_hold_q, &held, P_STR(batch->plan_id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (held.n == 0)
		return not_held(op, p, batch->plan_id);
	r = load_status(op, batch->plan_id, &held, &status);
	if (r == 0)
		r = check(op, &status, batch->step);
	return r < 0 ? r : run_batch(op, batch, &status, run);
}

static struct replacement_batch batch_of(struct op *op, struct str plan_id, size_t limit, struct str actor)
{
	char uuid[UUID_TEXT_LEN + 1];

	random_uuid(uuid);
	return (struct replacement_batch){ .plan_id = plan_id, .id = arena_dup_c(op->arena, uuid), .limit = limit, .actor = actor };
}

int replacement_run(struct op *op, const struct principal *p, struct str id, enum replacement_step step, size_t limit, struct replacement_run *ret)
{
	struct replacement_batch batch;
	int r = db_begin(op);

	if (r < 0)
		return r;
	batch = batch_of(op, id, limit, arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id)));
	batch.step = step;
	*ret = (struct replacement_run){ 0 };
	return audit_commit(op, run_in_transaction(op, p, &batch, ret), NULL);
}

/* *ret_worked: something was done, and the next batch may find more. */
static int work_in_transaction(struct op *op, struct str id, size_t limit, bool *ret_worked)
{
	struct replacement_batch batch = batch_of(op, id, limit, STR("system"));
	struct replacement_status status;
	struct replacement_run run = { 0 };
	struct db_rows held;
	int r = db_run(op, &replacement_hold_due_q, &held, P_STR(id));

	*ret_worked = false;
	if (r < 0 || held.n == 0)
		return r;
	r = load_status(op, id, &held, &status);
	if (r < 0 || !replacement_next_step(&status, &batch.step))
		return r;
	*ret_worked = true;
	return run_batch(op, &batch, &status, &run);
}

int replacement_work_batch(struct op *op, struct str id, size_t limit, bool *ret_worked)
{
	int r = db_begin(op);

	if (r == 0)
		r = audit_commit(op, work_in_transaction(op, id, limit, ret_worked), NULL);
	if (r < 0)
		*ret_worked = false;
	return r;
}

int replacement_work_list(struct op *op, const struct str **ret_ids, size_t *ret_n)
{
	struct db_rows rows;
	struct str *ids;
	int r = db_run(op, &replacement_due_q, &rows);

	if (r < 0)
		return r;
	ids = ARENA_ARRAY(op->arena, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		ids[i] = db_str(&rows, i, 0);
	*ret_ids = ids;
	*ret_n = rows.n;
	return 0;
}
