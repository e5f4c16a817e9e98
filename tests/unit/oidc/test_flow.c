#include "server/login/flow.h"
#include "server/session/csrf.h"
#include "tests/unit/oidc/keys.h"

static struct flow sample(void)
{
	return (struct flow){
		.has_request = true,
		.begun_s = 1000,
		.request = { .client_id = STR("p02"), .redirect_uri = STR("https://rp/cb?a=b&c=d"), .state = STR("x y&z=%"),
		             .scope = STR("openid roles"), .ui_locales = STR("vi") },
	};
}

static void test_round_trip(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct flow flow = sample(), back;

	assert_true(flow_open(op, STR("cookie"), flow_seal(op, STR("cookie"), &flow), &back));
	assert_true(back.has_request);
	assert_int_equal(back.begun_s, 1000);
	assert_str_equal(back.request.redirect_uri, "https://rp/cb?a=b&c=d");
	assert_str_equal(back.request.state, "x y&z=%");
	assert_str_null(back.request.nonce);
	flow = (struct flow){ .begun_s = 5 };
	assert_true(flow_open(op, STR("cookie"), flow_seal(op, STR("cookie"), &flow), &back));
	assert_false(back.has_request);
	assert_str_null(back.return_to);
	flow.return_to = STR("/device?user_code=BCDF-GHJK");
	assert_true(flow_open(op, STR("cookie"), flow_seal(op, STR("cookie"), &flow), &back));
	assert_false(back.has_request);
	assert_str_equal(back.return_to, "/device?user_code=BCDF-GHJK");
	op_keys_done(op);
}

/* CVE-2026-7507 of Keycloak: a handle without the browser it was made for. */
static void test_bound_to_browser_and_key(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A), *other = op_with_keys(*state, SECRET_B);
	struct flow flow = sample(), back;
	struct str sealed = flow_seal(op, STR("cookie"), &flow);

	assert_false(flow_open(op, STR("another"), sealed, &back));
	assert_false(flow_open(op, STR(""), sealed, &back));
	assert_false(flow_open(op, STR_NULL, sealed, &back));
	assert_false(flow_open(other, STR("cookie"), sealed, &back));
	assert_false(flow_open(op, STR("cookie"), STR("AAAA"), &back));
	assert_false(flow_open(op, STR("cookie"), STR_NULL, &back));
	for (size_t i = 0; i < sealed.len; i += 7) {
		struct str changed = arena_dup(*state, sealed);

		((char *)(uintptr_t)changed.p)[i] ^= 1;
		assert_false(flow_open(op, STR("cookie"), changed, &back));
	}
	op_keys_done(op);
	op_keys_done(other);
}

static void test_stale(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct flow flow = sample();

	op->now_s = flow.begun_s + FLOW_MAX_S;
	assert_false(flow_is_stale(op, &flow));
	op->now_s++;
	assert_true(flow_is_stale(op, &flow));
	op_keys_done(op);
}

static void test_csrf(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct str token = csrf_token(op, "logout", STR("session"));

	assert_int_equal(csrf_check(op, "logout", STR("session"), token), 0);
	assert_int_equal(csrf_check(op, "logout", STR("other"), token), ERR_CSRF);
	op_forgive(op);
	assert_int_equal(csrf_check(op, "password", STR("session"), token), ERR_CSRF);
	op_forgive(op);
	assert_int_equal(csrf_check(op, "logout", STR_NULL, csrf_token(op, "logout", STR_NULL)), ERR_CSRF);
	op_forgive(op);
	assert_int_equal(csrf_check(op, "logout", STR("session"), STR_NULL), ERR_CSRF);
	op_keys_done(op);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_round_trip), UNIT_TEST(test_bound_to_browser_and_key),
		                            UNIT_TEST(test_stale), UNIT_TEST(test_csrf) };

	return cmocka_run_group_tests_name("login/flow", tests, NULL, NULL);
}
