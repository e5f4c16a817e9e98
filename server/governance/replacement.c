#include "server/governance/replacement.h"

#include "common/base/random.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "common/model/wake_cause.h"
#include "server/governance/governance_audit.h"
#include "server/governance/replacement_steps.h"

DB_QUERY(replacement_province_q, DB_READ, "SELECT u.code FROM sen.unit u WHERE u.kind = 'province' ORDER BY u.path LIMIT 1");
DB_QUERY(replacement_add_q, DB_WRITE,
         "INSERT INTO sen.replacement (id, old_id, new_id, unit_id, is_whole, cutover_on, read_only_role_id, basis, drawn_by)"
         " SELECT $1::uuid, $2::smallint, $3::smallint, $4::integer, $5::boolean, $6::date, $7::integer, $8, $9::uuid"
         " WHERE sen.replacement_in_reach($9::uuid, 'catalogue', $2::smallint, $3::smallint, $4::integer) RETURNING id");
/* Also one that is retired, as long as somebody holds it. */
DB_QUERY(replacement_old_role_q, DB_READ, "SELECT r.id FROM sen.role r WHERE r.platform_id = $1::smallint AND r.code = $2");
DB_QUERY(replacement_add_role_q, DB_WRITE,
         "INSERT INTO sen.replacement_role (replacement_id, old_role_id, new_role_id) VALUES ($1::uuid, $2::integer, $3::integer)");
DB_QUERY(replacement_unmapped_roles_q, DB_READ,
         "SELECT string_agg(r.code, ', ' ORDER BY r.code) FROM sen.replacement x JOIN sen.role r ON r.platform_id = x.old_id WHERE x.id = $1::uuid"
         " AND (r.retired_at IS NULL OR EXISTS (SELECT FROM sen.access_grant g WHERE g.role_id = r.id AND g.revoked_at IS NULL))"
         " AND NOT EXISTS (SELECT FROM sen.replacement_role m WHERE m.replacement_id = x.id AND m.old_role_id = r.id)");
DB_QUERY(replacement_submit_q, DB_WRITE,
         "UPDATE sen.replacement x SET state = 'submitted', submitted_by = $2::uuid, version = x.version + 1 WHERE x.id = $1::uuid AND x.version = $3::bigint"
         " AND x.state = 'draft' AND sen.replacement_in_reach($2::uuid, 'catalogue', x.old_id, x.new_id, x.unit_id) RETURNING id");
DB_QUERY(replacement_approve_q, DB_WRITE,
         "UPDATE sen.replacement x SET state = 'approved', approved_by = $2::uuid, approved_at = now(), version = x.version + 1 WHERE x.id = $1::uuid"
         " AND x.version = $3::bigint AND x.state = 'submitted' AND NOT sen.same_person(x.drawn_by, $2::uuid) AND NOT sen.same_person(x.submitted_by, $2::uuid)"
         " AND sen.replacement_in_reach($2::uuid, 'approve', x.old_id, x.new_id, x.unit_id) RETURNING id");
DB_QUERY(replacement_cancel_q, DB_WRITE,
         "UPDATE sen.replacement x SET state = 'cancelled', version = x.version + 1 WHERE x.id = $1::uuid AND x.version = $3::bigint"
         " AND x.state IN ('draft', 'submitted') AND sen.replacement_in_reach($2::uuid, 'catalogue', x.old_id, x.new_id, x.unit_id) RETURNING id");
DB_QUERY(replacement_why_not_q, DB_READ,
         "SELECT x.state, sen.replacement_in_reach($2::uuid, $3, x.old_id, x.new_id, x.unit_id), sen.same_person(x.drawn_by, $2::uuid) OR sen.same_person(x.submitted_by, $2::uuid) IS TRUE"
         " FROM sen.replacement x JOIN sen.unit u ON u.id = x.unit_id WHERE x.id = $1::uuid AND (sen.scope_covers($2::uuid, 'read', u.path, x.old_id)"
         " OR sen.replacement_in_reach($2::uuid, $3, x.old_id, x.new_id, x.unit_id))");
/* Both states in one place, so that the platform never lives on behind a plan that carried everybody away. */
DB_QUERY(replacement_platform_replacing_q, DB_WRITE,
         "WITH moved AS (UPDATE sen.platform p SET state = 'replacing', replaced_by = x.new_id, moved_by = x.approved_by FROM sen.replacement x, sen.platform o"
         "  WHERE x.id = $1::uuid AND x.is_whole AND p.id = x.old_id AND o.id = p.id AND p.state IN ('completed', 'deploying', 'operating', 'reviewing')"
         "  RETURNING p.id, o.state, x.approved_by, x.basis)"
         " INSERT INTO sen.platform_transition (platform_id, from_state, to_state, moved_by, reason) SELECT id, state, 'replacing', approved_by, basis FROM moved");
DB_QUERY(replacement_finish_q, DB_WRITE,
         "WITH done AS (UPDATE sen.replacement x SET state = 'finished', finished_at = now(), version = x.version + 1 WHERE x.id = $1::uuid AND x.state = 'approved'"
         "  RETURNING x.old_id, x.is_whole, x.approved_by, x.basis), ended AS (UPDATE sen.platform p SET state = 'stopped', moved_by = done.approved_by FROM done"
         "  WHERE done.is_whole AND p.id = done.old_id AND p.state = 'replacing' RETURNING p.id, done.approved_by, done.basis)"
         " INSERT INTO sen.platform_transition (platform_id, from_state, to_state, moved_by, reason) SELECT id, 'replacing', 'stopped', approved_by, basis FROM ended");
DB_QUERY(replacement_hold_q, DB_WRITE,
         "SELECT x.state IN ('approved', 'finished'), x.read_only_role_id IS NOT NULL, x.cutover_on <= sen.today()"
         " FROM sen.replacement x WHERE x.id = $1::uuid AND sen.replacement_in_reach($2::uuid, 'grant', x.old_id, x.new_id, x.unit_id)"
         " FOR UPDATE OF x SKIP LOCKED");

static int wrong_state(struct op *op, struct str state, struct str wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in this state");
	(void)op_fail_arg(op, "state", state);
	return op_fail_arg(op, "wanted", wanted);
}

static int blocked(struct op *op, struct str by)
{
	(void)op_fail(op, ERR_BLOCKED, "something must be settled first");
	return op_fail_arg(op, "by", by);
}

static int audit(struct op *op, const struct principal *p, const char *action, struct str object, struct str id)
{
	const struct governance_act act = { .action = action, .object = object };
	json_t *data = json_new_object();

	json_set_str(data, "replacement", id);
	return governance_audit(op, p, &act, data);
}

/* A plan and what it names, found. */
struct found {
	struct platform old_platform, new_platform;
	struct unit unit;
	struct role read_only;
};

static int find_unit(struct op *op, struct str code, struct unit *ret)
{
	struct db_rows rows;
	int r = 0;

	if (str_is_null(code)) {
		r = db_run(op, &replacement_province_q, &rows);
		if (r == 0 && rows.n == 0)
			return op_fail(op, ERR_UNKNOWN_UNIT, "there is no province");
		if (r == 0)
			code = db_str(&rows, 0, 0);
	}
	return r < 0 ? r : unit_find(op, code, ret);
}

static int find_all(struct op *op, const struct replacement_new *plan, struct found *f)
{
	int r = platform_find(op, plan->old_platform, &f->old_platform);

	if (r == 0)
		r = platform_find(op, plan->new_platform, &f->new_platform);
	if (r == 0 && f->old_platform.id == f->new_platform.id) {
		(void)op_fail(op, ERR_INVALID_VALUE, "a platform does not replace itself");
		return op_fail_arg(op, "field", STR("new"));
	}
	if (r == 0 && !f->new_platform.is_open)
		r = platform_refuse_closed(op, &f->new_platform);
	if (r == 0)
		r = find_unit(op, plan->unit, &f->unit);
	if (r == 0 && !str_is_null(plan->read_only_role))
		r = role_find(op, f->old_platform.id, plan->read_only_role, &f->read_only);
	return r;
}

static int add_roles(struct op *op, const struct replacement_new *plan, const struct found *f, struct str id)
{
	for (size_t i = 0; i < plan->n_roles; i++) {
		struct role new_role = { 0 };
		struct db_rows rows, old_role;
		int r = db_run(op, &replacement_old_role_q, &old_role, P_I64(f->old_platform.id), P_STR(plan->roles[i].old_role));

		if (r == 0 && old_role.n == 0)
			return op_fail(op, ERR_UNKNOWN_ROLE, "the platform has no such role");
		if (r == 0 && !str_is_null(plan->roles[i].new_role))
			r = role_find(op, f->new_platform.id, plan->roles[i].new_role, &new_role);
		if (r == 0)
			r = db_run(op, &replacement_add_role_q, &rows, P_STR(id), P_I64(db_i64(&old_role, 0, 0)),
			           str_is_null(plan->roles[i].new_role) ? P_NULL : P_I64(new_role.id));
		if (r < 0)
			return r;
	}
	return 0;
}

static int draw_in_transaction(struct op *op, const struct principal *p, const struct replacement_new *plan, const struct found *f, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_add_q, &rows, P_STR(id), P_I64(f->old_platform.id), P_I64(f->new_platform.id), P_I64(f->unit.id),
	               P_BOOL(str_is_null(plan->unit)), P_STR(plan->cutover_on), str_is_null(plan->read_only_role) ? P_NULL : P_I64(f->read_only.id),
	               P_STR(plan->basis), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_OUT_OF_SCOPE, "the two platforms are not within your scope there");
	r = add_roles(op, plan, f, id);
	return r < 0 ? r : audit(op, p, "replacement.draw", arena_printf(op->arena, "%.*s/%.*s", STR_ARG(f->old_platform.code), STR_ARG(f->new_platform.code)), id);
}

int replacement_draw(struct op *op, const struct principal *p, const struct replacement_new *plan, struct str *ret_id)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct found f = { 0 };
	int r = find_all(op, plan, &f);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	*ret_id = arena_dup_c(op->arena, uuid);
	return audit_commit(op, draw_in_transaction(op, p, plan, &f, *ret_id), NULL);
}

/* Which of the conditions of a change did not hold. */
static int why_not(struct op *op, const struct principal *p, struct str id, const char *right, struct str wanted)
{
	bool approves = str_equal(str_c(right), STR("approve"));
	struct db_rows rows;
	int r = db_run(op, &replacement_why_not_q, &rows, P_STR(id), P_STR(p->account_id), P_C(right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such plan");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the two platforms are not within your scope there");
	if (!str_contains(wanted, db_str(&rows, 0, 0)))
		return wrong_state(op, db_str(&rows, 0, 0), wanted);
	if (approves && db_bool(&rows, 0, 2))
		return op_fail(op, ERR_FOUR_EYES, "who drew a plan up or submitted it does not approve it");
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

/* One change of state. */
struct move {
	const struct query *query, *also;
	const char *right, *action;
	struct str wanted;
};

static int move_in_transaction(struct op *op, const struct principal *p, struct str id, int64_t version, const struct move *move)
{
	struct db_rows rows;
	int r = db_run(op, move->query, &rows, P_STR(id), P_STR(p->account_id), P_I64(version));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not(op, p, id, move->right, move->wanted);
	if (move->also)
		r = db_run(op, move->also, &rows, P_STR(id));
	return r < 0 ? r : audit(op, p, move->action, id, id);
}

static int make_move(struct op *op, const struct principal *p, struct str id, int64_t version, const struct move *move)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, move_in_transaction(op, p, id, version, move), NULL);
}

/* Asked before each of the two: a role may have come meanwhile. */
static int check_role_map(struct op *op, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_unmapped_roles_q, &rows, P_STR(id));

	if (r < 0 || db_is_null(&rows, 0, 0))
		return r;
	return blocked(op, db_str(&rows, 0, 0));
}

int replacement_submit(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	static const struct move move = { &replacement_submit_q, NULL, "catalogue", "replacement.submit", STR("draft") };
	json_t *seen;
	int64_t ignored;
	int r = replacement_get(op, p, id, &seen, &ignored);

	if (r < 0)
		return r;
	json_decref(seen);
	r = check_role_map(op, id);
	return r < 0 ? r : make_move(op, p, id, version, &move);
}

int replacement_approve(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	static const struct move move = { &replacement_approve_q, &replacement_platform_replacing_q, "approve", "replacement.approve", STR("submitted") };
	json_t *seen;
	int64_t ignored;
	int r = replacement_get(op, p, id, &seen, &ignored);

	if (r < 0)
		return r;
	json_decref(seen);
	r = check_role_map(op, id);
	return r < 0 ? r : make_move(op, p, id, version, &move);
}

int replacement_cancel(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	static const struct move move = { &replacement_cancel_q, NULL, "catalogue", "replacement.cancel", STR("draft, submitted") };

	return make_move(op, p, id, version, &move);
}

/* Held by another run, beyond reach, or not there. */
static int not_held(struct op *op, const struct principal *p, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_why_not_q, &rows, P_STR(id), P_STR(p->account_id), P_C("grant"));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such plan");
	return db_bool(&rows, 0, 1) ? blocked(op, STR("another_run")) : op_fail(op, ERR_OUT_OF_SCOPE, "the two platforms are not within your scope there");
}

static int may_run(struct op *op, const struct replacement_batch *batch, const struct db_rows *held)
{
	struct replacement_status status = { .is_approved = db_bool(held, 0, 0), .has_read_only = db_bool(held, 0, 1), .is_cutover_day = db_bool(held, 0, 2) };
	struct replacement_left left;
	const char *by;
	int r = replacement_count_left(op, batch->plan_id, &left);

	if (r < 0)
		return r;
	status.n_to_grant = left.to_grant;
	status.n_unmapped = left.unmapped;
	r = replacement_may_run(&status, batch->step, &by);
	if (r == ERR_WRONG_STATE)
		return wrong_state(op, STR("not approved, or without this step"), str_c(by));
	return r == ERR_BLOCKED ? blocked(op, str_c(by)) : r;
}

static int finish(struct op *op, const struct replacement_batch *batch, struct replacement_run *run)
{
	struct db_rows rows;
	int r;

	if (batch->step != REPLACEMENT_REVOKE || run->left.to_grant + run->left.to_revoke + run->left.unmapped > 0)
		return 0;
	r = db_run(op, &replacement_finish_q, &rows, P_STR(batch->plan_id));
	run->is_finished = r == 0;
	return r;
}

static int run_in_transaction(struct op *op, const struct principal *p, const struct replacement_batch *batch, struct replacement_run *run)
{
	struct db_rows held;
	int r = db_run(op, &replacement_hold_q, &held, P_STR(batch->plan_id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (held.n == 0)
		return not_held(op, p, batch->plan_id);
	r = may_run(op, batch, &held);
	/* Approved by a second person after a preview of each step. */
	if (r == 0)
		r = wake_cause_set(op, WAKE_APPROVED);
	if (r == 0)
		r = replacement_do_batch(op, batch, &run->done);
	if (r == 0)
		r = replacement_count_left(op, batch->plan_id, &run->left);
	if (r == 0)
		r = finish(op, batch, run);
	return r < 0 || run->done == 0 ? r : replacement_audit_batch(op, batch);
}

int replacement_run(struct op *op, const struct principal *p, struct str id, enum replacement_step step, size_t limit, struct replacement_run *ret)
{
	struct replacement_batch batch = { .plan_id = id, .step = step, .limit = limit };
	char uuid[UUID_TEXT_LEN + 1];
	int r = db_begin(op);

	if (r < 0)
		return r;
	random_uuid(uuid);
	batch.id = arena_dup_c(op->arena, uuid);
	batch.actor = arena_printf(op->arena, "account:%.*s", STR_ARG(p->account_id));
	*ret = (struct replacement_run){ 0 };
	return audit_commit(op, run_in_transaction(op, p, &batch, ret), NULL);
}
