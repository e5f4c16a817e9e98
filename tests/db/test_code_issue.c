/*
 * Codes are issued to whoever has a role on the client's platform at that moment, each by his own, also where they are asked
 * for together (one statement); what was pushed is used up by a code, or not at all.
 */
#include "common/crypto/keyring.h"
#include "server/oidc/code.h"
#include "server/oidc/pushed_request.h"
#include "tests/db/migrated.h"

#define N_TOGETHER 6
#define PLATFORM 2

DB_QUERY(test_code_gate, DB_WRITE, "SELECT sen.gate()");
DB_QUERY(test_code_account, DB_READ, "SELECT id FROM sen.account WHERE login = $1::text");

static const char facts_sql[] =
	FACT_UNIT FACT_P02 DBTEST_GATE
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (2, 'MC', 'Một cửa', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM unnest(ARRAY['ADM', 'A0', 'A1']) c;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person;"
	"INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT a.id, gen_random_uuid(), r.id, 1, 'QĐ', now(), b.id FROM sen.account a, sen.account b, sen.role r WHERE a.login = 'a1' AND b.login = 'adm'";

static struct db *lanes;
static struct keyring *keys;

static int setup(_unused_ void **state)
{
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024);
	struct op op;

	migrated_create("code_issue");
	side(facts_sql);
	op_init(&op, a, NULL, NULL);
	assert_int_equal(keyring_new(&op, STR("0123456789abcdef0123456789abcdef"), &keys), 0);
	lanes = dbtest_open((struct db_config){ .pool_size = 1, .with_lanes = true, .statement_timeout_ms = 60000, .lock_timeout_ms = 60000 });
	return 0;
}

static int drop(_unused_ void **state)
{
	db_close(lanes);
	keys = keyring_free(keys);
	return dbtest_drop();
}

struct asking {
	const char *login;
	const struct authorize_request *request;
	int64_t platform_id;
	int code;      /* of code_issue() */
	bool has_code;
	pthread_t thread;
};

static void *ask(void *arg)
{
	static const struct oidc_settings settings = { .code_s = 60 };
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)64 * 1024);
	struct asking *q = arg;
	struct session session = { .on = STR("2026-01-05"), .id = STR("00000000-0000-4000-8000-000000000001"), .level = 1, .amr = STR("pwd") };
	struct str code = STR_NULL;
	struct db_rows rows;
	struct op op;

	op_init(&op, a, lanes, NULL);
	op.keys = keys;
	assert_int_equal(db_run(&op, &test_code_account, &rows, P_C(q->login)), 0);
	session.account_id = db_str(&rows, 0, 0);
	q->code = code_issue(&op, &settings, &(struct code_wish){ q->request, q->platform_id, STR("openid"), &session }, &code);
	q->has_code = q->code == 0 && !str_is_null(code);
	db_op_done(&op);
	return NULL;
}

static const struct authorize_request plain = { .client_id = STR("p02"), .redirect_uri = STR("https://rp.example/") };

static struct asking asked(const char *login, int64_t platform_id)
{
	struct asking q = { .login = login, .request = &plain, .platform_id = platform_id };

	ask(&q);
	assert_int_equal(q.code, 0);
	return q;
}

static void each_gets_his_own_also_together(_unused_ void **state)
{
	struct task before = { .db = lanes, .query = &test_code_gate };
	struct asking all[N_TOGETHER];
	struct db_stats was, is;

	side("DELETE FROM sen.auth_code");
	gate_close();
	task_start(&before);
	gate_await(1);
	db_stats_get(lanes, &was);
	for (size_t i = 0; i < N_TOGETHER; i++) {
		all[i] = (struct asking){ .login = i % 3 ? "a1" : "a0", .request = &plain, .platform_id = PLATFORM };
		assert_int_equal(pthread_create(&all[i].thread, NULL, ask, &all[i]), 0);
		queue_await(lanes, i + 1);
	}
	gate_open();
	task_join(&before);
	for (size_t i = 0; i < N_TOGETHER; i++) {
		pthread_join(all[i].thread, NULL);
		assert_int_equal(all[i].code, 0);
		assert_int_equal(all[i].has_code, i % 3 != 0);
	}
	db_stats_get(lanes, &is);
	/* The look-ups of the accounts, and fewer statements than codes: one, unless a thread came late to it. */
	assert_in_range(is.sent - was.sent, N_TOGETHER + 1 + 1, N_TOGETHER + 1 + 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.auth_code c JOIN sen.account a ON a.id = c.account_id AND a.login = 'a1'"), 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.auth_code"), 4);
}

static void a_role_counts_at_the_moment(_unused_ void **state)
{
	/* Whether the card is fresh or not. */
	for (int fresh = 0; fresh < 2; fresh++) {
		if (fresh)
			side("SELECT sen.cards_renew(id) FROM sen.account");
		assert_true(asked("a1", PLATFORM).has_code);
		assert_false(asked("a0", PLATFORM).has_code);
		assert_true(asked("a0", -1).has_code);
	}
	side("UPDATE sen.access_grant SET revoked_at = now(), revoked_by = granted_by");
	assert_false(asked("a1", PLATFORM).has_code);
	side("UPDATE sen.access_grant SET revoked_at = NULL, revoked_by = NULL");
	assert_true(asked("a1", PLATFORM).has_code);
}

static void what_was_pushed_is_used_up_by_a_code_only(void **state)
{
	static const struct oidc_settings settings = { .push_s = 60, .push_pending_max = 10 };
	struct authorize_request request = plain;
	struct asking q = { .login = "a0", .request = &request, .platform_id = PLATFORM };
	struct op op;

	op_init(&op, *state, lanes, keys);
	assert_int_equal(pushed_request_add(&op, &settings, &plain, &(struct authorize_origin){ 0 }, &request.request_uri), 0);
	ask(&q);
	assert_int_equal(q.code, 0);
	assert_false(q.has_code);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.pushed_request WHERE used_at IS NULL"), 1);
	q.login = "a1";
	ask(&q);
	assert_int_equal(q.code, 0);
	assert_true(q.has_code);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.pushed_request WHERE used_at IS NULL"), 0);
	ask(&q);
	assert_int_equal(q.code, ERR_INVALID_REQUEST_URI);
	assert_false(q.has_code);
	db_op_done(&op);
}

static int push(struct op *op, const char *client_id)
{
	static const struct oidc_settings settings = { .push_s = 60, .push_pending_max = 3 };
	struct authorize_request request = plain;
	struct str request_uri;

	op_forgive(op);
	request.client_id = str_c(client_id);
	return pushed_request_add(op, &settings, &request, &(struct authorize_origin){ 0 }, &request_uri);
}

/* Of one client, and five times as many of all; what ran out makes room, and what nobody can use any more leaves. */
static void only_so_many_wait(void **state)
{
	static const char *const clients[] = { "one", "two", "three", "four", "five" };
	struct op op;

	op_init(&op, *state, lanes, keys);
	side("DELETE FROM sen.pushed_request");
	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		for (int n = 0; n < 3; n++)
			assert_int_equal(push(&op, clients[i]), 0);
		assert_int_equal(push(&op, clients[i]), ERR_TOO_MANY_REQUESTS);
	}
	assert_int_equal(push(&op, "six"), ERR_OVERLOADED);
	side("UPDATE sen.pushed_request SET used_at = now() WHERE client_id = 'one'");
	assert_int_equal(push(&op, "six"), 0);
	assert_int_equal(push(&op, "two"), ERR_TOO_MANY_REQUESTS);
	side("UPDATE sen.pushed_request SET expires_at = now() WHERE client_id = 'two'");
	assert_int_equal(push(&op, "two"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.pushed_request"), 17);
	/* A sign-in that began with it may be under way. */
	assert_int_equal(pushed_request_sweep(&op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.pushed_request"), 17);
	side("UPDATE sen.pushed_request SET expires_at = now() - interval '16 minutes' WHERE client_id IN ('one', 'three')");
	assert_int_equal(pushed_request_sweep(&op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.pushed_request WHERE client_id = 'three'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.pushed_request WHERE client_id = 'one'"), 3);
	db_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(each_gets_his_own_also_together), UNIT_TEST(a_role_counts_at_the_moment),
		                             UNIT_TEST(what_was_pushed_is_used_up_by_a_code_only), UNIT_TEST(only_so_many_wait) };

	return cmocka_run_group_tests_name("oidc/code_issue", tests, setup, drop);
}
