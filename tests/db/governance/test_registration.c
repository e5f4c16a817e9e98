/* registration_store.h on PostgreSQL: connections of their own, as the nodes of an installation are to each other. */
#include "server/oidc/registration_store.h"
#include "tests/db/governance/govdb.h"
#include "tests/unit/at_once.h"

#define N_PARALLEL 50
#define HASH(letter) str_n("12345678901234567890123456789012" letter, 33)

static int create(_unused_ void **state)
{
	return gov_create("registration");
}

static int set_up(_unused_ void **state)
{
	side("DELETE FROM sen.oauth_client WHERE registered_with IS NOT NULL; DELETE FROM sen.initial_access_token;"
	     " INSERT INTO sen.initial_access_token (id, token_hash, label, policy, uses_left, created_by, expires_at) VALUES"
	     " ('00000000-0000-4000-8000-000000000001', convert_to('12345678901234567890123456789012t', 'UTF8'), 'test', '{}', 10, 'operator:test',"
	     "  now() + interval '1 day')");
	return 0;
}

struct attempt {
	int number;
	int64_t clients_max;
	int code;
};

static void *attempt_run(void *argument)
{
	struct attempt *a = argument;
	int64_t created_at_s;
	struct op op;

	gov_begin(&op, gov_server);
	const struct registration_row row = {
		.id = arena_printf(op.arena, "c%d", a->number),
		.metadata = STR("{\"client_name\":\"Một\",\"redirect_uris\":[\"https://x.example/cb\"]}"),
	};
	a->code = registration_row_add(&op, &row, HASH("t"), HASH("r"), a->clients_max, &created_at_s);
	gov_end(&op);
	return NULL;
}

/* How many of them succeed; the others are refused, not broken. */
static int attempts(int64_t clients_max)
{
	struct attempt all[N_PARALLEL];
	int n = 0;

	for (int i = 0; i < N_PARALLEL; i++)
		all[i] = (struct attempt){ .number = i, .clients_max = clients_max };
	AT_ONCE(attempt_run, all);
	for (int i = 0; i < N_PARALLEL; i++) {
		assert_true(all[i].code == 0 || all[i].code == ERR_INVALID_TOKEN);
		n += all[i].code == 0;
	}
	return n;
}

static void test_uses(_unused_ void **state)
{
	assert_int_equal(attempts(1000), 10);
	assert_int_equal(side_i64("SELECT uses_left FROM sen.initial_access_token"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.oauth_client WHERE registered_with IS NOT NULL"), 10);
	assert_int_equal(side_i64("SELECT n FROM sen.registered_clients"), 10);
}

static void test_limit(_unused_ void **state)
{
	side("UPDATE sen.initial_access_token SET uses_left = 1000");
	assert_int_equal(attempts(7), 7);
	assert_int_equal(side_i64("SELECT uses_left FROM sen.initial_access_token"), 993);
	side("DELETE FROM sen.oauth_client WHERE id IN (SELECT id FROM sen.oauth_client WHERE registered_with IS NOT NULL LIMIT 2)");
	assert_int_equal(side_i64("SELECT n FROM sen.registered_clients"), 5);
	/* A client that the operator takes over is not counted any more. */
	side("UPDATE sen.oauth_client SET registered_with = NULL, registration_hash = NULL"
	     " WHERE id = (SELECT id FROM sen.oauth_client WHERE registered_with IS NOT NULL LIMIT 1)");
	assert_int_equal(side_i64("SELECT n FROM sen.registered_clients"), 4);
	side("DELETE FROM sen.oauth_client WHERE id LIKE 'c%'");
}

static void test_dead_tokens(_unused_ void **state)
{
	side("UPDATE sen.initial_access_token SET expires_at = now()");
	assert_int_equal(attempts(1000), 0);
	side("UPDATE sen.initial_access_token SET expires_at = now() + interval '1 h', revoked_at = now()");
	assert_int_equal(attempts(1000), 0);
	assert_int_equal(side_i64("SELECT uses_left FROM sen.initial_access_token"), 10);
}

/* A row is replaced from the version that was read, or not at all. */
static void test_versions(_unused_ void **state)
{
	struct registration_row row = { .id = STR("c0"), .secret_hash = HASH("s"), .metadata = STR("{\"client_name\":\"Hai\"}") };
	struct registration_found found;
	struct op op;

	assert_int_equal(attempts(1), 1);
	side("UPDATE sen.oauth_client SET id = 'c0' WHERE registered_with IS NOT NULL");
	gov_begin(&op, gov_server);
	assert_int_equal(registration_row_find(&op, STR("c0"), HASH("x"), &found), ERR_INVALID_TOKEN);
	op_forgive(&op);
	assert_int_equal(registration_row_find(&op, STR("c0"), HASH("r"), &found), 0);
	assert_int_equal(registration_row_replace(&op, &row, HASH("r"), found.version, false), 0);
	assert_int_equal(registration_row_replace(&op, &row, HASH("r"), found.version, false), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(registration_row_find(&op, STR("c0"), HASH("r"), &found), 0);
	assert_true(str_equal(found.secret_hash, row.secret_hash));
	row.secret_hash = STR_NULL;
	assert_int_equal(registration_row_replace(&op, &row, HASH("r"), found.version, true), 0);
	assert_int_equal(registration_row_find(&op, STR("c0"), HASH("r"), &found), 0);
	assert_false(str_is_null(found.secret_hash));
	side("UPDATE sen.oauth_client SET enabled = false WHERE id = 'c0'");
	assert_int_equal(registration_row_remove(&op, STR("c0"), HASH("r")), ERR_INVALID_TOKEN);
	op_forgive(&op);
	side("UPDATE sen.oauth_client SET enabled = true WHERE id = 'c0'");
	assert_int_equal(registration_row_remove(&op, STR("c0"), HASH("r")), 0);
	assert_int_equal(side_i64("SELECT n FROM sen.registered_clients"), 0);
	gov_end(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_uses, set_up),
		cmocka_unit_test_setup(test_limit, set_up),
		cmocka_unit_test_setup(test_dead_tokens, set_up),
		cmocka_unit_test_setup(test_versions, set_up),
	};

	return cmocka_run_group_tests_name("db/registration", tests, create, gov_drop);
}
