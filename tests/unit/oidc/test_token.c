#include "server/oidc/access_token.h"
#include "server/oidc/metadata.h"
#include "tests/unit/oidc/keys.h"

#define ISSUER "https://sso.example"

static const struct client client = { .id = { "rp", 2 }, .platform_id = -1, .access_token_s = 300 };
static const struct authorization authorization = {
	.account_id = { "3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f", 36 },
	.family_on = { "2026-11-24", 10 },
	.family_id = { "00000000-0000-4000-8000-00000000ffff", 36 },
	.scope = { "openid roles", 12 },
	.auth_time_s = 900,
};

static struct str make(struct op *op)
{
	struct access_token_request rq = { .issuer = STR(ISSUER), .client = &client, .authorization = &authorization, .lifetime_s = 300 };
	struct str token;

	assert_int_equal(access_token_make(op, &rq, &token), 0);
	return token;
}

static void test_round_trip(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct access_claims c;

	op->now_s = 1000;
	assert_true(access_token_read(op, STR(ISSUER), make(op), &c));
	assert_true(str_equal(c.family.account_id, authorization.account_id));
	assert_true(str_equal(c.family.id, authorization.family_id));
	assert_str_equal(c.family.on, "2026-11-24");
	assert_str_equal(c.client_id, "rp");
	assert_str_equal(c.scope, "openid roles");
	assert_int_equal(c.exp_s, 1300);
	op_keys_done(op);
}

/* RFC 8725 §3.12: one kind of token never passes for another; nor one issuer's for another's. */
static void test_foreign(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A), *other = op_with_keys(*state, SECRET_A);
	struct str token = make(op), id_token;
	struct access_claims c;

	assert_false(access_token_read(op, STR("https://other.example"), token, &c));
	assert_false(access_token_read(other, STR(ISSUER), token, &c));
	assert_int_equal(jws_sign(op, keyring_signing(op->keys, JWS_ES256), "JWT",
	                          STR("{\"iss\":\"" ISSUER "\",\"aud\":\"" ISSUER "\",\"sub\":\"x\"}"), &id_token), 0);
	assert_false(access_token_read(op, STR(ISSUER), id_token, &c));
	assert_int_equal(jws_sign(op, keyring_signing(op->keys, JWS_ES256), "at+jwt",
	                          STR("{\"iss\":\"" ISSUER "\",\"aud\":\"" ISSUER "\",\"jti\":\"made up\"}"), &id_token), 0);
	assert_false(access_token_read(op, STR(ISSUER), id_token, &c));
	op_keys_done(op);
	op_keys_done(other);
}

static void test_expired_needs_no_database(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct access_claims c;
	struct str token;

	op->now_s = 1000;
	token = make(op);
	op->now_s = 1300;
	assert_int_equal(access_token_check(op, STR(ISSUER), token, &c), ERR_INVALID_TOKEN);
	op_keys_done(op);
}

/* Discovery says exactly what is offered: no implicit, no plain, no none. */
static void test_metadata(void **state)
{
	_json_ json_t *m = metadata_json(*state, &(struct oidc_settings){ .issuer = STR(ISSUER) });
	struct str text = json_write(*state, m, false);

	assert_str_equal(json_get_str(m, "issuer"), ISSUER);
	assert_str_equal(json_get_str(m, "token_endpoint"), ISSUER "/token");
	assert_true(json_get_bool(m, "authorization_response_iss_parameter_supported", false));
	assert_false(json_get_bool(m, "request_uri_parameter_supported", true));
	/* Never an access token from the authorization endpoint. */
	assert_int_equal(json_array_size(json_object_get(m, "response_types_supported")), 3);
	assert_false(str_contains(text, STR("\"plain\"")));
	assert_false(str_contains(text, STR("token\",\"token")));
	assert_false(str_contains(text, STR("\"token\"")));
	assert_false(str_contains(text, STR("\"none\",\"ES")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_round_trip), UNIT_TEST(test_foreign),
		                            UNIT_TEST(test_expired_needs_no_database), UNIT_TEST(test_metadata) };

	return cmocka_run_group_tests_name("oidc/token", tests, NULL, NULL);
}
