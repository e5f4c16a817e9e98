#include "server/governance/provision_run.h"

#include "common/base/random.h"
#include "server/governance/governance_audit.h"
#include "server/governance/json_rows.h"

DB_QUERY(provision_run_account_q, DB_READ,
         "SELECT a.id, a.id = $2::uuid, sen.may_manage_account($2::uuid, 'activate', a.id),"
         " EXISTS (SELECT FROM sen.unit u WHERE u.id = sen.home_unit(a.person_id) AND sen.scope_covers($2::uuid, 'read', u.path, NULL)),"
         " sen.may_see_person($2::uuid, 'read', a.person_id) OR sen.may_see_person($2::uuid, 'activate', a.person_id)"
         " FROM sen.account a WHERE a.login = $1");
/* One at a time: whoever asks while one is under way gets to see that one. */
DB_QUERY(provision_run_add_q, DB_WRITE,
         "INSERT INTO sen.provision_run (account_id, id, platform_id, requested_by) SELECT $1::uuid, $2::uuid, p.id, $4::uuid"
         " FROM (SELECT (SELECT id FROM sen.platform WHERE code = $3) AS id) p"
         " WHERE NOT EXISTS (SELECT FROM sen.provision_run r WHERE r.account_id = $1::uuid AND r.done_at IS NULL AND r.requested_at > now() - interval '5 minutes')"
         " RETURNING id");
DB_QUERY(provision_run_lock_q, DB_WRITE, "SELECT pg_advisory_xact_lock(hashtextextended($1, 30))");
DB_QUERY(provision_run_platform_q, DB_READ, "SELECT 1 FROM sen.platform WHERE code = $1");
DB_QUERY(provision_run_read_q, DB_READ,
	"SELECT jsonb_build_object('id', r.id, 'login', a.login, 'platform', q.code, 'requested_by', w.login, 'requested_at', sen.iso(r.requested_at),"
	" 'done_at', sen.iso(r.done_at), 'state', CASE WHEN r.done_at IS NOT NULL THEN 'done' WHEN r.requested_at <= now() - interval '5 minutes' THEN 'expired'"
	"  WHEN r.planned_at IS NULL THEN 'waiting' ELSE 'running' END,"
	" 'plan', (SELECT coalesce(jsonb_agg(jsonb_build_object('at', to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), 'ms', s.ms,"
	"   'kind', s.kind, 'detail', s.detail) ORDER BY s.n), '[]') FROM sen.provision_step s WHERE s.run_id = r.id AND s.platform_id = -1),"
	" 'platforms', (SELECT coalesce(jsonb_agg(jsonb_build_object('platform', p.code, 'state', t.state, 'outcome', t.outcome, 'operation', t.op,"
	"   'operation_id', t.operation_id, 'fault', t.fault, 'attempts', t.attempts, 'steps', (SELECT coalesce(jsonb_agg(jsonb_build_object("
	"   'at', to_char(s.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.MS\"Z\"'), 'ms', s.ms, 'kind', s.kind, 'detail', s.detail)"
	"   ORDER BY s.attempt, s.n), '[]') FROM sen.provision_step s WHERE s.run_id = r.id AND s.platform_id = t.platform_id)) ORDER BY t.platform_id), '[]')"
	"  FROM sen.provision_target t JOIN sen.platform p ON p.id = t.platform_id WHERE t.run_id = r.id))"
	" FROM sen.provision_run r JOIN sen.account a ON a.id = r.account_id JOIN sen.account w ON w.id = r.requested_by"
	" LEFT JOIN sen.platform q ON q.id = r.platform_id WHERE r.account_id = $1::uuid AND r.id = $2::uuid");

static int find(struct op *op, const struct principal *p, struct str login, bool asks, struct str *ret_account_id)
{
	struct db_rows rows;
	int r = db_run(op, &provision_run_account_q, &rows, P_STR(login), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0 || (!db_bool(&rows, 0, 1) && !db_bool(&rows, 0, 4)))
		return op_fail(op, ERR_UNKNOWN_ACCOUNT, "no such account");
	if (asks && db_bool(&rows, 0, 1))
		return governance_refuse(op, ERR_SELF_GRANT);
	if (!db_bool(&rows, 0, asks ? 2 : 3))
		return governance_refuse(op, ERR_OUT_OF_SCOPE);
	*ret_account_id = db_str(&rows, 0, 0);
	return 0;
}

static int add(struct op *op, const struct principal *p, struct str account_id, struct str platform, struct str *ret_id)
{
	char id[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(id);
	*ret_id = arena_dup_c(op->arena, id);
	/* Who asks at the same moment sees the other's row. */
	r = db_run(op, &provision_run_lock_q, &rows, P_STR(account_id));
	if (r == 0)
		r = db_run(op, &provision_run_add_q, &rows, P_STR(account_id), P_STR(*ret_id), P_STR(platform), P_STR(p->account_id));
	if (r < 0 || rows.n > 0)
		return r;
	(void)op_fail(op, ERR_WRONG_STATE, "a run of this account is under way");
	(void)op_fail_arg(op, "state", STR("running"));
	return op_fail_arg(op, "wanted", STR("done"));
}

int provision_run_ask(struct op *op, const struct principal *p, struct str login, struct str platform, struct str *ret_id)
{
	struct governance_act act = { .action = "account.provision", .object = login };
	struct db_rows rows;
	json_t *data = NULL;
	int r = find(op, p, login, true, &act.account_id);

	if (r == 0 && !str_is_null(platform)) {
		r = db_run(op, &provision_run_platform_q, &rows, P_STR(platform));
		if (r == 0 && rows.n == 0)
			r = op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	}
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = add(op, p, act.account_id, platform, ret_id);
	if (r == 0) {
		data = json_new_object();
		json_set_str(data, "run", *ret_id);
		json_set_str(data, "platform", platform);
	}
	return governance_commit(op, p, r, &act, data);
}

int provision_run_read(struct op *op, const struct principal *p, struct str login, struct str id, json_t **ret_run)
{
	struct str account_id;
	struct db_rows rows;
	int r = find(op, p, login, false, &account_id);

	if (r == 0)
		r = db_run(op, &provision_run_read_q, &rows, P_STR(account_id), P_STR(id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such run");
	/* Deeper than what the program looks into: documents and bodies of platforms. */
	*ret_run = json_read(db_str(&rows, 0, 0), 24, NULL);
	return *ret_run ? 0 : op_fail(op, ERR_INTERNAL, "a run that cannot be read");
}
