/* replacement_change.c: what happens to a plan after its approval besides its steps: changed or cancelled by two, its data handed over. */

#include "server/governance/catalogue_common.h"
#include "server/governance/governance_audit.h"
#include "server/governance/replacement_internal.h"

DB_QUERY(replacement_hold_change_q, DB_WRITE,
         "UPDATE sen.replacement x SET version = x.version + 1 WHERE x.id = $1::uuid AND x.version = $3::bigint AND x.state = 'approved'"
         " AND sen.replacement_in_reach($2::uuid, 'catalogue', x.old_id, x.new_id, x.unit_id) RETURNING x.old_id, x.new_id");
DB_QUERY(replacement_ask_q, DB_WRITE,
         "INSERT INTO sen.replacement_change (replacement_id, kind, cutover_on, reason, asked_by) VALUES ($1::uuid, $3, $4::date, $5, $2::uuid)");
DB_QUERY(replacement_ask_role_q, DB_WRITE,
         "INSERT INTO sen.replacement_change_role (replacement_id, old_role_id, new_role_id) VALUES ($1::uuid, $2::integer, $3::integer)");
DB_QUERY(replacement_ask_no_more_q, DB_WRITE, "DELETE FROM sen.replacement_change WHERE replacement_id = $1::uuid RETURNING kind");
/* What grants have become already is not undone by another map. */
DB_QUERY(replacement_dealt_with_q, DB_READ,
         "SELECT string_agg(r.code, ', ' ORDER BY r.code) FROM sen.replacement_change_role c JOIN sen.role r ON r.id = c.old_role_id WHERE c.replacement_id = $1::uuid"
         " AND EXISTS (SELECT FROM sen.replacement_item i WHERE i.replacement_id = c.replacement_id AND i.old_role_id = c.old_role_id)");
DB_QUERY(replacement_agree_q, DB_WRITE,
         "UPDATE sen.replacement x SET version = x.version + 1, state = CASE c.kind WHEN 'cancel' THEN 'cancelled' ELSE x.state END,"
         " cutover_on = coalesce(c.cutover_on, x.cutover_on), read_only_on = least(x.read_only_on, c.cutover_on)"
         " FROM sen.replacement_change c WHERE x.id = $1::uuid AND c.replacement_id = x.id AND x.version = $3::bigint AND x.state = 'approved'"
         " AND NOT sen.same_person(c.asked_by, $2::uuid) AND sen.replacement_in_reach($2::uuid, 'approve', x.old_id, x.new_id, x.unit_id)"
         " RETURNING c.kind, x.rules_at IS NOT NULL, c.reason, (SELECT a.login FROM sen.account a WHERE a.id = c.asked_by)");
DB_QUERY(replacement_take_roles_q, DB_WRITE,
         "INSERT INTO sen.replacement_role AS m (replacement_id, old_role_id, new_role_id) SELECT c.replacement_id, c.old_role_id, c.new_role_id"
         " FROM sen.replacement_change_role c WHERE c.replacement_id = $1::uuid"
         " ON CONFLICT (replacement_id, old_role_id) DO UPDATE SET new_role_id = excluded.new_role_id");
DB_QUERY(replacement_asked_q, DB_READ, "SELECT FROM sen.replacement_change c WHERE c.replacement_id = $1::uuid");
DB_QUERY(replacement_handed_over_q, DB_WRITE,
         "UPDATE sen.replacement x SET version = x.version + 1, handed_over_on = $4::date, handed_over_by = $2::uuid, handover_evidence = $5"
         " WHERE x.id = $1::uuid AND x.version = $3::bigint AND x.state = 'approved' AND x.handover_on IS NOT NULL AND x.handed_over_on IS NULL"
         " AND sen.replacement_in_reach($2::uuid, 'catalogue', x.old_id, x.new_id, x.unit_id) RETURNING $4::date > sen.today()");
DB_QUERY(replacement_handover_state_q, DB_READ,
         "SELECT CASE WHEN x.handover_on IS NULL THEN 'no_handover' WHEN x.handed_over_on IS NOT NULL THEN 'handed_over' END"
         " FROM sen.replacement x WHERE x.id = $1::uuid");

static int audit(struct op *op, const struct principal *p, const char *action, struct str id, json_t *data)
{
	const struct governance_act act = { .action = action, .object = id };

	json_set_str(data, "replacement", id);
	return governance_audit(op, p, &act, data);
}

static int nothing_asked(struct op *op)
{
	return replacement_wrong_state(op, STR("nothing is asked for"), STR("change"));
}

static int check_dealt_with(struct op *op, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_dealt_with_q, &rows, P_STR(id));

	return r < 0 || db_is_null(&rows, 0, 0) ? r : replacement_blocked(op, db_str(&rows, 0, 0));
}

static int ask_roles(struct op *op, struct str id, const struct replacement_change *change, const struct db_rows *plan)
{
	for (size_t i = 0; i < change->n_roles; i++) {
		struct db_rows rows;
		int64_t old_id, new_id;
		int r = replacement_find_role(op, db_i64(plan, 0, 0), db_i64(plan, 0, 1), &change->roles[i], &old_id, &new_id);

		if (r == 0)
			r = db_run(op, &replacement_ask_role_q, &rows, P_STR(id), P_I64(old_id), new_id == 0 ? P_NULL : P_I64(new_id));
		if (r < 0)
			return r;
	}
	return check_dealt_with(op, id);
}

static int ask(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_change *change)
{
	static const struct replacement_move move = { .right = "catalogue", .wanted = STR("approved") };
	struct db_rows plan, rows;
	json_t *data;
	int r = db_run(op, &replacement_hold_change_q, &plan, P_STR(id), P_STR(p->account_id), P_I64(version));

	if (r < 0)
		return r;
	if (plan.n == 0)
		return replacement_why_not(op, p, id, &move);
	r = db_run(op, &replacement_ask_no_more_q, &rows, P_STR(id));
	if (r == 0)
		r = db_run(op, &replacement_ask_q, &rows, P_STR(id), P_STR(p->account_id), P_C(change->is_cancel ? "cancel" : "amend"), P_STR(change->cutover_on),
		           P_STR(change->reason));
	if (r == 0)
		r = ask_roles(op, id, change, &plan);
	if (r < 0)
		return r;
	data = catalogue_data("kind", change->is_cancel ? STR("cancel") : STR("amend"));
	json_set_str(data, "reason", change->reason);
	return audit(op, p, "replacement.ask", id, data);
}

int replacement_ask(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_change *change)
{
	bool changes = !str_is_null(change->cutover_on) || change->n_roles > 0;
	int r;

	if (changes == change->is_cancel) {
		(void)op_fail(op, ERR_INVALID_VALUE, "either the plan is cancelled, or roles or the day of the cut-over are changed");
		return op_fail_arg(op, "field", STR("cancel"));
	}
	r = db_begin(op);
	return r < 0 ? r : audit_commit(op, ask(op, p, id, version, change), NULL);
}

static int withdraw(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	static const struct replacement_move move = { .right = "catalogue", .wanted = STR("approved") };
	struct db_rows rows;
	int r = db_run(op, &replacement_hold_change_q, &rows, P_STR(id), P_STR(p->account_id), P_I64(version));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return replacement_why_not(op, p, id, &move);
	r = db_run(op, &replacement_ask_no_more_q, &rows, P_STR(id));
	if (r == 0 && rows.n == 0)
		return nothing_asked(op);
	return r < 0 ? r : audit(op, p, "replacement.withdraw", id, catalogue_data("kind", db_str(&rows, 0, 0)));
}

int replacement_withdraw(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, withdraw(op, p, id, version), NULL);
}

static int why_not_agreed(struct op *op, const struct principal *p, struct str id)
{
	static const struct replacement_move move = { .right = "approve", .wanted = STR("approved"), .other_than_asker = true };
	struct db_rows asked;
	int r = replacement_why_not(op, p, id, &move);

	if (r != ERR_PRECONDITION_FAILED)
		return r;
	op_forgive(op);
	r = db_run(op, &replacement_asked_q, &asked, P_STR(id));
	if (r < 0)
		return r;
	return asked.n == 0 ? nothing_asked(op) : op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

/* The change as it was seen: asking anew raises the version. */
static int agree(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	struct db_rows change, rows;
	json_t *data;
	int r = db_run(op, &replacement_agree_q, &change, P_STR(id), P_STR(p->account_id), P_I64(version));

	if (r < 0)
		return r;
	if (change.n == 0)
		return why_not_agreed(op, p, id);
	r = check_dealt_with(op, id);
	if (r == 0)
		r = db_run(op, &replacement_take_roles_q, &rows, P_STR(id));
	if (r == 0)
		r = db_run(op, &replacement_ask_no_more_q, &rows, P_STR(id));
	if (r == 0)
		r = replacement_check_privileged(op, id);
	if (r < 0)
		return r;
	data = catalogue_data("kind", db_str(&change, 0, 0));
	json_set_str(data, "reason", db_str(&change, 0, 2));
	json_set_str(data, "asked_by", db_str(&change, 0, 3));
	r = db_bool(&change, 0, 1) ? replacement_lock_rules(op) : 0;
	if (r == 0 && db_bool(&change, 0, 1))
		r = replacement_follow(op, id, data);
	if (r == 0)
		return audit(op, p, "replacement.agree", id, data);
	json_decref(data);
	return r;
}

int replacement_agree(struct op *op, const struct principal *p, struct str id, int64_t version)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, agree(op, p, id, version), NULL);
}

/* A plan within reach, of which nothing was changed meanwhile, says why it is not done. */
static int why_not_handed_over(struct op *op, const struct principal *p, struct str id)
{
	static const struct replacement_move move = { .right = "catalogue", .wanted = STR("approved") };
	struct db_rows rows;
	int r = replacement_why_not(op, p, id, &move);

	if (r != ERR_PRECONDITION_FAILED)
		return r;
	op_forgive(op);
	r = db_run(op, &replacement_handover_state_q, &rows, P_STR(id));
	if (r < 0)
		return r;
	if (!db_is_null(&rows, 0, 0))
		return replacement_wrong_state(op, db_str(&rows, 0, 0), STR("handover"));
	return op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen");
}

static int hand_over(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_handover *handover)
{
	struct db_rows rows;
	json_t *data;
	int r = db_run(op, &replacement_handed_over_q, &rows, P_STR(id), P_STR(p->account_id), P_I64(version), P_STR(handover->on), P_STR(handover->evidence));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return why_not_handed_over(op, p, id);
	if (db_bool(&rows, 0, 0)) {
		(void)op_fail(op, ERR_INVALID_VALUE, "what has been handed over was so on a day that has come");
		return op_fail_arg(op, "field", STR("on"));
	}
	data = catalogue_data("on", handover->on);
	json_set_str(data, "evidence", handover->evidence);
	return audit(op, p, "replacement.hand_over", id, data);
}

int replacement_hand_over(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_handover *handover)
{
	int r = db_begin(op);

	return r < 0 ? r : audit_commit(op, hand_over(op, p, id, version, handover), NULL);
}
