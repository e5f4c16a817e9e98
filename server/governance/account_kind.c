#include "server/governance/account_kind.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "server/governance/governance_audit.h"
#include "server/governance/person_admin.h"

/* "annv.qt" beside "annv"; the first number that nobody has or had. */
DB_QUERY(account_add_administrator_q, DB_WRITE,
         "INSERT INTO sen.account AS a (id, person_id, kind, login, reason)"
         " SELECT $1::uuid, o.person_id, 'administrator', c.login, $4 FROM sen.account o"
         " CROSS JOIN LATERAL (SELECT n, left(o.login, 26) || '.qt' || CASE WHEN n = 1 THEN '' ELSE n::text END AS login FROM generate_series(1, 99) n) c"
         " WHERE o.person_id = $2::uuid AND o.kind = 'operational' AND o.status IN ('pending', 'active')"
         " AND sen.may_manage_person($3::uuid, 'personnel', o.person_id) AND sen.person_state(o.person_id) IN ('working', 'on_leave')"
         " AND NOT EXISTS (SELECT FROM sen.account t WHERE t.login = c.login)"
         " ORDER BY c.n LIMIT 1 ON CONFLICT DO NOTHING RETURNING a.login");
DB_QUERY(account_add_other_q, DB_WRITE,
         "INSERT INTO sen.account AS a (id, person_id, kind, login, reason, client_id, status, activated_at)"
         " SELECT $1::uuid, p.id, $5, $6, $4, $7, CASE WHEN $5 = 'shared' THEN 'pending' ELSE 'active' END,"
         "  CASE WHEN $5 = 'shared' THEN NULL ELSE now() END FROM sen.person p"
         " WHERE p.id = $2::uuid AND sen.may_manage_person($3::uuid, 'personnel', p.id) AND sen.person_state(p.id) IN ('working', 'on_leave')"
         " AND ($7::text IS NULL OR EXISTS (SELECT FROM sen.oauth_client k WHERE k.id = $7))"
         " ON CONFLICT DO NOTHING RETURNING a.login");
DB_QUERY(shared_add_q, DB_WRITE, "INSERT INTO sen.shared_account (account_id, asked_by) VALUES ($1::uuid, $2::uuid)");
DB_QUERY(account_kind_state_q, DB_READ, "SELECT sen.person_state($1::uuid)");
#define MAY_BE_HANDED_OVER                                                                                                   \
	"a.id = $1::uuid AND a.kind IN ('technical', 'service', 'shared') AND a.status <> 'archived'"                             \
	" AND sen.scope_covers($2::uuid, 'personnel', (SELECT u.path FROM sen.unit u WHERE u.id = sen.home_unit(a.person_id)), NULL)" \
	" AND sen.may_manage_person($2::uuid, 'personnel', $3::uuid) AND sen.person_state($3::uuid) = 'working'"
DB_QUERY(account_hand_over_q, DB_WRITE,
         "UPDATE sen.account a SET person_id = $3::uuid, epoch = a.epoch + 1 WHERE " MAY_BE_HANDED_OVER " AND a.epoch = $4::bigint RETURNING a.status");
DB_QUERY(account_hand_over_may_q, DB_READ, "SELECT EXISTS (SELECT FROM sen.account a WHERE " MAY_BE_HANDED_OVER ")");
DB_QUERY(account_hand_over_lift_q, DB_WRITE,
         "WITH s AS (UPDATE sen.account_stop SET valid_to = greatest(valid_from, now()) WHERE account_id = $1::uuid"
         "  AND (valid_to IS NULL OR valid_to > now()) RETURNING 1),"
         " d AS (DELETE FROM sen.account_due WHERE account_id = $1::uuid AND done_at IS NULL)"
         " UPDATE sen.account SET status = 'active' WHERE id = $1::uuid AND status = 'suspended' AND activated_at IS NOT NULL");
DB_QUERY(account_archive_q, DB_WRITE,
         "UPDATE sen.account a SET status = 'archived', epoch = a.epoch + 1 FROM sen.person p WHERE a.id = $1::uuid AND p.id = a.person_id"
         " AND a.status = 'disabled' AND NOT (p.legal_hold AND a.kind IN ('operational', 'administrator'))"
         " AND sen.may_manage_account($2::uuid, 'personnel', a.id) RETURNING 1");
DB_QUERY(account_archive_why_q, DB_READ,
         "SELECT a.status, p.legal_hold AND a.kind IN ('operational', 'administrator') FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = $1::uuid");

static int wrong_state(struct op *op, struct str state, const char *wanted)
{
	(void)op_fail(op, ERR_WRONG_STATE, "not possible in this state");
	(void)op_fail_arg(op, "state", state);
	return op_fail_arg(op, "wanted", str_c(wanted));
}

/* Nothing was added: the person is gone, or the name or the account is there already. */
static int not_added(struct op *op, struct str person_id)
{
	struct db_rows rows;
	int r = db_run(op, &account_kind_state_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	if (!str_equal(db_str(&rows, 0, 0), STR("working")) && !str_equal(db_str(&rows, 0, 0), STR("on_leave")))
		return wrong_state(op, db_str(&rows, 0, 0), "working");
	return op_fail(op, ERR_CONFLICT, "the user name or such an account is there already, or there is no such client or first account");
}

static int insert(struct op *op, const struct principal *p, const struct account_new *new, struct str person_id, struct str *ret_id,
                  struct str *ret_login)
{
	char uuid[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(uuid);
	if (str_equal(new->kind, STR("administrator")))
		r = db_run(op, &account_add_administrator_q, &rows, P_C(uuid), P_STR(person_id), P_STR(p->account_id), P_STR(new->reason));
	else
		r = db_run(op, &account_add_other_q, &rows, P_C(uuid), P_STR(person_id), P_STR(p->account_id), P_STR(new->reason), P_STR(new->kind),
		           P_STR(new->login), P_STR(new->client_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return not_added(op, person_id);
	*ret_id = arena_dup_c(op->arena, uuid);
	*ret_login = db_str(&rows, 0, 0);
	if (str_equal(new->kind, STR("shared")))
		r = db_run(op, &shared_add_q, &rows, P_STR(*ret_id), P_STR(p->account_id));
	return r;
}

int account_kind_add(struct op *op, const struct principal *p, const struct account_new *new, struct str *ret_login)
{
	struct person person;
	struct str id = STR_NULL;
	json_t *data;
	int r = person_admin_find(op, p, "personnel", new->employee_code, &person);

	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = insert(op, p, new, person.id, &id, ret_login);
	data = json_new_object();
	json_set_str(data, "kind", new->kind);
	json_set_str(data, "reason", new->reason);
	json_set_str(data, "client", new->client_id);
	const struct governance_act act = { .action = "account.add", .account_id = id, .object = r == 0 ? *ret_login : STR("") };
	return governance_commit(op, p, r, &act, data);
}

/* Nothing but what was seen hindered it, or it may not be. */
static int not_handed_over(struct op *op, const struct db_param params[3])
{
	struct db_rows rows;
	int r = db_run_params(op, &account_hand_over_may_q, params, 3, &rows);

	if (r < 0)
		return r;
	return db_bool(&rows, 0, 0) ? op_fail(op, ERR_PRECONDITION_FAILED, "it was changed after it was seen") :
	                              op_fail(op, ERR_OUT_OF_SCOPE, "a person's own account, or not within your scope");
}

int account_kind_hand_over(struct op *op, const struct principal *p, const struct account_handing_over *h)
{
	struct account account;
	struct db_rows rows = { 0 };
	struct person person;
	json_t *data;
	int r = account_find(op, h->login, &account);

	if (r == 0)
		r = person_admin_find(op, p, "personnel", h->employee_code, &person);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	const struct db_param params[] = { P_STR(account.id), P_STR(p->account_id), P_STR(person.id), P_I64(h->seen) };
	const struct governance_act act = { .action = "account.hand_over", .account_id = account.id, .object = account.login };
	r = db_run_params(op, &account_hand_over_q, params, ARRAY_LEN(params), &rows);
	if (r == 0 && rows.n == 0)
		r = not_handed_over(op, params);
	if (r == 0)
		r = db_run(op, &account_hand_over_lift_q, &rows, P_STR(account.id));
	data = json_new_object();
	json_set_str(data, "to", person.employee_code);
	json_set_str(data, "reason", h->reason);
	return governance_commit(op, p, r, &act, data);
}

/* Why the statement archived nothing. */
static int not_archived(struct op *op, struct str id, bool *ret_changed)
{
	struct db_rows rows;
	int r = db_run(op, &account_archive_why_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	*ret_changed = false;
	if (str_equal(db_str(&rows, 0, 0), STR("archived")))
		return 0;
	if (db_bool(&rows, 0, 1)) {
		(void)op_fail(op, ERR_BLOCKED, "a legal hold forbids it");
		return op_fail_arg(op, "by", STR("legal_hold"));
	}
	if (!str_equal(db_str(&rows, 0, 0), STR("disabled")))
		return wrong_state(op, db_str(&rows, 0, 0), "disabled");
	return op_fail(op, ERR_OUT_OF_SCOPE, "the account is not within your scope");
}

int account_kind_archive(struct op *op, const struct principal *p, struct str login, struct str reason, bool *ret_changed)
{
	struct account account;
	struct db_rows rows = { 0 };
	bool may;
	json_t *data;
	int r = account_find(op, login, &account);

	if (r == 0)
		r = account_may_manage(op, p->account_id, "personnel", account.id, &may);
	if (r == 0 && !may)
		r = governance_refuse(op, ERR_OUT_OF_SCOPE);
	if (r == 0)
		r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &account_archive_q, &rows, P_STR(account.id), P_STR(p->account_id));
	if (r == 0 && rows.n == 0) {
		r = not_archived(op, account.id, ret_changed);
		db_rollback(op);
		return r;
	}
	*ret_changed = true;
	const struct governance_act act = { .action = "account.archive", .account_id = account.id, .object = account.login };
	data = json_new_object();
	json_set_str(data, "reason", reason);
	return governance_commit(op, p, r, &act, data);
}
