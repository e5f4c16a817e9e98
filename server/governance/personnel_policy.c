#include "server/governance/personnel_policy.h"

#include "common/model/platform_store.h"
#include "server/governance/governance_audit.h"

/* Over everything: the root of the tree, every platform. */
#define RULES_EVERYWHERE "EXISTS (SELECT FROM sen.unit u WHERE u.parent_id IS NULL AND sen.scope_covers($1::uuid, 'rules', u.path, NULL))"

DB_QUERY(personnel_policy_q, DB_READ,
         "SELECT admin_accounts_only, unused_report_days, unused_disable_days, reapprove_after_days, vanished_max_n, vanished_max_percent,"
         " checkout_max_minutes, version, review_automatic, review_suspends, review_accounts_months, review_answer_days FROM sen.personnel_policy");
DB_QUERY(personnel_policy_set_q, DB_WRITE,
         "UPDATE sen.personnel_policy SET admin_accounts_only = $2::boolean, unused_report_days = $3::integer, unused_disable_days = $4::integer,"
         " reapprove_after_days = $5::integer, vanished_max_n = $6::integer, vanished_max_percent = $7::integer, checkout_max_minutes = $8::integer,"
         " review_automatic = $10::boolean, review_suspends = $11::boolean, review_accounts_months = $12::integer, review_answer_days = $13::integer"
         " WHERE version = $9::bigint AND " RULES_EVERYWHERE " RETURNING 1");
DB_QUERY(personnel_policy_may_q, DB_READ, "SELECT " RULES_EVERYWHERE);
DB_QUERY(handover_rules_q, DB_READ,
         "SELECT p.code, h.days FROM sen.handover_rule h JOIN sen.platform p ON p.id = h.platform_id ORDER BY p.id");
DB_QUERY(grace_rules_q, DB_READ,
         "SELECT p.code, r.code, g.rank, g.months FROM sen.grace_rule g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id"
         " ORDER BY p.id, r.code, g.rank");
/* The rules below are part of the policy: who sets one has seen all of them, and raises its version. */
#define POLICY_SEEN(version) \
	"WITH seen AS (UPDATE sen.personnel_policy SET version = version WHERE version = " version "::bigint AND " RULES_EVERYWHERE " RETURNING 1) "
DB_QUERY(handover_rule_set_q, DB_WRITE,
         POLICY_SEEN("$4") "INSERT INTO sen.handover_rule (platform_id, days) SELECT $2::smallint, $3::smallint FROM seen"
         " ON CONFLICT (platform_id) DO UPDATE SET days = excluded.days RETURNING 1");
DB_QUERY(grace_rule_set_q, DB_WRITE,
         POLICY_SEEN("$5") "INSERT INTO sen.grace_rule (role_id, rank, months) SELECT $2::integer, $3, $4::smallint FROM seen"
         " ON CONFLICT (role_id, rank) DO UPDATE SET months = excluded.months RETURNING 1");

int personnel_rules_get(struct op *op, struct personnel_rules *ret)
{
	struct db_rows rows, handovers, graces;
	struct handover_rule *h;
	struct grace_rule *g;
	int r = db_run(op, &personnel_policy_q, &rows);

	if (r == 0)
		r = db_run(op, &handover_rules_q, &handovers);
	if (r == 0)
		r = db_run(op, &grace_rules_q, &graces);
	if (r < 0)
		return r;
	h = ARENA_ARRAY(op->arena, struct handover_rule, handovers.n);
	for (size_t i = 0; i < handovers.n; i++)
		h[i] = (struct handover_rule){ .platform = db_str(&handovers, i, 0), .days = db_i64(&handovers, i, 1) };
	g = ARENA_ARRAY(op->arena, struct grace_rule, graces.n);
	for (size_t i = 0; i < graces.n; i++)
		g[i] = (struct grace_rule){ .platform = db_str(&graces, i, 0), .role = db_str(&graces, i, 1), .rank = db_str(&graces, i, 2), .months = db_i64(&graces, i, 3) };
	*ret = (struct personnel_rules){
		.policy = { .admin_accounts_only = db_bool(&rows, 0, 0), .unused_report_days = db_i64(&rows, 0, 1),
		            .unused_disable_days = db_i64(&rows, 0, 2), .reapprove_after_days = db_i64(&rows, 0, 3),
		            .vanished_max_n = db_i64(&rows, 0, 4), .vanished_max_percent = db_i64(&rows, 0, 5),
		            .checkout_max_minutes = db_i64(&rows, 0, 6), .version = db_i64(&rows, 0, 7),
		            .review_automatic = db_bool(&rows, 0, 8), .review_suspends = db_bool(&rows, 0, 9),
		            .review_accounts_months = db_i64(&rows, 0, 10), .review_answer_days = db_i64(&rows, 0, 11) },
		.handovers = h, .n_handovers = handovers.n, .graces = g, .n_graces = graces.n,
	};
	return 0;
}

/* A statement with the right in it wrote nothing. */
static int not_written(struct op *op, const struct principal *p)
{
	struct db_rows rows;
	int r = db_run(op, &personnel_policy_may_q, &rows, P_STR(p->account_id));

	if (r < 0)
		return r;
	return db_bool(&rows, 0, 0) ? op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen") :
	                              op_fail(op, ERR_OUT_OF_SCOPE, "rules are set by who may set them for everything");
}

static int write(struct op *op, const struct principal *p, const struct query *q, const struct db_param *params, size_t n)
{
	struct db_rows rows;
	int r = db_run_params(op, q, params, n, &rows);

	return r < 0 || rows.n == 1 ? r : not_written(op, p);
}

int personnel_policy_set(struct op *op, const struct principal *p, const struct personnel_policy *n)
{
	const struct db_param params[] = {
		P_STR(p->account_id), P_BOOL(n->admin_accounts_only), P_I64(n->unused_report_days), P_I64(n->unused_disable_days),
		P_I64(n->reapprove_after_days), P_I64(n->vanished_max_n), P_I64(n->vanished_max_percent), P_I64(n->checkout_max_minutes),
		P_I64(n->version), P_BOOL(n->review_automatic), P_BOOL(n->review_suspends), P_I64(n->review_accounts_months),
		P_I64(n->review_answer_days),
	};
	const struct governance_act act = { .action = "personnel.policy", .object = STR("personnel_policy") };
	json_t *data;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = write(op, p, &personnel_policy_set_q, params, ARRAY_LEN(params));
	data = json_new_object();
	json_set_bool(data, "admin_accounts_only", n->admin_accounts_only);
	json_set_int(data, "unused_report_days", n->unused_report_days);
	json_set_int(data, "unused_disable_days", n->unused_disable_days);
	json_set_int(data, "reapprove_after_days", n->reapprove_after_days);
	json_set_int(data, "vanished_max_n", n->vanished_max_n);
	json_set_int(data, "vanished_max_percent", n->vanished_max_percent);
	json_set_int(data, "checkout_max_minutes", n->checkout_max_minutes);
	json_set_bool(data, "review_automatic", n->review_automatic);
	json_set_bool(data, "review_suspends", n->review_suspends);
	json_set_int(data, "review_accounts_months", n->review_accounts_months);
	json_set_int(data, "review_answer_days", n->review_answer_days);
	return governance_commit(op, p, r, &act, data);
}

int handover_rule_set(struct op *op, const struct principal *p, const struct handover_rule *rule)
{
	struct platform platform;
	json_t *data;
	int r = platform_find(op, rule->platform, &platform);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct db_param params[] = { P_STR(p->account_id), P_I64(platform.id), P_I64(rule->days), P_I64(rule->version) };
	const struct governance_act act = { .action = "personnel.handover", .object = platform.code };
	r = write(op, p, &handover_rule_set_q, params, ARRAY_LEN(params));
	data = json_new_object();
	json_set_int(data, "days", rule->days);
	return governance_commit(op, p, r, &act, data);
}

int grace_rule_set(struct op *op, const struct principal *p, const struct grace_rule *rule)
{
	struct platform platform;
	struct role role;
	json_t *data;
	int r = platform_find(op, rule->platform, &platform);

	if (r == 0)
		r = role_find(op, platform.id, rule->role, &role);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct db_param params[] = { P_STR(p->account_id), P_I64(role.id), P_STR(rule->rank), P_I64(rule->months), P_I64(rule->version) };
	const struct governance_act act = {
		.action = "personnel.grace",
		.object = arena_printf(op->arena, "%.*s:%.*s", STR_ARG(platform.code), STR_ARG(role.code)),
	};
	r = write(op, p, &grace_rule_set_q, params, ARRAY_LEN(params));
	data = json_new_object();
	json_set_str(data, "rank", rule->rank);
	json_set_int(data, "months", rule->months);
	return governance_commit(op, p, r, &act, data);
}
