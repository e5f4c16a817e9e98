/* What a back-channel authentication request may be, and what of it goes through the outbox. */
#include "common/model/ciba_ping.h"
#include "server/oidc/ciba.h"
#include "tests/unit/oidc/keys.h"

static const struct client poller = {
	.id = { "kiosk", 5 },
	.platform_id = 2,
	.auth_method = CLIENT_AUTH_BASIC,
	.scope = { "openid profile", 14 },
	.grants = GRANT_CIBA,
	.ciba_mode = { "poll", 4 },
};

static void test_messages(_unused_ void **state)
{
	static const struct {
		const char *message;
		bool is_good;
	} rows[] = {
		{ "W4SCT", true },
		{ "Quầy số 3 – hồ sơ 12/2026 (Đặng Thị Phượng)", true },
		{ "0123456789012345678901234567890123456789012345678901234567890123", true },
		{ "01234567890123456789012345678901234567890123456789012345678901234", false },
		{ "ắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắắ", true },
		{ "", false },
		{ "a\nb", false },
		{ "a\tb", false },
		{ "a\x7f", false },
		{ "a\xe2\x80\xae" "b", false },         /* U+202E turns the text around */
		{ "a\xe2\x80\x8b" "b", false },         /* U+200B is not seen */
		{ "a\xe2\x80\xa8" "b", false },         /* U+2028 breaks the line */
		{ "a\xee\x80\x80", false },             /* private use */
		{ "a\xcd\xb8", false },                 /* not assigned */
		{ "a\xff", false },
		{ "a\xc3", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%zu\n", i);
		assert_int_equal(ciba_message_is_good(str_c(rows[i].message)), rows[i].is_good);
	}
}

static struct ciba_request good(void)
{
	return (struct ciba_request){ .scope = STR("openid profile"), .login_hint = STR("annv"), .client_notification_token = STR("8d67dc78-7faa") };
}

static int check(void **state, const struct client *client, const struct ciba_request *rq)
{
	struct op *op = ARENA_NEW(*state, struct op);

	op_init(op, *state, NULL, NULL);
	return ciba_check(op, client, rq);
}

static void test_requests(void **state)
{
	static const struct {
		size_t at;
		const char *value;
		int error;
	} rows[] = {
#define AT(name) offsetof(struct ciba_request, name)
		{ AT(scope), "openid", 0 },
		{ AT(scope), "openid unknown", 0 },
		{ AT(scope), NULL, ERR_INVALID_REQUEST },
		{ AT(scope), "profile", ERR_INVALID_SCOPE },
		{ AT(login_hint), NULL, ERR_INVALID_REQUEST },
		{ AT(id_token_hint), "x", ERR_INVALID_REQUEST },    /* two hints */
		{ AT(login_hint_token), "x", ERR_INVALID_REQUEST },
		{ AT(binding_message), "W4SCT", 0 },
		{ AT(binding_message), "a\nb", ERR_INVALID_BINDING_MESSAGE },
		{ AT(requested_expiry), "1", 0 },
		{ AT(requested_expiry), "100000000000", 0 },        /* shortened */
		{ AT(requested_expiry), "0", ERR_INVALID_REQUEST },
		{ AT(requested_expiry), "-1", ERR_INVALID_REQUEST },
		{ AT(requested_expiry), "1.5", ERR_INVALID_REQUEST },
		{ AT(requested_expiry), "99999999999999999999", ERR_INVALID_REQUEST },
		{ AT(resource), "https://api.example/", ERR_INVALID_TARGET },
		{ AT(authorization_details), "[{\"type\":\"x\"}]", ERR_INVALID_AUTHORIZATION_DETAILS },
		{ AT(client_notification_token), "no spaces", 0 },  /* not looked at: the client polls */
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct ciba_request rq = good();

		*(struct str *)(void *)((char *)&rq + rows[i].at) = str_c(rows[i].value);
		print_message("row %zu\n", i);
		assert_int_equal(check(state, &poller, &rq), rows[i].error);
	}
}

static int resolve(void **state, const struct client *client, struct ciba_request *rq)
{
	const struct oidc_settings settings = { .issuer = STR("https://sso.example") };
	struct op op;

	op_init(&op, *state, NULL, NULL);
	return ciba_resolve(&op, &settings, client, rq);
}

static void test_policy(void **state)
{
	struct ciba_request rq = good();
	struct client c = poller;

	c.grants = GRANT_CODE;
	assert_int_equal(check(state, &c, &rq), ERR_UNAUTHORIZED_CLIENT);
	c = poller;
	c.ciba_request_alg = JWS_PS256;
	assert_int_equal(resolve(state, &c, &rq), ERR_INVALID_REQUEST);
	c = poller;
	assert_int_equal(resolve(state, &c, &rq), 0);
	/* A signed request stands alone, and is not taken without a good signature. */
	rq.request = STR("eyJhbGciOiJub25lIn0.e30.");
	assert_int_equal(resolve(state, &c, &rq), ERR_INVALID_REQUEST);
	rq = (struct ciba_request){ .request = STR("eyJhbGciOiJub25lIn0.e30.") };
	assert_int_equal(resolve(state, &c, &rq), ERR_INVALID_REQUEST);
	rq = good();
	c = poller;
	c.ciba_mode = STR("ping");
	assert_int_equal(check(state, &c, &rq), 0);
	rq.client_notification_token = STR_NULL;
	assert_int_equal(check(state, &c, &rq), ERR_INVALID_REQUEST);
	rq.client_notification_token = STR("a b");
	assert_int_equal(check(state, &c, &rq), ERR_INVALID_REQUEST);
	rq.client_notification_token = STR("==");
	assert_int_equal(check(state, &c, &rq), ERR_INVALID_REQUEST);
	rq.client_notification_token = STR("AZaz09-._~+/==");
	assert_int_equal(check(state, &c, &rq), 0);
	rq.client_notification_token = STR("a=b");
	assert_int_equal(check(state, &c, &rq), ERR_INVALID_REQUEST);
}

static void test_ping_is_sealed_for_its_client(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A), *other = op_with_keys(*state, SECRET_B);
	const struct ciba_ping ping = { STR("snb_abc"), STR("token-of-client") };
	struct str sealed = ciba_ping_seal(op, STR("kiosk"), &ping);
	struct ciba_ping read;

	assert_false(str_contains(sealed, STR("token-of-client")));
	assert_true(ciba_ping_open(op, STR("kiosk"), sealed, &read));
	assert_str_equal(read.auth_req_id, "snb_abc");
	assert_str_equal(read.token, "token-of-client");
	assert_false(ciba_ping_open(op, STR("kiosk2"), sealed, &read));
	assert_false(ciba_ping_open(other, STR("kiosk"), sealed, &read));
	assert_false(ciba_ping_open(op, STR("kiosk"), STR_NULL, &read));
	op_keys_done(op);
	op_keys_done(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_messages), UNIT_TEST(test_requests), UNIT_TEST(test_policy),
		                            UNIT_TEST(test_ping_is_sealed_for_its_client) };

	return cmocka_run_group_tests_name("oidc/ciba", tests, NULL, NULL);
}
