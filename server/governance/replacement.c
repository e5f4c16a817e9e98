#include "server/governance/replacement.h"

#include "common/base/random.h"
#include "common/model/platform_store.h"
#include "common/model/unit_store.h"
#include "server/governance/catalogue_common.h"
#include "server/governance/governance_audit.h"
#include "server/governance/lifecycle_move.h"
#include "server/governance/replacement_internal.h"

DB_QUERY(replacement_province_q, DB_READ, "SELECT u.code FROM sen.unit u WHERE u.kind = 'province' ORDER BY u.path LIMIT 1");
DB_QUERY(replacement_add_q, DB_WRITE,
         "INSERT INTO sen.replacement (id, old_id, new_id, unit_id, is_whole, cutover_on, read_only_role_id, basis, drawn_by, read_only_on, handover_on,"
         " no_handover, is_automatic)"
         " SELECT $1::uuid, $2::smallint, $3::smallint, $4::integer, $5::boolean, $6::date, $7::integer, $8, $9::uuid, $10::date, $11::date, $12, $13::boolean"
         " WHERE sen.replacement_in_reach($9::uuid, 'catalogue', $2::smallint, $3::smallint, $4::integer) RETURNING id");
/* Also one that is retired, as long as somebody holds it. */
DB_QUERY(replacement_old_role_q, DB_READ, "SELECT r.id FROM sen.role r WHERE r.platform_id = $1::smallint AND r.code = $2");
DB_QUERY(replacement_add_role_q, DB_WRITE,
         "INSERT INTO sen.replacement_role (replacement_id, old_role_id, new_role_id) VALUES ($1::uuid, $2::integer, $3::integer)");
DB_QUERY(replacement_unmapped_roles_q, DB_READ,
         "SELECT string_agg(r.code, ', ' ORDER BY r.code) FROM sen.replacement x JOIN sen.role r ON r.platform_id = x.old_id WHERE x.id = $1::uuid"
         " AND (r.retired_at IS NULL OR EXISTS (SELECT FROM sen.access_grant g WHERE g.role_id = r.id AND g.revoked_at IS NULL))"
         " AND NOT EXISTS (SELECT FROM sen.replacement_role m WHERE m.replacement_id = x.id AND m.old_role_id = r.id)");
/* Roles that a birthright rule would come to give, and may not. */
DB_QUERY(replacement_privileged_q, DB_READ,
         "SELECT string_agg(DISTINCT n.code, ', ' ORDER BY n.code) FROM sen.replacement x JOIN sen.unit w ON w.id = x.unit_id"
         " JOIN sen.replacement_role m ON m.replacement_id = x.id JOIN sen.role n ON n.id = m.new_role_id AND n.sensitivity = 'privileged'"
         " WHERE x.id = $1::uuid AND EXISTS (SELECT FROM sen.rule_in_force f JOIN sen.unit u ON u.id = f.unit_id CROSS JOIN LATERAL sen.role_follow(f.role_ids) y"
         "  WHERE y.role_id = m.old_role_id AND (starts_with(u.path, w.path) OR starts_with(w.path, u.path)))");
/* For the whole: how the old platform stands. */
DB_QUERY(replacement_whole_q, DB_READ,
         "SELECT o.code, w.code, o.state, coalesce(o.replaced_by = x.new_id, true) FROM sen.replacement x JOIN sen.platform o ON o.id = x.old_id"
         " JOIN sen.platform w ON w.id = x.new_id WHERE x.id = $1::uuid AND x.is_whole");
DB_QUERY(replacement_submit_q, DB_WRITE,
         "UPDATE sen.replacement x SET state = 'submitted', submitted_by = $2::uuid, version = x.version + 1 WHERE x.id = $1::uuid AND x.version = $3::bigint"
         " AND x.state = 'draft' AND sen.replacement_in_reach($2::uuid, 'catalogue', x.old_id, x.new_id, x.unit_id) RETURNING id");
/* Where the platform is being replaced already, its decision is the plan's. */
DB_QUERY(replacement_approve_q, DB_WRITE,
         "UPDATE sen.replacement x SET state = 'approved', approved_by = $2::uuid, approved_at = now(), version = x.version + 1,"
         " (decision_no, decision_on) = (SELECT t.no, t.day FROM (SELECT $4::text AS no, $5::date AS day, 1 AS n WHERE $4::text IS NOT NULL"
         "  UNION ALL (SELECT t.decision_no, t.decision_on, 2 FROM sen.platform_transition t WHERE x.is_whole AND t.platform_id = x.old_id AND t.to_state = 'replacing'"
         "   ORDER BY t.id DESC LIMIT 1)) t ORDER BY t.n LIMIT 1)"
         " WHERE x.id = $1::uuid"
         " AND x.version = $3::bigint AND x.state = 'submitted' AND NOT sen.same_person(x.drawn_by, $2::uuid) AND NOT sen.same_person(x.submitted_by, $2::uuid)"
         " AND sen.replacement_in_reach($2::uuid, 'approve', x.old_id, x.new_id, x.unit_id) RETURNING id");
DB_QUERY(replacement_cancel_q, DB_WRITE,
         "UPDATE sen.replacement x SET state = 'cancelled', version = x.version + 1 WHERE x.id = $1::uuid AND x.version = $3::bigint"
         " AND x.state IN ('draft', 'submitted') AND sen.replacement_in_reach($2::uuid, 'catalogue', x.old_id, x.new_id, x.unit_id) RETURNING id");
DB_QUERY(replacement_why_not_q, DB_READ,
         "SELECT x.state, sen.replacement_in_reach($2::uuid, $3, x.old_id, x.new_id, x.unit_id), sen.same_person(x.drawn_by, $2::uuid) OR sen.same_person(x.submitted_by, $2::uuid) IS TRUE,"
         " EXISTS (SELECT FROM sen.replacement_change c WHERE c.replacement_id = x.id AND sen.same_person(c.asked_by, $2::uuid))"
         " FROM sen.replacement x JOIN sen.unit u ON u.id = x.unit_id WHERE x.id = $1::uuid AND (sen.scope_covers($2::uuid, 'read', u.path, x.old_id)"
         " OR sen.replacement_in_reach($2::uuid, $3, x.old_id, x.new_id, x.unit_id))");

int replacement_wrong_state(struct op *op, struct str state, struct str wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in this state");
	(void)op_fail_arg(op, "state", state);
	return op_fail_arg(op, "wanted", wanted);
}

int replacement_blocked(struct op *op, struct str by)
{
	(void)op_fail(op, ERR_BLOCKED, "something must be settled first");
	return op_fail_arg(op, "by", by);
}

static int audit(struct op *op, const struct principal *p, const char *action, struct str object, struct str id)
{
	const struct governance_act act = { .action = action, .object = object };

	return governance_audit(op, p, &act, catalogue_data("replacement", id));
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

static int invalid(struct op *op, struct str field, const char *why)
{
	(void)op_fail(op, ERR_INVALID_VALUE, why);
	return op_fail_arg(op, "field", field);
}

/* Days as YYYY-MM-DD: their order is that of their texts. */
static int check_new(struct op *op, const struct replacement_new *plan)
{
	bool has_day = !str_is_null(plan->handover_on), has_none = !str_is_null(plan->no_handover);

	if (has_day && has_none)
		return invalid(op, STR("no_handover"), "there are data to hand over, or there are none");
	if (str_is_null(plan->unit) && !has_day && !has_none)
		return invalid(op, STR("handover_on"), "a plan for the whole says when its data are handed over, or why there are none");
	if (!str_is_null(plan->read_only_on) && str_compare(plan->read_only_on, plan->cutover_on) > 0)
		return invalid(op, STR("read_only_on"), "reading only begins before the cut-over or with it");
	return 0;
}

static int find_all(struct op *op, const struct replacement_new *plan, struct found *f)
{
	int r = platform_find(op, plan->old_platform, &f->old_platform);

	if (r == 0)
		r = platform_find(op, plan->new_platform, &f->new_platform);
	if (r == 0 && f->old_platform.id == f->new_platform.id)
		return invalid(op, STR("new"), "a platform does not replace itself");
	if (r == 0 && !f->new_platform.is_open)
		r = platform_refuse_closed(op, &f->new_platform);
	if (r == 0)
		r = find_unit(op, plan->unit, &f->unit);
	if (r == 0 && !str_is_null(plan->read_only_role))
		r = role_find(op, f->old_platform.id, plan->read_only_role, &f->read_only);
	return r;
}

int replacement_find_role(struct op *op, int64_t old_platform, int64_t new_platform, const struct replacement_role *role, int64_t *ret_old_id,
                          int64_t *ret_new_id)
{
	struct role new_role = { 0 };
	struct db_rows rows;
	int r = db_run(op, &replacement_old_role_q, &rows, P_I64(old_platform), P_STR(role->old_role));

	if (r == 0 && rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_ROLE, "the platform has no such role");
	if (r == 0 && !str_is_null(role->new_role))
		r = role_find(op, new_platform, role->new_role, &new_role);
	if (r < 0)
		return r;
	*ret_old_id = db_i64(&rows, 0, 0);
	*ret_new_id = new_role.id;
	return 0;
}

static int add_roles(struct op *op, const struct replacement_new *plan, const struct found *f, struct str id)
{
	for (size_t i = 0; i < plan->n_roles; i++) {
		struct db_rows rows;
		int64_t old_id, new_id;
		int r = replacement_find_role(op, f->old_platform.id, f->new_platform.id, &plan->roles[i], &old_id, &new_id);

		if (r == 0)
			r = db_run(op, &replacement_add_role_q, &rows, P_STR(id), P_I64(old_id), new_id == 0 ? P_NULL : P_I64(new_id));
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
	               P_STR(plan->basis), P_STR(p->account_id), P_STR(plan->read_only_on), P_STR(plan->handover_on), P_STR(plan->no_handover),
	               P_BOOL(plan->is_automatic));

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
	int r = check_new(op, plan);

	if (r == 0)
		r = find_all(op, plan, &f);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	random_uuid(uuid);
	*ret_id = arena_dup_c(op->arena, uuid);
	return audit_commit(op, draw_in_transaction(op, p, plan, &f, *ret_id), NULL);
}

int replacement_why_not(struct op *op, const struct principal *p, struct str id, const struct replacement_move *move)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_why_not_q, &rows, P_STR(id), P_STR(p->account_id), P_C(move->right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such plan");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "the two platforms are not within your scope there");
	if (!str_is_null(move->wanted) && !str_contains(move->wanted, db_str(&rows, 0, 0)))
		return replacement_wrong_state(op, db_str(&rows, 0, 0), move->wanted);
	if ((move->other_than_author && db_bool(&rows, 0, 2)) || (move->other_than_asker && db_bool(&rows, 0, 3)))
		return op_fail(op, ERR_FOUR_EYES, "who drew a plan up, submitted it or asked for the change does not approve it");
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

/* The old platform in a state from which a plan for the whole takes it over; *ret_whole without rows: a part. */
static int load_whole(struct op *op, struct str id, struct db_rows *ret_whole)
{
	int r = db_run(op, &replacement_whole_q, ret_whole, P_STR(id));

	if (r < 0 || ret_whole->n == 0)
		return r;
	if (!str_equal(db_str(ret_whole, 0, 2), STR("reviewing")) && !str_equal(db_str(ret_whole, 0, 2), STR("replacing")))
		return replacement_wrong_state(op, platform_state_word(db_str(ret_whole, 0, 2)), STR("reviewing, replacing"));
	return db_bool(ret_whole, 0, 3) ? 0 : replacement_blocked(op, STR("replacement"));
}

static int blocked_by_first(struct op *op, struct str id, const struct query *q)
{
	struct db_rows rows;
	int r = db_run(op, q, &rows, P_STR(id));

	return r < 0 || db_is_null(&rows, 0, 0) ? r : replacement_blocked(op, db_str(&rows, 0, 0));
}

int replacement_check_privileged(struct op *op, struct str id)
{
	return blocked_by_first(op, id, &replacement_privileged_q);
}

/* Asked before each of the two: a role may have come meanwhile.  Who does not see the plan learns nothing. */
static int check_plan(struct op *op, const struct principal *p, struct str id)
{
	struct db_rows whole;
	json_t *seen;
	int64_t ignored;
	int r = replacement_get(op, p, id, &seen, &ignored);

	if (r < 0)
		return r;
	json_decref(seen);
	r = blocked_by_first(op, id, &replacement_unmapped_roles_q);
	if (r == 0)
		r = replacement_check_privileged(op, id);
	return r < 0 ? r : load_whole(op, id, &whole);
}

static int submit(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	static const struct replacement_move move = { .right = "catalogue", .wanted = STR("draft") };
	struct db_rows rows;
	int r = db_run(op, &replacement_submit_q, &rows, P_STR(id), P_STR(p->account_id), P_I64(version));

	if (r < 0)
		return r;
	return rows.n == 0 ? replacement_why_not(op, p, id, &move) : audit(op, p, "replacement.submit", id, id);
}

int replacement_submit(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	int r = check_plan(op, p, id);

	if (r == 0)
		r = db_begin(op);
	return r < 0 ? r : audit_commit(op, submit(op, p, id, version), NULL);
}

/* By the rules of the life cycle, in the same transaction: no plan runs for a platform that nobody has decided to replace. */
static int move_platform(struct op *op, const struct principal *p, struct str id, const struct replacement_decision *decision)
{
	struct db_rows whole;
	int r = load_whole(op, id, &whole);

	if (r < 0 || whole.n == 0 || str_equal(db_str(&whole, 0, 2), STR("replacing")))
		return r;
	const struct lifecycle_request request = {
		.platform = db_str(&whole, 0, 0),
		.to = STR("replacing"),
		.version = LIFECYCLE_ANY_VERSION,
		.decision_no = decision->no,
		.decision_on = decision->on,
		.replacement = db_str(&whole, 0, 1),
	};
	return lifecycle_move_within(op, p, &request);
}

static int approve(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_decision *decision)
{
	static const struct replacement_move move = { .right = "approve", .wanted = STR("submitted"), .other_than_author = true };
	struct db_rows rows;
	int r = db_run(op, &replacement_approve_q, &rows, P_STR(id), P_STR(p->account_id), P_I64(version), P_STR(decision->no), P_STR(decision->on));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return replacement_why_not(op, p, id, &move);
	r = move_platform(op, p, id, decision);
	return r < 0 ? r : audit(op, p, "replacement.approve", id, id);
}

int replacement_approve(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_decision *decision)
{
	int r = check_plan(op, p, id);

	if (r == 0)
		r = db_begin(op);
	return r < 0 ? r : audit_commit(op, approve(op, p, id, version, decision), NULL);
}

static int cancel(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	static const struct replacement_move move = { .right = "catalogue", .wanted = STR("draft, submitted") };
	struct db_rows rows;
	int r = db_run(op, &replacement_cancel_q, &rows, P_STR(id), P_STR(p->account_id), P_I64(version));

	if (r < 0)
		return r;
	return rows.n == 0 ? replacement_why_not(op, p, id, &move) : audit(op, p, "replacement.cancel", id, id);
}

int replacement_cancel(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, cancel(op, p, id, version), NULL);
}
