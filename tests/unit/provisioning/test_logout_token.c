#include "common/base/json.h"
#include "common/model/subject.h"
#include "provisioning/logout_token.h"
#include "tests/unit/oidc/keys.h"

#define ISSUER STR("https://sso.example")
#define NOW 1795000000

static const struct outbox_item item = {
	.account_id = { "3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f", 36 },
	.session_id = { "6a0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f", 36 },
};

static json_t *claims_of(struct op *op, const struct destination *to, const struct outbox_item *what)
{
	struct str token, payload;

	op->now_s = NOW;
	assert_int_equal(logout_token_make(op, ISSUER, to, what, &token), 0);
	assert_true(jws_verify(op, token, "logout+jwt", keyring_find, (void *)(uintptr_t)op->keys, &payload));
	return json_read(payload, 4, NULL);
}

/* Back-Channel Logout 1.0 §2.4: each claim, and nothing that must not be there. */
static void test_claims(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	const struct destination to = { .client_id = STR("p02"), .alg = JWS_ES256 };
	_json_ json_t *claims = claims_of(op, &to, &item), *again = claims_of(op, &to, &item);
	const json_t *events = json_object_get(claims, "events");

	assert_str_equal(json_get_str(claims, "iss"), "https://sso.example");
	assert_str_equal(json_get_str(claims, "aud"), "p02");
	assert_true(str_equal(json_get_str(claims, "sub"), item.account_id));
	assert_true(str_equal(json_get_str(claims, "sid"), item.session_id));
	assert_int_equal(json_get_int(claims, "iat", 0), NOW);
	assert_int_equal(json_get_int(claims, "exp", 0), NOW + 120);
	assert_int_equal(json_get_str(claims, "jti").len, 22);
	assert_false(str_equal(json_get_str(claims, "jti"), json_get_str(again, "jti")));
	assert_int_equal(json_object_size(events), 1);
	assert_int_equal(json_object_size(json_object_get(events, "http://schemas.openid.net/event/backchannel-logout")), 0);
	assert_true(json_is_object(json_object_get(events, "http://schemas.openid.net/event/backchannel-logout")));
	assert_int_equal(json_object_size(claims), 8);
	op_keys_done(op);
}

static void test_pairwise(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	const struct destination to = { .client_id = STR("p02"), .sector = STR("p02.example") };
	_json_ json_t *claims = claims_of(op, &to, &item);

	assert_true(str_equal(json_get_str(claims, "sub"), subject_pairwise(op, STR("p02.example"), item.account_id)));
	op_keys_done(op);
}

static void test_no_session(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	const struct destination to = { .client_id = STR("p02") };
	const struct outbox_item whole_account = { .account_id = item.account_id };
	_json_ json_t *claims = claims_of(op, &to, &whole_account);

	assert_null(json_object_get(claims, "sid"));
	assert_non_null(json_object_get(claims, "sub"));
	op_keys_done(op);
}

static void test_a_key_that_is_missing(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	const struct destination to = { .client_id = STR("p02"), .alg = JWS_PS256 };
	struct str token = STR_NULL;

	assert_int_equal(logout_token_make(op, ISSUER, &to, &item, &token), ERR_UNAVAILABLE);
	assert_str_null(token);
	op_keys_done(op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_claims),
		UNIT_TEST(test_pairwise),
		UNIT_TEST(test_no_session),
		UNIT_TEST(test_a_key_that_is_missing),
	};

	return cmocka_run_group_tests_name("provisioning/logout_token", tests, NULL, NULL);
}
