/* Relying parties on PostgreSQL with the rights of the server's role: who may enter them, what stays the operator's, 50 at once. */
#include "server/parties/parties.h"
#include "tests/db/governance/acting.h"
#include "tests/unit/at_once.h"

#define PLAIN "{\"client_name\":\"App\",\"scope\":\"openid profile\",\"token_endpoint_auth_method\":\"client_secret_basic\"}"
#define ADMINS "{\"client_name\":\"Ctl\",\"scope\":\"openid admin\",\"token_endpoint_auth_method\":\"none\"}"
#define HASH(letter) P_BYTES(STR("1234567890123456789012345678901" letter))
#define ADD(f, who, id, hash, metadata) AS(f, who, client_add, S(id), P_NULL, P_NULL, P_NULL, hash, P_NULL, S(metadata))
#define CHANGE(f, who, id, version, hash, keeps, metadata)                                                                 \
	AS(f, who, client_change, S(id), P_NULL, P_I64(version), P_NULL, P_NULL, hash, P_NULL, S(metadata), P_BOOL(keeps), P_BOOL(false))
#define TO(f, who, kind, id, version) AS(f, who, kind, S(id), P_NULL, P_I64(version))

static int create(void **state)
{
	acting_create(state);
	/* Everything in a ward, and the right of the whole province on one platform alone, are less than what is asked for. */
	side("UPDATE sen.admin_scope SET rights = rights || 'catalogue'::text WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n"
	     " ON n.id = a.person_id WHERE n.employee_code IN ('WA', 'P3'));"
	     " UPDATE sen.admin_scope SET platform_id = (SELECT id FROM sen.platform WHERE code = 'P02') WHERE account_id IN (SELECT a.id FROM sen.account a"
	     " JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P3')");
	return 0;
}

static int set_up(void **state)
{
	side("DELETE FROM sen.oauth_client; DELETE FROM sen.initial_access_token; DELETE FROM sen.software_issuer; DELETE FROM sen.federation_subordinate;"
	     " DELETE FROM sen.outbox; DELETE FROM sen.webhook_log; INSERT INTO sen.oauth_client (id, metadata) VALUES ('senctl', '" ADMINS "')");
	return acting_set_up(state);
}

static int64_t records(const char *action)
{
	char sql[160];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.audit WHERE action = '%s' AND actor LIKE 'account:%%'", action);
	return side_i64(sql);
}

static void test_clients(void **state)
{
	struct fixture *f = *state;
	int64_t before = records("client.change");

	assert_int_equal(ADD(f, "AD", "app", HASH("a"), PLAIN), 0);
	assert_int_equal(json_get_int(f->body, "version", 0), 1);
	assert_int_equal(ADD(f, "AD", "app", HASH("b"), PLAIN), ERR_CONFLICT);
	assert_int_equal(CHANGE(f, "AD", "app", 7, P_NULL, true, PLAIN), ERR_PRECONDITION_FAILED);
	assert_int_equal(CHANGE(f, "AD", "app", 1, P_NULL, true, PLAIN), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND secret_hash = '1234567890123456789012345678901a'"), 1);
	assert_int_equal(records("client.change"), before + 1);
	assert_int_equal(CHANGE(f, "AD", "app", 1, P_NULL, true, PLAIN), ERR_PRECONDITION_FAILED);
	assert_int_equal(CHANGE(f, "AD", "app", 2, HASH("c"), false, PLAIN), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND secret_hash = '1234567890123456789012345678901c'"), 1);
	assert_int_equal(TO(f, "AD", client_disable, "app", 3), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND NOT enabled"), 1);
	assert_int_equal(TO(f, "AD", client_enable, "app", 3), ERR_PRECONDITION_FAILED);
	assert_int_equal(TO(f, "AD", client_enable, "app", 4), 0);
	assert_int_equal(TO(f, "AD", client_remove, "app", 4), ERR_PRECONDITION_FAILED);
	assert_int_equal(TO(f, "AD", client_remove, "app", 5), 0);
	assert_int_equal(TO(f, "AD", client_remove, "app", 5), ERR_NOT_FOUND);
	/* A platform that is none, and a secret that it has not. */
	assert_int_equal(AS(f, "AD", client_add, S("app"), P_NULL, S("P99"), P_NULL, HASH("a"), P_NULL, S(PLAIN)), ERR_UNKNOWN_PLATFORM);
	assert_int_equal(AS(f, "AD", client_add, S("app"), P_NULL, P_NULL, S("https://app.example/"), HASH("a"), P_NULL, S(PLAIN)), ERR_INVALID_VALUE);
	assert_int_equal(ADD(f, "AD", "app", P_NULL, PLAIN), 0);
	assert_int_equal(CHANGE(f, "AD", "app", 1, P_NULL, true, PLAIN), ERR_INVALID_VALUE);
}

/* The platform's address goes with its client; what an account of a program signs in as stays. */
static void test_belongings(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(AS(f, "AD", client_add, S("app"), P_NULL, S("P02"), S("https://p02.example/"), HASH("a"), P_NULL, S(PLAIN)), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND home_url = 'https://p02.example/'"), 1);
	side("INSERT INTO sen.account (id, person_id, login, kind, reason, client_id) SELECT gen_random_uuid(), id, 'dv.app', 'service', 'Đồng bộ', 'app'"
	     " FROM sen.person WHERE employee_code = 'AD'");
	assert_int_equal(TO(f, "AD", client_remove, "app", 1), ERR_CONFLICT);
	side("DELETE FROM sen.account WHERE login = 'dv.app'");
	assert_int_equal(TO(f, "AD", client_remove, "app", 1), 0);
}

static void test_only_over_everything(void **state)
{
	static const char *const others[] = { "P2", "P3", "WA", "OTHER" };
	struct fixture *f = *state;

	assert_int_equal(ADD(f, "AD", "app", HASH("a"), PLAIN), 0);
	for (size_t i = 0; i < ARRAY_LEN(others); i++) {
		struct principal p = principal_of(f, others[i]);

		assert_int_equal(ADD(f, others[i], "other", HASH("a"), PLAIN), ERR_OUT_OF_SCOPE);
		assert_int_equal(CHANGE(f, others[i], "app", 1, HASH("b"), false, PLAIN), ERR_OUT_OF_SCOPE);
		assert_int_equal(TO(f, others[i], client_remove, "app", 1), ERR_OUT_OF_SCOPE);
		assert_int_equal(TO(f, others[i], client_disable, "app", 1), ERR_OUT_OF_SCOPE);
		assert_int_equal(AS(f, others[i], client_secret_rotate, S("app"), P_NULL, HASH("b"), P_NULL), ERR_OUT_OF_SCOPE);
		assert_int_equal(AS(f, others[i], outbox_retry, P_NULL, P_NULL, S("app")), ERR_OUT_OF_SCOPE);
		op_forgive(&f->op);
		assert_int_equal(parties_reach(&f->op, &p), ERR_OUT_OF_SCOPE);
		op_forgive(&f->op);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE version = 1 AND enabled"), 2);
}

/* Whoever could point it elsewhere would get the administrators' tokens: neither by a statement of ours nor by one of an intruder's. */
static void test_administrators_client(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ADD(f, "AD", "app", HASH("a"), PLAIN), 0);
	assert_int_equal(ADD(f, "AD", "evil", P_NULL, ADMINS), ERR_OUT_OF_SCOPE);
	assert_int_equal(CHANGE(f, "AD", "app", 1, P_NULL, false, ADMINS), ERR_OUT_OF_SCOPE);
	assert_int_equal(CHANGE(f, "AD", "senctl", 1, P_NULL, false, PLAIN), ERR_OUT_OF_SCOPE);
	assert_int_equal(TO(f, "AD", client_disable, "senctl", 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(TO(f, "AD", client_remove, "senctl", 1), ERR_OUT_OF_SCOPE);
	side("SET ROLE sen_server; DO $$ BEGIN"
	     " UPDATE sen.oauth_client SET metadata = '{}' WHERE id = 'senctl'; DELETE FROM sen.oauth_client WHERE id = 'senctl';"
	     " BEGIN INSERT INTO sen.oauth_client (id, metadata) VALUES ('evil', '" ADMINS "'); RAISE 'entered'; EXCEPTION WHEN insufficient_privilege THEN NULL; END;"
	     " BEGIN UPDATE sen.oauth_client SET metadata = '" ADMINS "' WHERE id = 'app'; RAISE 'changed'; EXCEPTION WHEN insufficient_privilege THEN NULL; END;"
	     " END $$; RESET ROLE");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'senctl' AND metadata->>'client_name' = 'Ctl' AND version = 1"), 1);
}

static void test_secrets(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ADD(f, "AD", "app", HASH("a"), PLAIN), 0);
	assert_int_equal(TO(f, "AD", client_secret_finish, "app", 1), ERR_WRONG_STATE);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("app"), P_NULL, HASH("a"), P_NULL), ERR_CONFLICT);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("app"), P_NULL, HASH("b"), P_NULL), 0);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("app"), P_NULL, HASH("b"), P_NULL), 0);
	assert_int_equal(json_get_int(f->body, "version", 0), 2);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("app"), P_NULL, HASH("c"), P_NULL), ERR_CONFLICT);
	/* The present secret said again in a change leaves both; another one ends both. */
	assert_int_equal(CHANGE(f, "AD", "app", 2, HASH("a"), false, PLAIN), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND secret_hash_next IS NOT NULL"), 1);
	assert_int_equal(TO(f, "AD", client_secret_finish, "app", 2), ERR_PRECONDITION_FAILED);
	assert_int_equal(TO(f, "AD", client_secret_finish, "app", 3), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND secret_hash = '1234567890123456789012345678901b' AND secret_hash_next IS NULL"), 1);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("app"), P_NULL, HASH("c"), P_NULL), 0);
	assert_int_equal(CHANGE(f, "AD", "app", 5, HASH("d"), false, PLAIN), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND secret_hash_next IS NOT NULL"), 0);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("app"), P_NULL, HASH("e"), P_NULL), 0);
	assert_int_equal(TO(f, "AD", client_secret_cancel, "app", 7), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE id = 'app' AND secret_hash = '1234567890123456789012345678901d'"), 1);
	assert_int_equal(ADD(f, "AD", "native", P_NULL, PLAIN), 0);
	assert_int_equal(AS(f, "AD", client_secret_rotate, S("native"), P_NULL, HASH("b"), P_NULL), ERR_WRONG_STATE);
}

struct attempt {
	struct principal who;
	int number, code;
	bool adds;
};

static void *attempt_run(void *argument)
{
	struct attempt *a = argument;
	json_t *body = NULL;
	struct op op;

	gov_begin(&op, gov_server);
	const struct db_param rotation[] = { S("app"), P_STR(a->who.account_id), P_BYTES(arena_printf(op.arena, "secret-%d", a->number)), P_NULL };
	const struct db_param entry[] = { S("new"), P_STR(a->who.account_id), P_NULL, P_NULL, P_BYTES(arena_printf(op.arena, "secret-%d", a->number)), P_NULL, S(PLAIN) };
	a->code = a->adds ? governed_write(&op, &a->who, &client_add, entry, ARRAY_LEN(entry), &body)
	                  : governed_write(&op, &a->who, &client_secret_rotate, rotation, ARRAY_LEN(rotation), &body);
	json_decref(body);
	gov_end(&op);
	return NULL;
}

static void run_at_once(struct fixture *f, bool adds)
{
	struct attempt all[N_PARALLEL];
	int n = 0;

	for (int i = 0; i < N_PARALLEL; i++)
		all[i] = (struct attempt){ .who = principal_of(f, "AD"), .number = i, .adds = adds };
	AT_ONCE(attempt_run, all);
	for (int i = 0; i < N_PARALLEL; i++) {
		assert_true(all[i].code == 0 || all[i].code == ERR_CONFLICT);
		n += all[i].code == 0;
	}
	assert_int_equal(n, 1);
}

static void test_many_at_once(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ADD(f, "AD", "app", HASH("a"), PLAIN), 0);
	run_at_once(f, false);
	run_at_once(f, true);
	assert_int_equal(side_i64("SELECT version FROM sen.oauth_client WHERE id = 'app'"), 2);
}

static void test_registrants(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op), issuer;

	assert_int_equal(AS(f, "AD", client_token_add, P_STR(id), P_NULL, HASH("t"), S(""), S("P02"), S("{}"), P_I64(3), P_I64(2)), 0);
	assert_true(json_get_bool(f->body, "live", false));
	assert_int_equal(AS(f, "WA", client_token_add, P_STR(fresh_id(&f->op)), P_NULL, HASH("u"), S(""), P_NULL, S("{}"), P_I64(3), P_I64(2)), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "AD", client_token_add, P_STR(fresh_id(&f->op)), P_NULL, HASH("v"), S(""), P_NULL, S("{\"scope\":\"openid admin\"}"), P_I64(3), P_I64(2)), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "WA", client_token_revoke, P_STR(id), P_NULL), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "AD", client_token_revoke, P_STR(id), P_NULL), 0);
	assert_int_equal(AS(f, "AD", client_token_revoke, P_STR(id), P_NULL), ERR_WRONG_STATE);

	assert_int_equal(AS(f, "AD", client_issuer_add, P_STR(fresh_id(&f->op)), P_NULL, S("https://r.example"), S("{\"keys\":[]}")), 0);
	issuer = member(f, "id");
	assert_int_equal(AS(f, "AD", client_issuer_add, P_STR(fresh_id(&f->op)), P_NULL, S("https://r.example"), S("{\"keys\":[]}")), ERR_CONFLICT);
	assert_int_equal(AS(f, "AD", client_issuer_change, P_STR(issuer), P_NULL, P_I64(9), S("{\"keys\":[]}")), ERR_PRECONDITION_FAILED);
	assert_int_equal(AS(f, "AD", client_issuer_change, P_STR(issuer), P_NULL, P_I64(1), S("{\"keys\":[1]}")), 0);
	assert_int_equal(AS(f, "WA", client_issuer_remove, P_STR(issuer), P_NULL, P_I64(2)), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "AD", client_issuer_remove, P_STR(issuer), P_NULL, P_I64(2)), 0);
}

static void test_subordinates(void **state)
{
	struct fixture *f = *state;
	struct str id;

	assert_int_equal(AS(f, "AD", subordinate_add, P_STR(fresh_id(&f->op)), P_NULL, S("https://a.example"), S("{\"keys\":[]}"), P_NULL, P_BOOL(true)), 0);
	id = member(f, "id");
	assert_int_equal(AS(f, "AD", subordinate_change, P_STR(id), P_NULL, P_I64(1), S("https://b.example"), S("{\"keys\":[]}"), P_NULL, P_BOOL(true)), ERR_INVALID_VALUE);
	assert_int_equal(AS(f, "WA", subordinate_change, P_STR(id), P_NULL, P_I64(1), S("https://a.example"), S("{\"keys\":[]}"), P_NULL, P_BOOL(true)), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "AD", subordinate_change, P_STR(id), P_NULL, P_I64(1), S("https://a.example"), S("{\"keys\":[]}"), P_NULL, P_BOOL(false)), 0);
	assert_int_equal(AS(f, "AD", subordinate_remove, P_STR(id), P_NULL, P_I64(1)), ERR_PRECONDITION_FAILED);
	assert_int_equal(AS(f, "AD", subordinate_remove, P_STR(id), P_NULL, P_I64(2)), 0);
	assert_int_equal(AS(f, "AD", subordinate_remove, P_STR(id), P_NULL, P_I64(2)), ERR_NOT_FOUND);
}

/* What was delivered stays so; what is being sent is left to whoever sends it. */
static void test_messages(void **state)
{
	struct fixture *f = *state;
	struct str actor = account_of(&f->op, "AD");
	struct db_rows rows;

	side("INSERT INTO sen.outbox (account_id, kind, destination, outcome, done_at) SELECT a.id, 'logout', 'app', x.outcome, now() FROM sen.account a,"
	     " unnest(ARRAY['refused', 'delivered', 'dead']) x (outcome) WHERE a.login = 'annv';"
	     " INSERT INTO sen.outbox (account_id, kind, destination, lease_until) SELECT id, 'logout', 'app', now() + interval '1 hour' FROM sen.account WHERE login = 'annv'");
	assert_int_equal(db_run_params(&f->op, outbox_waiting, (const struct db_param[]){ P_STR(actor), P_NULL, P_NULL, P_NULL, P_I64(50) }, 5, &rows), 0);
	assert_int_equal(rows.n, 3);
	assert_int_equal(db_run_params(&f->op, outbox_of_account, (const struct db_param[]){ P_STR(actor), P_NULL, S("annv"), P_NULL, P_NULL, P_I64(50) }, 6, &rows), 0);
	assert_int_equal(rows.n, 4);
	assert_int_equal(AS(f, "AD", outbox_retry, P_NULL, P_NULL, S("app")), 0);
	assert_int_equal(json_get_int(f->body, "retried", 0), 2);
	assert_int_equal(AS(f, "AD", outbox_retry, P_NULL, P_NULL, S("nobody")), 0);
	assert_int_equal(json_get_int(f->body, "retried", -1), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.outbox WHERE outcome = 'delivered'"), 1);

	side("INSERT INTO sen.webhook_log (platform_id, sequence, account_id, gen, document) SELECT p.id, s, a.id, s, '{\"operation\":\"upsert\"}' FROM sen.platform p,"
	     " sen.account a, generate_series(1, 3) s WHERE p.code = 'P02' AND a.login = 'annv'");
	assert_int_equal(db_run_params(&f->op, webhook_replay, (const struct db_param[]){ P_STR(actor), S("P02"), P_I64(2), P_NULL, P_I64(50) }, 5, &rows), 0);
	assert_int_equal(rows.n, 2);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("superseded")));
	assert_true(str_contains(db_str(&rows, 1, 0), STR("upsert")));
	assert_int_equal(db_run_params(&f->op, webhook_replay, (const struct db_param[]){ P_STR(account_of(&f->op, "WA")), S("P02"), P_I64(0), P_NULL, P_I64(50) }, 5, &rows), 0);
	assert_int_equal(rows.n, 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_clients), TEST(test_belongings), TEST(test_only_over_everything), TEST(test_administrators_client), TEST(test_secrets),
		TEST(test_many_at_once), TEST(test_registrants), TEST(test_subordinates), TEST(test_messages),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
