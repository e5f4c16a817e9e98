#include "server/governance/observations.h"

#include "server/governance/governance_audit.h"

#define RUN_JSON                                                                                                                     \
	"jsonb_build_object('id', r.id::text, 'platform', p.code, 'kind', r.kind, 'reason', r.reason, 'state', r.state,"               \
	" 'requested_by', (SELECT a.login FROM sen.account a WHERE a.id = r.requested_by), 'created_at', sen.iso(r.created_at),"        \
	" 'started_at', sen.iso(r.started_at), 'ended_at', sen.iso(r.ended_at), 'listed', r.listed, 'total', r.total, 'fault', r.fault," \
	" 'detail', r.detail, 'linked', r.linked, 'unlinked', r.unlinked, 'unmatched', r.unmatched, 'disputed', r.disputed,"            \
	" 'collisions', r.collisions, 'missing', r.missing, 'drifted', r.drifted, 'repaired', r.repaired,"                              \
	" 'decided_by', (SELECT a.login FROM sen.account a WHERE a.id = r.decided_by), 'decision', r.decision)::text"

DB_QUERY(observation_platform_q, DB_READ,
         "SELECT p.id, sen.platform_in_reach($2::uuid, $3, p.id), EXISTS (SELECT FROM sen.observe_plan o WHERE o.platform_id = p.id)"
         " FROM sen.platform p WHERE p.code = $1");
DB_QUERY(observation_list_q, DB_READ,
         "SELECT " RUN_JSON ", r.id::text FROM sen.observe_run r JOIN sen.platform p ON p.id = r.platform_id WHERE r.platform_id = $1::smallint"
         " AND ($2::text IS NULL OR r.id < $2::bigint) ORDER BY r.id DESC LIMIT $3::bigint");
DB_QUERY(observation_get_q, DB_READ, "SELECT " RUN_JSON " FROM sen.observe_run r JOIN sen.platform p ON p.id = r.platform_id WHERE r.id = $1::bigint");
DB_QUERY(observation_request_q, DB_WRITE,
         "WITH n AS (INSERT INTO sen.observe_run (platform_id, kind, reason, requested_by)"
         "  SELECT o.platform_id, CASE WHEN o.can_list THEN 'list' ELSE 'sample' END, 'request', $2::uuid FROM sen.observe_plan o WHERE o.platform_id = $1::smallint"
         "  ON CONFLICT (platform_id) WHERE state IN ('waiting', 'listing', 'judging') DO NOTHING RETURNING id)"
         " SELECT coalesce((SELECT id FROM n), (SELECT id FROM sen.observe_run WHERE platform_id = $1::smallint"
         "  AND state IN ('waiting', 'listing', 'judging'))), EXISTS (SELECT FROM n)");
DB_QUERY(observation_decide_q, DB_WRITE,
         "UPDATE sen.observe_run r SET state = CASE WHEN $3::boolean THEN 'concluding' ELSE 'rejected' END, decided_by = $2::uuid, decided_at = now(),"
         " decision = $4, lease_until = NULL, not_before = now() WHERE r.id = $1::bigint AND r.state = 'held'"
         " AND sen.platform_in_reach($2::uuid, 'approve', r.platform_id)"
         " AND (r.requested_by IS NULL OR NOT sen.same_person(r.requested_by, $2::uuid)) RETURNING (SELECT p.code FROM sen.platform p WHERE p.id = r.platform_id)");
DB_QUERY(observation_why_not_q, DB_READ,
         "SELECT r.state, sen.platform_in_reach($2::uuid, 'approve', r.platform_id),"
         " r.requested_by IS NOT NULL AND sen.same_person(r.requested_by, $2::uuid) FROM sen.observe_run r WHERE r.id = $1::bigint");
DB_QUERY(observation_drop_q, DB_WRITE, "DELETE FROM sen.observe_item WHERE run_id = $1::bigint");
DB_QUERY(observe_plan_get_q, DB_READ,
         "SELECT jsonb_build_object('platform', p.code, 'can_list', o.can_list, 'enabled', o.enabled, 'every_s', o.every_s,"
         " 'at', to_char(make_interval(mins => o.at_minute), 'HH24:MI'), 'short_percent', o.short_percent,"
         " 'attributes', coalesce((SELECT jsonb_agg(jsonb_build_object('attribute', a.attribute, 'rule', a.rule) ORDER BY a.attribute)"
         "  FROM sen.attribute_policy a WHERE a.platform_id = p.id), '[]'), 'version', o.version)::text, o.version"
         " FROM sen.observe_plan o JOIN sen.platform p ON p.id = o.platform_id WHERE p.id = $1::smallint");
DB_QUERY(observe_plan_set_q, DB_WRITE,
         "UPDATE sen.observe_plan SET enabled = $3::boolean, every_s = coalesce($4::integer, every_s), short_percent = coalesce($5::smallint, short_percent),"
         " at_minute = CASE WHEN $6::text IS NULL THEN at_minute WHEN $6 = '' THEN NULL ELSE extract(epoch FROM $6::time)::integer / 60 END,"
         " version = version + 1 WHERE platform_id = $1::smallint AND version = $2::bigint");
DB_QUERY(observe_policy_drop_q, DB_WRITE, "DELETE FROM sen.attribute_policy WHERE platform_id = $1::smallint");
DB_QUERY(observe_policy_add_q, DB_WRITE,
         "INSERT INTO sen.attribute_policy SELECT $1::smallint, t.attribute, t.rule FROM jsonb_to_recordset($2::jsonb) AS t (attribute text, rule text)");

static int reach(struct op *op, const struct principal *p, struct str platform, const char *right, int64_t *ret_id)
{
	struct db_rows rows;
	int r = db_run(op, &observation_platform_q, &rows, P_STR(platform), P_STR(p->account_id), P_C(right));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "not within your scope");
	if (!db_bool(&rows, 0, 2))
		return op_fail(op, ERR_NOT_FOUND, "no provisioner is connected to this platform");
	*ret_id = db_i64(&rows, 0, 0);
	return 0;
}

int observation_list(struct op *op, const struct principal *p, struct str platform, struct str after, size_t limit, struct json_page *ret)
{
	struct db_rows rows;
	int64_t id;
	int r = reach(op, p, platform, "read", &id);

	if (r == 0)
		r = db_run(op, &observation_list_q, &rows, P_I64(id), P_STR(after), P_I64((int64_t)limit + 1));
	if (r == 0)
		*ret = json_page_of(op, &rows, limit, 1);
	return r;
}

static int get_run(struct op *op, struct str id, json_t **ret)
{
	struct db_rows rows;
	int r = db_run(op, &observation_get_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such run");
	*ret = json_cell(op, &rows, 0, 0);
	return 0;
}

int observation_request(struct op *op, const struct principal *p, struct str platform, json_t **ret)
{
	const struct governance_act act = { .action = "observe.request", .object = platform };
	struct db_rows rows = { 0 };
	int64_t id;
	int r = reach(op, p, platform, "catalogue", &id);

	if (r < 0 || db_begin(op) < 0)
		return op->error.code;
	r = db_run(op, &observation_request_q, &rows, P_I64(id), P_STR(p->account_id));
	/* The one under way ended between two looks. */
	if (r == 0 && db_is_null(&rows, 0, 0))
		r = op_fail(op, ERR_UNAVAILABLE, "try again");
	r = governance_commit(op, p, r, &act, json_pack("{s:s}", "run", r == 0 ? arena_cstr(op->arena, db_str(&rows, 0, 0)) : ""));
	return r < 0 ? r : get_run(op, db_str(&rows, 0, 0), ret);
}

static int why_not(struct op *op, const struct principal *p, struct str id)
{
	struct db_rows rows;
	int r = db_run(op, &observation_why_not_q, &rows, P_STR(id), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0 || !db_bool(&rows, 0, 1))
		return op_fail(op, ERR_NOT_FOUND, "no such run");
	if (db_bool(&rows, 0, 2))
		return op_fail(op, ERR_FOUR_EYES, "another person than who asked for the listing decides");
	(void)op_fail(op, ERR_WRONG_STATE, "only a listing that is held can be decided on");
	(void)op_fail_arg(op, "state", db_str(&rows, 0, 0));
	return op_fail_arg(op, "wanted", STR("held"));
}

int observation_decide(struct op *op, const struct principal *p, struct str id, bool is_released, struct str reason, json_t **ret)
{
	struct governance_act act = { .action = is_released ? "observe.release" : "observe.reject" };
	struct db_rows rows = { 0 }, none;
	int r = db_begin(op);

	if (r == 0)
		r = db_run(op, &observation_decide_q, &rows, P_STR(id), P_STR(p->account_id), P_BOOL(is_released), P_STR(reason));
	if (r == 0 && rows.n == 0) {
		db_rollback(op);
		return why_not(op, p, id);
	}
	if (r == 0 && !is_released)
		r = db_run(op, &observation_drop_q, &none, P_STR(id));
	if (r == 0)
		act.object = db_str(&rows, 0, 0);
	r = governance_commit(op, p, r, &act, json_pack("{s:s%, s:s%}", "run", id.p, id.len, "reason", reason.p, reason.len));
	return r < 0 ? r : get_run(op, id, ret);
}

int observe_plan_get(struct op *op, const struct principal *p, struct str platform, json_t **ret, int64_t *ret_version)
{
	struct db_rows rows;
	int64_t id;
	int r = reach(op, p, platform, "read", &id);

	if (r == 0)
		r = db_run(op, &observe_plan_get_q, &rows, P_I64(id));
	if (r < 0)
		return r;
	*ret = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

static int set_attributes(struct op *op, int64_t platform_id, const json_t *attributes)
{
	struct db_rows rows;
	int r = db_run(op, &observe_policy_drop_q, &rows, P_I64(platform_id));

	return r < 0 ? r : db_run(op, &observe_policy_add_q, &rows, P_I64(platform_id), P_STR(json_write(op->arena, attributes, false)));
}

int observe_plan_set(struct op *op, const struct principal *p, const struct observe_plan_change *c)
{
	const struct governance_act act = { .action = "observe.plan", .object = c->platform };
	json_t *data = json_new_object();
	struct db_rows rows = { 0 };
	int64_t id;
	int r = reach(op, p, c->platform, "catalogue", &id);

	json_set_bool(data, "enabled", c->enabled);
	if (c->attributes)
		json_set_take(data, "attributes", json_deep_copy(c->attributes));
	if (r == 0)
		r = db_begin(op);
	if (r < 0) {
		json_decref(data);
		return r;
	}
	r = db_run(op, &observe_plan_set_q, &rows, P_I64(id), P_I64(c->version), P_BOOL(c->enabled), P_STR(c->every_s), P_STR(c->short_percent), P_STR(c->at));
	if (r == 0 && rows.affected == 0)
		r = op_fail(op, ERR_PRECONDITION_FAILED, "it has been changed meanwhile");
	if (r == 0 && c->attributes)
		r = set_attributes(op, id, c->attributes);
	return governance_commit(op, p, r, &act, data);
}
