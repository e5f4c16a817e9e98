/* http_client.h: where it goes and whom it believes: addresses, names, redirects, certificates. */
#include "tests/support/proxy.h"
#include "tests/unit/net/http_fixture.h"

#include <stdlib.h>

/* CVE-2026-4366 (Keycloak) followed it. */
static void test_cve_2026_4366_redirect_is_not_followed(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_ANSWER,
	                "HTTP/1.1 302 Found\r\nLocation: http://169.254.169.254/latest/\r\nContent-Length: 0\r\n\r\n");
	assert_int_equal(get(f), 0);
	assert_int_equal(f->answer.status, 302);
	assert_str_equal(f->answer.location, "http://169.254.169.254/latest/");
	assert_int_equal(http_server_n_requests(f->server), 1);
	done(f);
}

static void test_urls_that_are_refused(void **state)
{
	static const char *const urls[] = {
		"", "/", "//127.0.0.1/", "ftp://127.0.0.1/", "file:///etc/passwd", "HTTP://127.0.0.1/", "gopher://127.0.0.1/",
		"https://user@example.com/", "https://user:pw@127.0.0.1/", "https://example.com/#f", "https://example.com/#",
		"https://127.0.0.1:0/", "https://127.0.0.1:65536/", "https://127.0.0.1:080/", "https://127.0.0.1:x/",
		"https:///", "https://exa mple.com/", "https://exam\\ple.com/", "https://a..b/", "https://example.com./",
		"https://.example.com/", "https://ex%61mple.com/", "https://ex\xc3\xa4mple.com/", "https://[::1/",
		"https://[::1%25lo]/", "https://[1.2.3.4]/", "https://[v1.x]/",
		/* spellings of 127.0.0.1 that only some parsers take for an address */
		"https://2130706433/", "https://0x7f000001/", "https://0x7f.0.0.1/", "https://0177.0.0.1/", "https://127.1/",
		"https://127.0.0.1.2/", "https://a.0x7f/", "https://127.0.0.01/",
	};
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(urls); i++)
		if (call_url(f, "GET", str_c(urls[i]), STR_NULL) != ERR_CONFIG)
			fail_msg("not refused: %s: %s", urls[i], err_name(f->op.error.code));
	assert_int_equal(call_url(f, "GET", STR("https://127.0.0.1\0.example.com/"), STR_NULL), ERR_CONFIG);
	done(f);
}

/* Loopback and private addresses are reached only when the list says so; the others never. */
static void test_addresses_that_are_refused(void **state)
{
	static const char *const urls[] = {
		"https://127.0.0.1:%d/", "http://127.0.0.1:%d/", "http://[::1]:%d/", "https://10.0.0.1:%d/",
		"https://192.168.1.1:%d/", "https://169.254.169.254:%d/", "https://0.0.0.0:%d/", "https://[::]:%d/",
		"https://[::ffff:127.0.0.1]:%d/", "https://[::ffff:a9fe:a9fe]:%d/", "https://[fe80::1]:%d/",
		"https://localhost:%d/", "http://localhost:%d/", "https://[64:ff9b::7f00:1]:%d/",
	};
	struct fixture *f = setup(state);

	http_client_free(f->client);
	f->client = new_client(*state, "10.9.0.0/16", "");
	for (size_t i = 0; i < ARRAY_LEN(urls); i++) {
		struct str rest = str_c(urls[i]), before = STR_NULL, target;

		assert_true(str_split(&rest, '%', &before));
		target = arena_printf(*state, "%.*s%d/", STR_ARG(before), http_server_port(f->server));
		if (call_url(f, "GET", target, STR_NULL) != ERR_CONFIG)
			fail_msg("not refused: %s: %s", urls[i], err_name(f->op.error.code));
	}
	assert_int_equal(http_server_n_connections(f->server), 0);
	done(f);
}

/* CVE-2026-27945 (ZITADEL): without TLS only inside this machine. */
static void test_http_to_elsewhere(void **state)
{
	struct fixture *f = setup(state);

	assert_int_equal(call_url(f, "GET", STR("http://1.1.1.1/"), STR_NULL), ERR_CONFIG);
	done(f);
}

static void test_names_are_resolved(void **state)
{
	struct fixture *f = setup(state);
	struct str target = arena_printf(*state, "http://localhost:%d/", http_server_port(f->server));

	http_client_free(f->client);
	f->client = new_client(*state, "127.0.0.0/8,::1", ""); /* every address of the name */
	assert_int_equal(call_url(f, "GET", target, STR_NULL), 0);
	assert_int_equal(f->answer.status, 200);
	/* RFC 6761 §6.4: never a name.  Without a resolver, the same. */
	assert_int_equal(call_url(f, "GET", STR("https://nowhere.invalid/"), STR_NULL), ERR_UNAVAILABLE);
	done(f);
}

static void test_environment_has_no_say(void **state)
{
	struct fixture *f = setup(state);

	setenv("http_proxy", "http://127.0.0.1:1/", 1);
	setenv("ALL_PROXY", "http://127.0.0.1:1/", 1);
	assert_int_equal(get(f), 0);
	unsetenv("http_proxy");
	unsetenv("ALL_PROXY");
	done(f);
}

static void test_certificates(void **state)
{
	struct fixture *f = setup(state);
	struct proxy_cert *cert = proxy_cert_new("IP:127.0.0.1"), *other = proxy_cert_new("IP:127.0.0.2,DNS:localhost");
	struct proxy *tls = proxy_start(http_server_port(f->server), cert), *wrong_name = proxy_start(http_server_port(f->server), other);
	struct str target = arena_printf(*state, "https://127.0.0.1:%d/", proxy_port(tls));
	struct str wrong_target = arena_printf(*state, "https://127.0.0.1:%d/", proxy_port(wrong_name));

	/* Nobody has signed it. */
	assert_int_equal(call_url(f, "POST", target, STR("secret")), ERR_UNAVAILABLE);
	assert_int_equal(proxy_n_bytes(tls), 0);
	/* Signed by the CA of the configuration. */
	http_client_free(f->client);
	f->client = new_client(*state, "127.0.0.0/8", proxy_cert_path(cert));
	assert_int_equal(call_url(f, "POST", target, STR("secret")), 0);
	assert_true(proxy_n_bytes(tls) > 0);
	assert_int_equal(call_url(f, "POST", wrong_target, STR("secret")), ERR_UNAVAILABLE);
	/* Signed, but for another name. */
	http_client_free(f->client);
	f->client = new_client(*state, "127.0.0.0/8", proxy_cert_path(other));
	assert_int_equal(call_url(f, "POST", wrong_target, STR("secret")), ERR_UNAVAILABLE);
	assert_int_equal(proxy_n_bytes(wrong_name), 0);

	proxy_stop(tls);
	proxy_stop(wrong_name);
	proxy_cert_free(cert);
	proxy_cert_free(other);
	done(f);
}

static void test_config(void **state)
{
	struct http_client_config config = {
		.connect_timeout_ms = 1, .total_timeout_ms = 1, .max_answer_bytes = 1, .ca_file = STR("/nonexistent/ca.pem"),
	};
	struct http_client *client = NULL;
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(http_client_new(&op, &config, &client), ERR_CONFIG);
	config.ca_file = STR_NULL;
	config.egress_allow = STR("everything");
	op_init(&op, *state, NULL, NULL);
	assert_int_equal(http_client_new(&op, &config, &client), ERR_CONFIG);
	assert_null(client);
	http_client_free(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_cve_2026_4366_redirect_is_not_followed),
		UNIT_TEST(test_urls_that_are_refused),
		UNIT_TEST(test_addresses_that_are_refused),
		UNIT_TEST(test_http_to_elsewhere),
		UNIT_TEST(test_names_are_resolved),
		UNIT_TEST(test_environment_has_no_say),
		UNIT_TEST(test_certificates),
		UNIT_TEST(test_config),
	};

	return cmocka_run_group_tests_name("net/http_client_egress", tests, NULL, NULL);
}
