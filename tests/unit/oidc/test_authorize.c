#include "server/oidc/authorize.h"
#include "server/oidc/response_mode.h"
#include "tests/unit/oidc/keys.h"

#define CHALLENGE "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM" /* RFC 7636 appendix B */

static const struct str uris[] = { { "https://rp.example/cb", 21 } };
static const struct str resources[] = { { "https://api.example/", 20 } };
static const struct str details_types[] = { { "known", 5 } };
static const struct client client = {
	.resources = { resources, 1 },
	.details_types = { details_types, 1 },
	.id = { "rp", 2 },
	.platform_id = 2,
	.auth_method = CLIENT_AUTH_BASIC,
	.redirect_uris = { uris, 1 },
	.scope = { "openid profile roles", 20 },
	.grants = GRANT_CODE,
	.responses = RESPONSE_CODE,
	.default_max_age_s = -1,
	.pkce_required = true,
};

static struct authorize_request good(void)
{
	return (struct authorize_request){
		.client_id = STR("rp"),
		.redirect_uri = STR("https://rp.example/cb"),
		.response_type = STR("code"),
		.scope = STR("openid roles"),
		.code_challenge = STR(CHALLENGE),
		.code_challenge_method = STR("S256"),
	};
}

static struct op *new_op(void **state)
{
	struct op *op = ARENA_NEW(*state, struct op);

	op_init(op, *state, NULL, NULL);
	op->now_s = 10000;
	return op;
}

static const struct session signed_in = { .account_id = { "a1", 2 }, .auth_time_s = 9000, .level = 1 };

static void test_target(void **state)
{
	struct authorize_request rq = good();

	assert_int_equal(authorize_check_target(new_op(state), &rq, &client), 0);
	assert_int_equal(authorize_check_target(new_op(state), &rq, NULL), ERR_UNTRUSTED_REDIRECT);
	rq.redirect_uri = STR("https://rp.example/cb/");
	assert_int_equal(authorize_check_target(new_op(state), &rq, &client), ERR_UNTRUSTED_REDIRECT);
	rq.redirect_uri = STR_NULL;
	assert_int_equal(authorize_check_target(new_op(state), &rq, &client), ERR_UNTRUSTED_REDIRECT);
}

/* One changed parameter each: what becomes of a good request of a signed-in user. */
static const struct {
	const char *field, *value; /* NULL value: absent */
	enum authorize_step step;
	int error;
} requests[] = {
	{ "state", "x", AUTHORIZE_ISSUE, 0 },
	{ "response_type", NULL, AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "response_type", "token", AUTHORIZE_ERROR, ERR_UNSUPPORTED_RESPONSE_TYPE },
	{ "response_type", "code id_token", AUTHORIZE_ERROR, ERR_UNSUPPORTED_RESPONSE_TYPE },
	{ "response_type", "none", AUTHORIZE_ERROR, ERR_UNSUPPORTED_RESPONSE_TYPE },
	{ "response_mode", "query", AUTHORIZE_ISSUE, 0 },
	{ "response_mode", "fragment", AUTHORIZE_ISSUE, 0 },
	{ "response_mode", "form_post", AUTHORIZE_ISSUE, 0 },
	{ "response_mode", "jwt", AUTHORIZE_ISSUE, 0 },
	{ "response_mode", "query.jwt", AUTHORIZE_ISSUE, 0 },
	{ "response_mode", "web_message", AUTHORIZE_ERROR, ERR_UNSUPPORTED_RESPONSE_MODE },
	{ "scope", NULL, AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "roles", AUTHORIZE_ISSUE, 0 }, /* a request of OAuth */
	{ "scope", "unknown", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "openid unknown", AUTHORIZE_ISSUE, 0 },
	{ "scope", "xopenid", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "openid  profile", AUTHORIZE_ISSUE, 0 },
	{ "scope", "openid \"profile\"", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "openid pro\\file", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "openid\tprofile openid", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	{ "scope", "openid hồ-sơ", AUTHORIZE_ERROR, ERR_INVALID_SCOPE },
	/* CVE-2024-23647 of authentik: a dropped challenge is no way around PKCE. */
	{ "code_challenge", NULL, AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "code_challenge", "short", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-c=", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	/* CVE-2026-67336 of better-auth: plain by default. */
	{ "code_challenge_method", NULL, AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "code_challenge_method", "plain", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "prompt", "none", AUTHORIZE_ISSUE, 0 },
	{ "prompt", "login", AUTHORIZE_LOGIN, 0 },
	{ "prompt", "select_account", AUTHORIZE_LOGIN, 0 },
	{ "prompt", "consent", AUTHORIZE_ISSUE, 0 },
	{ "prompt", "none login", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "prompt", "bogus", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "max_age", "1000", AUTHORIZE_ISSUE, 0 },
	{ "max_age", "999", AUTHORIZE_LOGIN, 0 },
	{ "max_age", "0", AUTHORIZE_LOGIN, 0 },
	{ "max_age", "-1", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "max_age", "1e3", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "claims", "{\"id_token\":{\"name\":null}}", AUTHORIZE_ISSUE, 0 },
	{ "claims", "{\"id_token\":{\"name\":7}}", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "claims", "{", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "claims", "{\"id_token\":{\"sub\":{\"value\":\"a1\"}}}", AUTHORIZE_ISSUE, 0 },
	{ "claims", "{\"id_token\":{\"sub\":{\"value\":\"a2\"}}}", AUTHORIZE_LOGIN, 0 },
	{ "claims", "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"LoA3\",\"LoA1\"]}}}", AUTHORIZE_ISSUE, 0 },
	{ "claims", "{\"id_token\":{\"acr\":{\"essential\":true,\"values\":[\"LoA3\"]}}}", AUTHORIZE_ERROR, ERR_UNMET_AUTHENTICATION },
	{ "claims", "{\"id_token\":{\"acr\":{\"values\":[\"LoA3\"]}}}", AUTHORIZE_ISSUE, 0 },
	{ "acr_values", "LoA3", AUTHORIZE_ISSUE, 0 }, /* a wish */
	{ "resource", "https://api.example/", AUTHORIZE_ISSUE, 0 },
	{ "resource", "https://api.example/ https://other.example/", AUTHORIZE_ERROR, ERR_INVALID_TARGET },
	{ "resource", "https://api.example/#x", AUTHORIZE_ERROR, ERR_INVALID_TARGET },
	{ "resource", "/relative", AUTHORIZE_ERROR, ERR_INVALID_TARGET },
	{ "authorization_details", "[{\"type\":\"known\",\"actions\":[\"read\"]}]", AUTHORIZE_CONSENT, 0 },
	{ "authorization_details", "[{\"type\":\"other\"}]", AUTHORIZE_ERROR, ERR_INVALID_AUTHORIZATION_DETAILS },
	{ "authorization_details", "[{\"type\":\"known\",\"actions\":\"read\"}]", AUTHORIZE_ERROR, ERR_INVALID_AUTHORIZATION_DETAILS },
	{ "authorization_details", "[]", AUTHORIZE_ERROR, ERR_INVALID_AUTHORIZATION_DETAILS },
	{ "authorization_details", "{}", AUTHORIZE_ERROR, ERR_INVALID_AUTHORIZATION_DETAILS },
	{ "dpop_jkt", "short", AUTHORIZE_ERROR, ERR_INVALID_REQUEST },
	{ "dpop_jkt", CHALLENGE, AUTHORIZE_ISSUE, 0 },
	{ "registration", "{}", AUTHORIZE_ERROR, ERR_REGISTRATION_NOT_SUPPORTED },
	{ "ui_locales", "tlh", AUTHORIZE_ISSUE, 0 },
};

static void test_request_table(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct authorize_request rq = good();
		struct authorize_user user = { .session = &signed_in };
		struct op *op = new_op(state);
		struct authorize_decision d;
		bool found = false;

		for (size_t f = 0; f < n_authorize_fields; f++)
			if (str_equal(str_c(authorize_fields[f].name), str_c(requests[i].field))) {
				*authorize_field_of(&rq, f) = str_c(requests[i].value);
				found = true;
			}
		assert_true(found);
		d = authorize_decide(op, &rq, &client, &user);
		if (d.step != requests[i].step || op->error.code != requests[i].error)
			fail_msg("row %zu (%s=%s): step %d error %s", i, requests[i].field, requests[i].value, d.step, err_name(op->error.code));
	}
}

static void test_not_signed_in(void **state)
{
	struct authorize_request rq = good();
	struct authorize_user nobody = { 0 };
	struct op *op = new_op(state);

	assert_int_equal(authorize_decide(op, &rq, &client, &nobody).step, AUTHORIZE_LOGIN);
	rq.prompt = STR("none");
	assert_int_equal(authorize_decide(op, &rq, &client, &nobody).step, AUTHORIZE_ERROR);
	assert_int_equal(op->error.code, ERR_LOGIN_REQUIRED);
}

/* prompt=login and max_age=0 are met by the sign-in that they caused, not asked for again and again. */
static void test_fresh(void **state)
{
	struct authorize_request rq = good();
	struct authorize_user user = { .session = &signed_in, .fresh = true };

	rq.prompt = STR("login");
	rq.max_age = STR("0");
	assert_int_equal(authorize_decide(new_op(state), &rq, &client, &user).step, AUTHORIZE_ISSUE);
}

static void test_hint(void **state)
{
	struct authorize_request rq = good();
	struct authorize_user user = { .session = &signed_in, .hint_sub = STR("a1") };
	struct op *op;

	assert_int_equal(authorize_decide(new_op(state), &rq, &client, &user).step, AUTHORIZE_ISSUE);
	user.hint_sub = STR("somebody else");
	assert_int_equal(authorize_decide(new_op(state), &rq, &client, &user).step, AUTHORIZE_LOGIN);
	user.fresh = true;
	op = new_op(state);
	assert_int_equal(authorize_decide(op, &rq, &client, &user).step, AUTHORIZE_ERROR);
	assert_int_equal(op->error.code, ERR_LOGIN_REQUIRED);
	user = (struct authorize_user){ .session = &signed_in, .hint_bad = true };
	assert_int_equal(authorize_decide(new_op(state), &rq, &client, &user).step, AUTHORIZE_ERROR);
}

static void test_scope_is_narrowed(void **state)
{
	struct authorize_request rq = good();
	struct authorize_user user = { .session = &signed_in };

	rq.scope = STR("roles admin openid roles  profile");
	assert_str_equal(authorize_decide(new_op(state), &rq, &client, &user).scope, "roles openid profile");
}

/* Whoever sends what only OpenID Connect knows is told that openid is missing, and does not get less than an ID token instead. */
static void test_without_openid(void **state)
{
	struct authorize_user user = { .session = &signed_in };
	struct authorize_request rq = good(), odd;
	struct client old = client;

	rq.scope = STR("roles unknown");
	assert_str_equal(authorize_decide(new_op(state), &rq, &client, &user).scope, "roles");
	odd = rq;
	odd.nonce = STR("n");
	assert_int_equal(authorize_check(new_op(state), &odd, &client), ERR_INVALID_SCOPE);
	odd = rq;
	odd.claims = STR("{\"id_token\":{\"acr\":null}}");
	assert_int_equal(authorize_check(new_op(state), &odd, &client), ERR_INVALID_SCOPE);
	old.responses = RESPONSE_CODE_ID_TOKEN;
	odd = rq;
	odd.nonce = STR("n");
	odd.response_type = STR("code id_token");
	odd.response_mode = STR("form_post");
	assert_int_equal(authorize_check(new_op(state), &odd, &old), ERR_INVALID_SCOPE);
}

/* Response types beside code are exceptions of single clients, and leave by form or fragment only. */
static void test_front_channel_types(void **state)
{
	static const struct {
		const char *type, *mode, *nonce;
		int error;
	} rows[] = {
		{ "id_token", "form_post", "n", 0 },
		{ "id_token", NULL, "n", ERR_UNSUPPORTED_RESPONSE_MODE }, /* the fragment is its default */
		{ "id_token", "jwt", "n", ERR_UNSUPPORTED_RESPONSE_MODE },
		{ "id_token", "fragment", "n", ERR_UNSUPPORTED_RESPONSE_MODE },
		{ "id_token", "query", "n", ERR_UNSUPPORTED_RESPONSE_MODE },
		{ "id_token", "form_post.jwt", "n", 0 },
		{ "id_token", "form_post", NULL, ERR_INVALID_REQUEST },
		{ "code id_token", NULL, "n", 0 },
		{ "id_token code", "fragment", "n", 0 },
		{ "code id_token", "query", "n", ERR_UNSUPPORTED_RESPONSE_MODE },
		{ "code id_token", "query.jwt", "n", ERR_UNSUPPORTED_RESPONSE_MODE },
		{ "code id_token", NULL, NULL, ERR_INVALID_REQUEST },
		{ "token", NULL, "n", ERR_UNSUPPORTED_RESPONSE_TYPE },
		{ "id_token token", NULL, "n", ERR_UNSUPPORTED_RESPONSE_TYPE },
	};
	struct client old = client;

	old.responses = RESPONSE_ID_TOKEN | RESPONSE_CODE_ID_TOKEN;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct authorize_request rq = good();
		struct op *op = new_op(state);

		rq.response_type = str_c(rows[i].type);
		rq.response_mode = str_c(rows[i].mode);
		rq.nonce = str_c(rows[i].nonce);
		print_message("%s %s\n", rows[i].type, rows[i].mode ? rows[i].mode : "-");
		assert_int_equal(authorize_check(op, &rq, &old), rows[i].error);
	}
}

/* RFC 6749 §4.2.2.1: also an error is where the client looks for the answer to what it asked. */
static void test_default_mode(void **state)
{
	static const struct {
		const char *type;
		enum response_carrier carrier;
	} rows[] = {
		{ "code", CARRY_QUERY }, { "token", CARRY_FRAGMENT }, { "id_token token", CARRY_FRAGMENT },
		{ "id_token", CARRY_FRAGMENT }, { "ticket", CARRY_QUERY }, { NULL, CARRY_QUERY },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct authorize_request rq = good();
		struct response_mode mode;

		rq.response_type = str_c(rows[i].type);
		assert_true(response_mode_read(&rq, &client, &mode));
		assert_int_equal(mode.carrier, rows[i].carrier);
	}
}

/* Only clients from outside ask; what was agreed to is not asked for again, more is. */
static void test_consent(void **state)
{
	struct client outside = client;
	struct authorize_request rq = good();
	struct authorize_user user = { .session = &signed_in };
	struct op *op;

	outside.must_consent = true;
	assert_int_equal(authorize_decide(new_op(state), &rq, &client, &user).step, AUTHORIZE_ISSUE);
	assert_int_equal(authorize_decide(new_op(state), &rq, &outside, &user).step, AUTHORIZE_CONSENT);
	user.consented_scope = STR("openid roles");
	assert_int_equal(authorize_decide(new_op(state), &rq, &outside, &user).step, AUTHORIZE_ISSUE);
	user.consented_scope = STR("openid");
	assert_int_equal(authorize_decide(new_op(state), &rq, &outside, &user).step, AUTHORIZE_CONSENT);
	user.consented = true;
	assert_int_equal(authorize_decide(new_op(state), &rq, &outside, &user).step, AUTHORIZE_ISSUE);
	user = (struct authorize_user){ .session = &signed_in };
	rq.prompt = STR("none");
	op = new_op(state);
	assert_int_equal(authorize_decide(op, &rq, &outside, &user).step, AUTHORIZE_ERROR);
	assert_int_equal(op->error.code, ERR_CONSENT_REQUIRED);
	rq.prompt = STR("consent");
	user.consented_scope = STR("openid roles");
	assert_int_equal(authorize_decide(new_op(state), &rq, &outside, &user).step, AUTHORIZE_CONSENT);
}

/* What a client's policy demands of the way a request comes. */
static void test_origin(void **state)
{
	struct client strict = client;
	struct authorize_origin plain = { 0 }, pushed = { .is_pushed = true }, both = { true, true };

	assert_int_equal(authorize_check_origin(new_op(state), &client, &plain), 0);
	strict.must_push = true;
	assert_int_equal(authorize_check_origin(new_op(state), &strict, &plain), ERR_INVALID_REQUEST);
	assert_int_equal(authorize_check_origin(new_op(state), &strict, &pushed), 0);
	strict.must_sign_request = true;
	assert_int_equal(authorize_check_origin(new_op(state), &strict, &pushed), ERR_INVALID_REQUEST);
	assert_int_equal(authorize_check_origin(new_op(state), &strict, &both), 0);
}

/* The client's own default, where the request says nothing (OIDC Registration §2). */
static void test_default_max_age(void **state)
{
	struct client c = client;
	struct authorize_request rq = good();
	struct authorize_user user = { .session = &signed_in };

	c.default_max_age_s = 999;
	assert_int_equal(authorize_decide(new_op(state), &rq, &c, &user).step, AUTHORIZE_LOGIN);
	rq.max_age = STR("1000");
	assert_int_equal(authorize_decide(new_op(state), &rq, &c, &user).step, AUTHORIZE_ISSUE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_front_channel_types), UNIT_TEST(test_default_mode), UNIT_TEST(test_consent), UNIT_TEST(test_origin), UNIT_TEST(test_default_max_age),
		UNIT_TEST(test_target),   UNIT_TEST(test_request_table), UNIT_TEST(test_not_signed_in),
		UNIT_TEST(test_fresh),    UNIT_TEST(test_hint),          UNIT_TEST(test_scope_is_narrowed),
		UNIT_TEST(test_without_openid),
	};

	return cmocka_run_group_tests_name("oidc/authorize", tests, NULL, NULL);
}
