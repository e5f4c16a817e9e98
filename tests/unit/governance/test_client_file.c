/* client_file.h: which redirect URIs are registered at all. */
#include "server/senctl/client_file.h"
#include "tests/unit/unit.h"

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
		"https://p02.nghean.example/cb\n", "http://127.0.0.1.evil.example/cb",
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

#define BASE "\"client_id\":\"x\",\"name\":\"X\",\"redirect_uris\":[\"https://x.example/cb\"],\"scopes\":[\"openid\"]"

static void test_file(void **state)
{
	static const struct {
		const char *text;
		bool ok;
	} rows[] = {
		{ "{" BASE ",\"secret_file\":\"x.secret\"}", true },
		{ "{" BASE ",\"auth_method\":\"none\"}", true },
		{ "{" BASE "}", false },                                                        /* no secret */
		{ "{" BASE ",\"auth_method\":\"none\",\"secret_file\":\"s\"}", false },
		{ "{" BASE ",\"auth_method\":\"none\",\"pkce_required\":false}", false },
		{ "{" BASE ",\"auth_method\":\"private_key_jwt\",\"secret_file\":\"s\"}", false },
		{ "{" BASE ",\"secret_file\":\"s\",\"redirect_uri\":\"x\"}", false },           /* not known */
		{ "{" BASE ",\"secret_file\":\"s\",\"subject_type\":\"pairwise\"}", false },     /* no sector */
		{ "{" BASE ",\"secret_file\":\"s\",\"access_token_s\":3600}", false },
		{ "{\"client_id\":\"x\",\"name\":\"X\",\"redirect_uris\":[],\"scopes\":[\"openid\"],\"secret_file\":\"s\"}", false },
		{ "{\"client_id\":\"x\",\"name\":\"X\",\"redirect_uris\":[7],\"scopes\":[\"openid\"],\"secret_file\":\"s\"}", false },
		{ "{\"client_id\":\"x\",\"name\":\"X\",\"redirect_uris\":[\"https://x.example/cb\"],\"scopes\":[\"root\"],\"secret_file\":\"s\"}", false },
		{ "{\"client_id\":\"x\",\"client_id\":\"y\"}", false },
		{ "[]", false },
		{ "", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct client_file f;
		const char *reason = NULL;

		print_message("%s\n", rows[i].text);
		assert_int_equal(client_file_read(*state, str_c(rows[i].text), &f, &reason), rows[i].ok);
		assert_true(rows[i].ok || reason);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_redirect_uris), UNIT_TEST(test_file) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
