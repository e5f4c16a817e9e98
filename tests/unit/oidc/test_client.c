#include "server/oidc/authorization_details.h"
#include "server/oidc/client.h"
#include "server/oidc/resource.h"
#include "tests/unit/oidc/keys.h"

static struct client with_uri(struct arena *a, const char *uri, enum client_auth_method method)
{
	struct str *list = ARENA_NEW(a, struct str);

	*list = str_c(uri);
	return (struct client){ .id = STR("c"), .redirect_uris = { list, 1 }, .auth_method = method };
}

/* Byte for byte; the tricks are those that peers fell for. */
static void test_redirect_uri_exact(void **state)
{
	static const char registered[] = "https://rp.example/cb?x=1";
	static const char *const foreign[] = {
		"https://rp.example/cb", "https://rp.example/cb?x=1&y=2", "https://rp.example/cb?x=1#", "https://RP.example/cb?x=1",
		"https://rp.example/cb?x=1 ", "https://rp.example:443/cb?x=1", "http://rp.example/cb?x=1",
		"https://rp.example/cb/..;/?x=1",               /* CVE-2026-3872 of Keycloak */
		"https://rp.example@evil.example/cb?x=1",       /* CVE-2026-7504 of Keycloak */
		"https://rp.example.evil.example/cb?x=1",       /* CVE-2024-52289 of authentik */
		"https://rp.example/cb%3Fx=1", "https://rp.example//cb?x=1", "https://rp.example\\cb?x=1",
		"javascript:alert(1)", "",
	};
	struct client c = with_uri(*state, registered, CLIENT_AUTH_BASIC);

	assert_true(client_has_redirect_uri(&c, str_c(registered)));
	for (size_t i = 0; i < ARRAY_LEN(foreign); i++)
		assert_false(client_has_redirect_uri(&c, str_c(foreign[i])));
}

/* RFC 8252 §7.3: the port of a loopback literal, nothing else, and only for public clients. */
static void test_redirect_uri_loopback(void **state)
{
	static const struct {
		const char *registered, *asked;
		bool fits;
	} rows[] = {
		{ "http://127.0.0.1/callback", "http://127.0.0.1:53219/callback", true },
		{ "http://127.0.0.1/callback", "http://127.0.0.1/callback", true },
		{ "http://127.0.0.1:1/callback", "http://127.0.0.1:2/callback", true },
		{ "http://[::1]/callback", "http://[::1]:4711/callback", true },
		{ "http://127.0.0.1/callback", "http://127.0.0.1:53219/callback/", false },
		{ "http://127.0.0.1/callback", "http://127.0.0.1:53219/callback?x", false },
		{ "http://127.0.0.1/callback", "http://127.0.0.2:53219/callback", false },
		{ "http://127.0.0.1/callback", "https://127.0.0.1:53219/callback", false },
		/* fosite CVE-2020-15233: host and query overridden. */
		{ "http://127.0.0.1/callback", "http://user@127.0.0.1:53219/callback", false },
		{ "http://127.0.0.1/callback", "http://127.0.0.1:53219/callback#", false },
		/* CVE-2024-8883 of Keycloak: "localhost" is a name like any other. */
		{ "http://localhost/callback", "http://localhost:53219/callback", false },
		{ "http://127.0.0.1/callback", "http://localhost:53219/callback", false },
		{ "http://127.0.0.1/callback", "http://127.0.0.1.evil.example:53219/callback", false },
		{ "https://rp.example/cb", "https://rp.example:444/cb", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client c = with_uri(*state, rows[i].registered, CLIENT_AUTH_NONE);

		if (client_has_redirect_uri(&c, str_c(rows[i].asked)) != rows[i].fits)
			fail_msg("row %zu: %s for %s", i, rows[i].asked, rows[i].registered);
	}
	struct client confidential = with_uri(*state, "http://127.0.0.1/callback", CLIENT_AUTH_BASIC);

	assert_false(client_has_redirect_uri(&confidential, STR("http://127.0.0.1:9/callback")));
}

static void test_secret(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct client c = {
		.secret_hash = keyring_hash(*state, op->keys, KEY_CLIENT, "client_secret", STR("old")),
		.secret_hash_next = keyring_hash(*state, op->keys, KEY_CLIENT, "client_secret", STR("new")),
	};
	struct client none = { 0 };

	assert_true(client_secret_matches(op, &c, STR("old")));
	assert_true(client_secret_matches(op, &c, STR("new")));
	assert_false(client_secret_matches(op, &c, STR("")));
	assert_false(client_secret_matches(op, &c, STR("other")));
	assert_false(client_secret_matches(op, &none, STR("")));
	op_keys_done(op);
}

static void test_subject(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct client open = { 0 }, s1 = { .pairwise = true, .sector = STR("one.example") },
	              s1b = { .pairwise = true, .sector = STR("one.example") }, s2 = { .pairwise = true, .sector = STR("two.example") };
	struct str account = STR("3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f");

	assert_str_equal(client_subject(op, &open, account), account.p);
	assert_false(str_equal(client_subject(op, &s1, account), account));
	assert_true(str_equal(client_subject(op, &s1, account), client_subject(op, &s1b, account)));
	assert_false(str_equal(client_subject(op, &s1, account), client_subject(op, &s2, account)));
	op_keys_done(op);
}

/* OIDC Core §4: the client's address keeps what it has of its own, and is told the issuer. */
static void test_start_link(void **state)
{
	struct client none = { 0 }, plain = { .initiate_login_uri = STR("https://rp.example/login") },
	              query = { .initiate_login_uri = STR("https://rp.example/login?idp=1") };
	struct str issuer = STR("https://sso.example:8443");

	assert_str_null(client_start_link(*state, &none, issuer));
	assert_str_equal(client_start_link(*state, &plain, issuer), "https://rp.example/login?iss=https%3A%2F%2Fsso.example%3A8443");
	assert_str_equal(client_start_link(*state, &query, issuer), "https://rp.example/login?idp=1&iss=https%3A%2F%2Fsso.example%3A8443");
}

static void test_origin(void **state)
{
	assert_str_equal(uri_origin(*state, STR("https://rp.example/cb?x")), "https://rp.example");
	assert_str_equal(uri_origin(*state, STR("http://127.0.0.1:80/cb")), "http://127.0.0.1:80");
	assert_str_equal(uri_origin(*state, STR("http://[::1]:81/")), "http://[::1]:81");
	assert_str_equal(uri_origin(*state, STR("vn.example.app:/cb?x")), "vn.example.app:");
	assert_str_null(uri_origin(*state, STR("javascript:1")));
}

/* What a client has not any more falls away of what was granted. */
static void test_limits(void **state)
{
	static const struct str resources[] = { { "https://a.example/", 18 } }, types[] = { { "a", 1 } };
	const struct client c = { .scope = STR("openid unit"), .resources = { resources, 1 }, .details_types = { types, 1 } }, none = { .id = STR("x") };
	struct str both = STR("[{\"type\":\"a\",\"n\":1},{\"type\":\"b\"},{\"type\":\"a\"}]"), own = STR("[{\"type\":\"a\", \"n\":1.0}]");

	assert_str_equal(client_narrow_scope(*state, &c, STR("openid profile unit unit")), "openid unit");
	assert_str_equal(client_narrow_scope(*state, &none, STR("openid")), "");
	assert_str_equal(resource_limit(*state, &c, STR("https://b.example/ https://a.example/")), "https://a.example/");
	assert_str_null(resource_limit(*state, &c, STR("https://b.example/")));
	assert_str_null(resource_limit(*state, &c, STR_NULL));
	assert_str_equal(authorization_details_limit(*state, &c, both), "[{\"type\":\"a\",\"n\":1},{\"type\":\"a\"}]");
	assert_str_equal(authorization_details_limit(*state, &c, own), own.p); /* as it came */
	assert_str_null(authorization_details_limit(*state, &none, both));
	assert_str_null(authorization_details_limit(*state, &c, STR_NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_redirect_uri_exact), UNIT_TEST(test_redirect_uri_loopback), UNIT_TEST(test_secret),
		UNIT_TEST(test_subject), UNIT_TEST(test_origin), UNIT_TEST(test_limits),
		UNIT_TEST(test_start_link),
	};

	return cmocka_run_group_tests_name("oidc/client", tests, NULL, NULL);
}
