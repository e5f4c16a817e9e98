#include "common/base/buf.h"
#include "server/oidc/client_metadata.h"
#include "tests/unit/unit.h"

static struct op *op_new(void **state)
{
	struct op *op = ARENA_NEW(*state, struct op);

	op_init(op, *state, NULL, NULL);
	return op;
}

static void test_redirect_uris(_unused_ void **state)
{
	static const char *const good[] = {
		"https://p02.nghean.example/callback", "https://p02.nghean.example:8443/a/b?c=d", "http://127.0.0.1/callback",
		"http://127.0.0.1:9000/callback", "http://[::1]/cb",
	};
	static const char *const bad[] = {
		"http://p02.nghean.example/callback", "http://localhost/callback", "https://p02.nghean.example/cb#x", "https://p02.nghean.example/cb#",
		"https://user@p02.nghean.example/cb", "https://*.nghean.example/cb", "https://p02.nghean.example/*",
		"https://p02.nghean.example/a/../cb", "https://p02.nghean.example/a/%2e%2e/cb", "https://p02.nghean.example/a b",
		"https://p02.nghean.example/\\evil", "javascript:alert(1)", "data:text/html,x", "//p02.nghean.example/cb", "",
		"https://", "https:///cb", "https://nghệan.example/cb", "HTTP://127.0.0.1/cb", "vn.gov.nghean:/cb",
		"https://p02.nghean.example/cb\n", "https://a;b.example/cb", "https://a'b.example/cb", "https://a,b.example/cb", "http://127.0.0.1.evil.example/cb",
	};

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		print_message("%s\n", good[i]);
		assert_true(client_redirect_uri_is_plain(str_c(good[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		print_message("%s\n", bad[i]);
		assert_false(client_redirect_uri_is_plain(str_c(bad[i])));
	}
}

/* RFC 8252 §7.1, §8.4. */
static void test_private_redirect_uris(_unused_ void **state)
{
	static const char *const good[] = {
		"com.example.app:/oauth2redirect/example-provider", "vn.gov.nghean:/", "vn.gov.nghean.app-2:/cb?x=1", "xn--p1ai.example:/cb",
	};
	static const char *const bad[] = {
		"myapp:/cb", "com.example.app:cb", "com.example.app:", "com.example.app://cb", "com.example.app:///cb", "com.example.app:/cb#x",
		"com.example.app:/a/../b", "com.example.app:/*", "com.example.app:/%2e", "Com.Example.App:/cb", "com..app:/cb", ".example:/cb",
		"com.example.:/cb", "com.-x:/cb", "1.2:/cb", "c.example:/cb", "com.example+app:/cb", "com.example_app:/cb", "com.example.app:/a b",
		"com.example.app:/\"", "com.example.app:/<", "com.example.app:/\\", "com.example.app:/\n", "javascript:/alert(1)", "data:/text", "file:/etc",
		"https:/p02.nghean.example/cb", "", ":/cb", "/cb",
	};
	struct buf longest = buf_new(*state, 1024);

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		print_message("%s\n", good[i]);
		assert_true(client_redirect_uri_is_private(str_c(good[i])));
		assert_false(client_redirect_uri_is_plain(str_c(good[i])));
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		print_message("%s\n", bad[i]);
		assert_false(client_redirect_uri_is_private(str_c(bad[i])));
	}
	buf_add_c(&longest, "com.example.app:/");
	while (longest.len < 512)
		buf_add_char(&longest, 'a');
	assert_true(client_redirect_uri_is_private(buf_str(&longest)));
	buf_add_char(&longest, 'a');
	assert_false(client_redirect_uri_is_private(buf_str(&longest)));
}

#define APP "\"redirect_uris\":[\"com.example.app:/cb\",\"http://127.0.0.1/cb\"]"
#define NATIVE APP ",\"application_type\":\"native\",\"token_endpoint_auth_method\":\"none\""

/* Whose they are: native applications, which prove that they began what they end. */
static void test_native_clients(void **state)
{
	static const struct {
		const char *members;
		int error;
	} clients[] = {
		{ NATIVE, 0 },
		{ NATIVE ",\"post_logout_redirect_uris\":[\"com.example.app:/out\"]", 0 },
		{ APP, ERR_INVALID_REDIRECT_URI },
		{ APP ",\"application_type\":\"web\"", ERR_INVALID_REDIRECT_URI },
		{ APP ",\"application_type\":\"native\",\"sen_pkce\":\"optional\"", ERR_INVALID_REDIRECT_URI },
		{ NATIVE ",\"response_types\":[\"code id_token\"]", ERR_INVALID_REDIRECT_URI },
		{ NATIVE ",\"backchannel_logout_uri\":\"com.example.app:/out\"", ERR_INVALID_CLIENT_METADATA },
		{ NATIVE ",\"subject_type\":\"pairwise\"", ERR_INVALID_CLIENT_METADATA }, /* no host: the sector must be told */
		{ NATIVE ",\"subject_type\":\"pairwise\",\"sen_sector\":\"app.example\"", 0 },
		{ "\"redirect_uris\":[\"https://x.example/cb\"],\"post_logout_redirect_uris\":[\"com.example.app:/out\"]", ERR_INVALID_REDIRECT_URI },
		{ "\"redirect_uris\":[\"http://localhost/cb\"],\"application_type\":\"native\"", ERR_INVALID_REDIRECT_URI },
	};

	for (size_t i = 0; i < ARRAY_LEN(clients); i++) {
		struct op *op = op_new(state);
		struct str text = arena_printf(*state, "{\"client_name\":\"X\",%s}", clients[i].members);
		_json_ json_t *json = json_read(text, CLIENT_METADATA_DEPTH, NULL);
		_json_ json_t *normal = NULL;

		print_message("%.*s\n", STR_ARG(text));
		assert_non_null(json);
		assert_int_equal(client_metadata_check(op, json, REGISTRANT_OPERATOR, &normal), clients[i].error);
	}
}

/* What is shown to people: each hostile value is refused before it is stored. */
static void test_addresses_that_are_shown(void **state)
{
	static const char *const members[] = { "client_uri", "logo_uri", "policy_uri", "tos_uri" };
	static const char *const bad[] = {
		"javascript:alert(1)", "data:image/svg+xml,<svg/>", "http://x.example/a", "com.example.app:/a", "//x.example/a", "https://x.example/\\\"onerror=x",
		"https://x.example/\\n", "https://x.example/\\u0000", "https://x.example/<b>", "https://x.example;script-src/", "https://'none'/", "https://*/a",
		"https://a@x.example/", "https://x.example/a b", "",
	};

	for (size_t i = 0; i < ARRAY_LEN(members); i++)
		for (size_t k = 0; k <= ARRAY_LEN(bad); k++) {
			struct buf b = buf_new(*state, 2048);
			struct op *op = op_new(state);

			buf_printf(&b, "{\"client_name\":\"X\",\"redirect_uris\":[\"https://x.example/cb\"],\"%s\":\"", members[i]);
			buf_add_c(&b, k < ARRAY_LEN(bad) ? bad[k] : "https://x.example/");
			while (k == ARRAY_LEN(bad) && b.len < 1024)
				buf_add_char(&b, 'a');
			buf_add_c(&b, "\"}");
			_json_ json_t *json = json_read(buf_str(&b), CLIENT_METADATA_DEPTH, NULL), *normal = NULL;

			if (!json) /* NUL */
				continue;
			assert_int_equal(client_metadata_check(op, json, REGISTRANT_CLIENT, &normal), ERR_INVALID_CLIENT_METADATA);
			assert_str_equal(op->error.args[0].value, members[i]);
		}
}

/* The members beside redirect_uris and client_name, and what is said of them. */
static const struct {
	const char *members;
	int error;
	const char *member; /* that the error names */
} rows[] = {
	{ "", 0, NULL },
	{ ",\"token_endpoint_auth_method\":\"none\"", 0, NULL },
	{ ",\"token_endpoint_auth_method\":\"none\",\"sen_pkce\":\"optional\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"token_endpoint_auth_method\":\"none\",\"grant_types\":[\"client_credentials\"]", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"token_endpoint_auth_method\":\"password\"", ERR_INVALID_CLIENT_METADATA, "token_endpoint_auth_method" },
	{ ",\"token_endpoint_auth_method\":\"private_key_jwt\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[]}", 0, NULL },
	{ ",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"key\":[]}", ERR_INVALID_CLIENT_METADATA, "jwks" },
	{ ",\"jwks\":{\"keys\":[]},\"jwks_uri\":\"https://x.example/jwks\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"jwks_uri\":\"http://x.example/jwks\"", ERR_INVALID_CLIENT_METADATA, "jwks_uri" },
	{ ",\"token_endpoint_auth_method\":\"tls_client_auth\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"token_endpoint_auth_method\":\"tls_client_auth\",\"tls_client_auth_san_dns\":\"x.example\"", 0, NULL },
	{ ",\"grant_types\":[\"password\"]", ERR_INVALID_CLIENT_METADATA, "grant_types" },
	{ ",\"grant_types\":[]", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"grant_types\":[\"implicit\"]", ERR_INVALID_CLIENT_METADATA, "grant_types" },
	{ ",\"grant_types\":\"authorization_code\"", ERR_INVALID_CLIENT_METADATA, "grant_types" },
	{ ",\"response_types\":[\"code id_token\"]", 0, NULL },
	{ ",\"response_types\":[\"token\"]", ERR_INVALID_CLIENT_METADATA, "response_types" },
	{ ",\"response_types\":[\"id_token token\"]", ERR_INVALID_CLIENT_METADATA, "response_types" },
	{ ",\"id_token_signed_response_alg\":\"none\"", ERR_INVALID_CLIENT_METADATA, "id_token_signed_response_alg" },
	{ ",\"id_token_signed_response_alg\":\"HS256\"", ERR_INVALID_CLIENT_METADATA, "id_token_signed_response_alg" },
	{ ",\"id_token_encrypted_response_alg\":\"RSA1_5\"", ERR_INVALID_CLIENT_METADATA, "id_token_encrypted_response_alg" },
	{ ",\"id_token_encrypted_response_alg\":\"ECDH-ES\"", ERR_INVALID_CLIENT_METADATA, NULL }, /* to which key? */
	{ ",\"subject_type\":\"pairwise\"", 0, NULL },
	{ ",\"default_max_age\":-1", ERR_INVALID_CLIENT_METADATA, "default_max_age" },
	{ ",\"default_max_age\":\"1\"", ERR_INVALID_CLIENT_METADATA, "default_max_age" },
	{ ",\"sen_access_token_s\":3600", ERR_INVALID_CLIENT_METADATA, "sen_access_token_s" },
	{ ",\"sen_access_token_s\":9", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"post_logout_redirect_uris\":[\"javascript:alert(1)\"]", ERR_INVALID_REDIRECT_URI, "post_logout_redirect_uris" },
	{ ",\"frontchannel_logout_uri\":\"https://x.example/logout?a=b\"", 0, NULL },
	{ ",\"frontchannel_logout_uri\":\"https://x.example:444/logout\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"frontchannel_logout_uri\":\"https://evil.example/logout\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"frontchannel_logout_uri\":\"javascript:alert(1)\"", ERR_INVALID_CLIENT_METADATA, "frontchannel_logout_uri" },
	{ ",\"grant_types\":[\"urn:openid:params:grant-type:ciba\"]", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"sen_profile\":\"fapi2\"", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"sen_profile\":\"fapi2\",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[]}", ERR_INVALID_CLIENT_METADATA, NULL },
	{ ",\"sen_profile\":\"fapi2\",\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[]},\"dpop_bound_access_tokens\":true", 0, NULL },
	{ ",\"unknown\":1", ERR_INVALID_CLIENT_METADATA, NULL },
};

static void test_members(void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct op *op = op_new(state);
		struct str text = arena_printf(*state, "{\"client_name\":\"X\",\"redirect_uris\":[\"https://x.example/cb\"]%s}", rows[i].members);
		_json_ json_t *json = json_read(text, CLIENT_METADATA_DEPTH, NULL);
		_json_ json_t *normal = NULL;

		print_message("%.*s\n", STR_ARG(text));
		assert_non_null(json);
		assert_int_equal(client_metadata_check(op, json, REGISTRANT_OPERATOR, &normal), rows[i].error);
		if (rows[i].member)
			assert_str_equal(op->error.args[0].value, rows[i].member);
	}
}

/* What is stored reads back as the same client, and once more is the same document. */
static void test_normal_form(void **state)
{
	struct op *op = op_new(state);
	_json_ json_t *json = json_read(STR("{\"redirect_uris\":[\"https://a.example/cb\",\"https://a.example/other\"],\"client_name\":\"Một cửa\","
	                                    "\"subject_type\":\"pairwise\",\"logo_uri\":null}"), CLIENT_METADATA_DEPTH, NULL);
	_json_ json_t *normal = NULL, *again = NULL;
	struct client c = { 0 };

	assert_int_equal(client_metadata_check(op, json, REGISTRANT_OPERATOR, &normal), 0);
	assert_int_equal(client_metadata_check(op, normal, REGISTRANT_OPERATOR, &again), 0);
	assert_true(json_equal(normal, again));
	assert_int_equal(client_metadata_read(op, normal, &c), 0);
	assert_str_equal(c.name, "Một cửa");
	assert_str_equal(c.sector, "a.example");
	assert_int_equal(c.auth_method, CLIENT_AUTH_BASIC);
	assert_int_equal(c.grants, GRANT_CODE);
	assert_int_equal(c.responses, RESPONSE_CODE);
	assert_int_equal(c.id_token_alg, JWS_ES256);
	assert_int_equal(c.access_token_s, 300);
	assert_true(c.pkce_required && c.rotates_refresh && c.pairwise && !c.must_consent);
}

/* RFC 7591 §2: what is not understood falls away; what only the operator may say, too. */
static void test_self_registered(void **state)
{
	struct op *op = op_new(state);
	_json_ json_t *json = json_read(STR("{\"redirect_uris\":[\"https://a.example/cb\"],\"unheard_of\":{\"a\":1},"
	                                    "\"sen_may_introspect\":true,\"sen_pkce\":\"optional\",\"client_name#en\":\"X\"}"), CLIENT_METADATA_DEPTH, NULL);
	_json_ json_t *normal = NULL;
	struct client c = { 0 };

	assert_int_equal(client_metadata_check(op, json, REGISTRANT_CLIENT, &normal), 0);
	assert_str_equal(json_get_str(normal, "id_token_signed_response_alg"), "RS256");
	assert_null(json_object_get(normal, "unheard_of"));
	assert_null(json_object_get(normal, "client_name#en"));
	assert_int_equal(client_metadata_read(op, normal, &c), 0);
	assert_true(c.pkce_required && !c.may_introspect);
}

/* FAPI 2.0 as one switch. */
static void test_profile(void **state)
{
	struct op *op = op_new(state);
	_json_ json_t *json = json_read(STR("{\"redirect_uris\":[\"https://a.example/cb\"],\"client_name\":\"X\",\"sen_profile\":\"fapi2_message_signing\","
	                                    "\"token_endpoint_auth_method\":\"tls_client_auth\",\"tls_client_auth_san_dns\":\"a.example\","
	                                    "\"tls_client_certificate_bound_access_tokens\":true}"), CLIENT_METADATA_DEPTH, NULL);
	_json_ json_t *normal = NULL;
	struct client c = { 0 };

	assert_int_equal(client_metadata_check(op, json, REGISTRANT_OPERATOR, &normal), 0);
	assert_int_equal(client_metadata_read(op, normal, &c), 0);
	assert_true(c.must_push && c.must_sign_request && c.tls_bound && !c.rotates_refresh);
}

/* FAPI 2.0 §5.4.1, whatever is signed, by us or by the client. */
static void test_profile_algorithms(void **state)
{
	static const char *const members[] = {
		"token_endpoint_auth_signing_alg", "request_object_signing_alg", "backchannel_authentication_request_signing_alg",
		"id_token_signed_response_alg", "userinfo_signed_response_alg", "introspection_signed_response_alg", "authorization_signed_response_alg",
	};
	static const char *const profiles[] = { "fapi2", "fapi2_message_signing" }, *const algs[] = { "RS256", "PS256" };

	for (size_t i = 0; i < ARRAY_LEN(members) * ARRAY_LEN(profiles) * ARRAY_LEN(algs); i++) {
		const char *profile = profiles[i % 2], *alg = algs[i / 2 % 2], *member = members[i / 4];
		struct op *op = op_new(state);
		struct str text = arena_printf(*state, "{\"client_name\":\"X\",\"redirect_uris\":[\"https://x.example/cb\"],\"sen_profile\":\"%s\","
		                               "\"token_endpoint_auth_method\":\"private_key_jwt\",\"jwks\":{\"keys\":[]},"
		                               "\"dpop_bound_access_tokens\":true,\"%s\":\"%s\"}", profile, member, alg);
		_json_ json_t *json = json_read(text, CLIENT_METADATA_DEPTH, NULL), *normal = NULL;

		print_message("%.*s\n", STR_ARG(text));
		assert_int_equal(client_metadata_check(op, json, REGISTRANT_OPERATOR, &normal), i / 2 % 2 == 0 ? ERR_INVALID_CLIENT_METADATA : 0);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_redirect_uris), UNIT_TEST(test_private_redirect_uris), UNIT_TEST(test_native_clients),
		UNIT_TEST(test_addresses_that_are_shown), UNIT_TEST(test_members), UNIT_TEST(test_normal_form), UNIT_TEST(test_self_registered),
		UNIT_TEST(test_profile), UNIT_TEST(test_profile_algorithms),
	};

	return cmocka_run_group_tests_name("oidc/client_metadata", tests, NULL, NULL);
}
