#include "common/base/clock.h"
#include "common/base/fiber.h"
#include "common/net/http_client.h"
#include "tests/support/proxy.h"
#include "tests/unit/net/http_server.h"
#include "tests/unit/unit.h"

#include <stdlib.h>
#include <string.h>

#define OK_ANSWER "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 2\r\n\r\nok"
#define TOTAL_MS 600

struct fixture {
	struct op op;
	struct http_server *server;
	struct http_client *client;
	struct http_answer answer;
};

static struct http_client *new_client(struct arena *a, const char *allow, const char *ca_file)
{
	const struct http_client_config config = {
		.egress_allow = str_c(allow),
		.ca_file = str_c(ca_file),
		.connect_timeout_ms = 300,
		.total_timeout_ms = TOTAL_MS,
		.max_answer_bytes = 4096,
		.pool_size = 2,
	};
	struct http_client *client = NULL;
	struct op op;

	op_init(&op, a, NULL, NULL);
	assert_int_equal(http_client_new(&op, &config, &client), 0);
	return client;
}

static struct fixture *setup(void **state)
{
	struct fixture *f = ARENA_NEW(*state, struct fixture);

	f->server = http_server_start();
	f->client = new_client(*state, "127.0.0.0/8", "");
	http_server_set(f->server, HTTP_ANSWER, OK_ANSWER);
	op_init(&f->op, *state, NULL, NULL);
	return f;
}

static void done(struct fixture *f)
{
	http_client_free(f->client);
	http_server_stop(f->server);
}

static struct str url(struct fixture *f, const char *path)
{
	return arena_printf(f->op.arena, "http://127.0.0.1:%d%s", http_server_port(f->server), path);
}

/* Each call with an op of its own: the first error of an op stays. */
static int call_url(struct fixture *f, const char *method, struct str target, struct str body)
{
	const struct http_call call = { .method = method, .url = target, .body = body };

	f->answer = (struct http_answer){ .status = -1 };
	op_init(&f->op, f->op.arena, NULL, NULL);
	return http_client_call(&f->op, f->client, &call, &f->answer);
}

static int get(struct fixture *f)
{
	return call_url(f, "GET", url(f, "/"), STR_NULL);
}

static int post(struct fixture *f)
{
	return call_url(f, "POST", url(f, "/"), STR("{}"));
}

static void test_get(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_ANSWER,
	                "HTTP/1.1 418 Teapot\r\nContent-Type: Application/JSON; charset=UTF-8\r\nETag: W/\"1\"\r\n"
	                "Location: /elsewhere\r\nRetry-After: 17\r\nContent-Length: 3\r\n\r\n{} ");
	assert_int_equal(call_url(f, "GET", url(f, "/a/../b?c=%2F&d"), STR_NULL), 0);
	assert_int_equal(f->answer.status, 418);
	assert_str_equal(f->answer.content_type, "application/json");
	assert_str_equal(f->answer.etag, "W/\"1\"");
	assert_str_equal(f->answer.location, "/elsewhere");
	assert_str_equal(f->answer.body, "{} ");
	assert_int_equal(f->answer.retry_after_s, 17);
	assert_non_null(strstr(http_server_request(f->server), "GET /a/../b?c=%2F&d HTTP/1.1\r\n"));
	assert_null(strstr(http_server_request(f->server), "Content-Type"));
	assert_null(strstr(http_server_request(f->server), "Accept-Encoding"));
	done(f);
}

static void test_get_without_anything(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_ANSWER, "HTTP/1.1 204 No Content\r\n\r\n");
	assert_int_equal(get(f), 0);
	assert_int_equal(f->answer.status, 204);
	assert_str_equal(f->answer.body, "");
	assert_str_null(f->answer.content_type);
	assert_str_null(f->answer.location);
	assert_str_null(f->answer.etag);
	assert_int_equal(f->answer.retry_after_s, -1);
	done(f);
}

static void test_retry_after(void **state)
{
	static const struct {
		const char *answer;
		int64_t least, most;
	} cases[] = {
		{ "HTTP/1.1 503 x\r\nRetry-After: 0\r\nContent-Length: 0\r\n\r\n", 0, 0 },
		{ "HTTP/1.1 503 x\r\nRetry-After: Fri, 01 Jan 1999 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n", 0, 0 },
		{ "HTTP/1.1 503 x\r\nRetry-After: -5\r\nContent-Length: 0\r\n\r\n", -1, -1 },
		{ "HTTP/1.1 503 x\r\nRetry-After: soon\r\nContent-Length: 0\r\n\r\n", -1, -1 },
		{ "HTTP/1.1 503 x\r\nRetry-After: 99999999999999999999\r\nContent-Length: 0\r\n\r\n", -1, -1 },
		{ "HTTP/1.1 503 x\r\nRetry-After:\r\nContent-Length: 0\r\n\r\n", -1, -1 },
	};
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		http_server_set(f->server, HTTP_ANSWER, cases[i].answer);
		assert_int_equal(get(f), 0);
		assert_in_range(f->answer.retry_after_s + 1, cases[i].least + 1, cases[i].most + 1);
	}
	done(f);
}

static void test_retry_after_date(void **state)
{
	struct fixture *f = setup(state);
	time_t later = (time_t)(clock_now_s() + 100);
	char date[64], text[256];
	struct tm tm;

	gmtime_r(&later, &tm);
	assert_true(strftime(date, sizeof(date), "%a, %d %b %Y %H:%M:%S GMT", &tm) > 0);
	(void)snprintf(text, sizeof(text), "HTTP/1.1 503 x\r\nRetry-After: %s\r\nContent-Length: 0\r\n\r\n", date);
	http_server_set(f->server, HTTP_ANSWER, text);
	assert_int_equal(get(f), 0);
	assert_in_range(f->answer.retry_after_s, 90, 100);
	done(f);
}

/* Between its date and the one that it names, wherever our clock stands; before or behind it. */
static void test_retry_after_by_its_own_clock(void **state)
{
	static const char *const answers[] = {
		"HTTP/1.1 429 x\r\nDate: Fri, 01 Jan 1999 00:00:00 GMT\r\nRetry-After: Fri, 01 Jan 1999 00:02:00 GMT\r\nContent-Length: 0\r\n\r\n",
		"HTTP/1.1 429 x\r\nRetry-After: Fri, 01 Jan 1999 00:02:00 GMT\r\nDate: Fri, 01 Jan 1999 00:00:00 GMT\r\nContent-Length: 0\r\n\r\n",
	};
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(answers); i++) {
		http_server_set(f->server, HTTP_ANSWER, answers[i]);
		assert_int_equal(get(f), 0);
		assert_int_equal(f->answer.retry_after_s, 120);
	}
	done(f);
}

static void test_rate_limit_headers(void **state)
{
	static const struct {
		const char *headers;
		int64_t left, reset_s;
	} cases[] = {
		{ "X-RateLimit-Remaining: 0\r\nX-RateLimit-Reset: 30\r\n", 0, 30 },
		{ "ratelimit-remaining: 7\r\nratelimit-reset: 0\r\n", 7, 0 },
		{ "Date: Fri, 01 Jan 2027 00:00:00 GMT\r\nx-ratelimit-remaining: 0\r\nx-ratelimit-reset: 1798761660\r\n", 0, 60 },
		{ "X-RateLimit-Remaining: none\r\nX-RateLimit-Reset: -1\r\n", -1, -1 },
		{ "X-RateLimit-Limit: 5\r\n", -1, -1 },
	};
	struct fixture *f = setup(state);
	char text[256];

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		(void)snprintf(text, sizeof(text), "HTTP/1.1 200 OK\r\n%sContent-Length: 0\r\n\r\n", cases[i].headers);
		http_server_set(f->server, HTTP_ANSWER, text);
		assert_int_equal(get(f), 0);
		assert_int_equal(f->answer.rate_left, cases[i].left);
		assert_int_equal(f->answer.rate_reset_s, cases[i].reset_s);
	}
	done(f);
}

static void test_methods(void **state)
{
	static const char *const methods[] = { "POST", "PUT", "PATCH", "DELETE" };
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(methods); i++) {
		assert_int_equal(call_url(f, methods[i], url(f, "/x"), STR("a body")), 0);
		assert_true(str_starts(str_c(http_server_request(f->server)), str_c(methods[i])));
		assert_non_null(strstr(http_server_request(f->server), "Content-Length: 6\r\n"));
		assert_non_null(strstr(http_server_request(f->server), "\r\n\r\na body"));
		assert_null(strstr(http_server_request(f->server), "Content-Type"));
		assert_null(strstr(http_server_request(f->server), "Expect"));

		assert_int_equal(call_url(f, methods[i], url(f, "/x"), STR_NULL), 0);
		assert_true(str_ends(str_c(http_server_request(f->server)), STR("\r\n\r\n")));
	}
	http_server_set(f->server, HTTP_ANSWER, "HTTP/1.1 200 OK\r\nContent-Length: 500\r\n\r\n");
	assert_int_equal(call_url(f, "HEAD", url(f, "/x"), STR_NULL), 0);
	assert_int_equal(f->answer.status, 200);
	assert_int_equal(call_url(f, "GET", url(f, "/x"), STR("body")), ERR_BAD_REQUEST);
	assert_int_equal(call_url(f, "CONNECT", url(f, "/x"), STR_NULL), ERR_BAD_REQUEST);
	assert_int_equal(call_url(f, "GET /\r\nX:", url(f, "/x"), STR_NULL), ERR_BAD_REQUEST);
	done(f);
}

static int call_with_header(struct fixture *f, struct str name, struct str value)
{
	const struct http_header header = { name, value };
	const struct http_call call = {
		.method = "POST", .url = url(f, "/"), .headers = &header, .n_headers = 1, .body = STR("x")
	};

	op_init(&f->op, f->op.arena, NULL, NULL);
	return http_client_call(&f->op, f->client, &call, &f->answer);
}

static void test_headers(void **state)
{
	struct fixture *f = setup(state);

	assert_int_equal(call_with_header(f, STR("Authorization"), STR("Bearer abc")), 0);
	assert_non_null(strstr(http_server_request(f->server), "\r\nAuthorization: Bearer abc\r\n"));
	assert_int_equal(call_with_header(f, STR("Content-Type"), STR("application/scim+json")), 0);
	assert_non_null(strstr(http_server_request(f->server), "\r\nContent-Type: application/scim+json\r\n"));
	assert_int_equal(call_with_header(f, STR("X-Empty"), STR("")), 0);
	assert_non_null(strstr(http_server_request(f->server), "\r\nX-Empty:"));
	done(f);
}

/* CVE-2024-11734 and the like: a line break in a value becomes a header, or a request. */
static void test_header_injection(void **state)
{
	struct fixture *f = setup(state);

	assert_int_equal(call_with_header(f, STR("X-A"), STR("a\r\nX-B: b")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("X-A"), STR("a\nX-B: b")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("X-A"), STR("a\rb")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("X-A"), STR("a\0b")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("X-A: b\r\nX-B"), STR("c")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("X A"), STR("c")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR(""), STR("c")), ERR_BAD_REQUEST);
	/* Framing is not the caller's. */
	assert_int_equal(call_with_header(f, STR("content-length"), STR("0")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("Transfer-Encoding"), STR("chunked")), ERR_BAD_REQUEST);
	assert_int_equal(call_with_header(f, STR("Host"), STR("other")), ERR_BAD_REQUEST);
	assert_int_equal(http_server_n_requests(f->server), 0);
	done(f);
}

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

/* What is certain: nothing was sent, so even a POST may be tried again. */
static void test_not_sent(void **state)
{
	struct fixture *f = setup(state);
	struct http_server *gone = http_server_start();
	int port = http_server_port(gone);

	http_server_stop(gone);
	assert_int_equal(call_url(f, "POST", arena_printf(*state, "http://127.0.0.1:%d/", port), STR("x")),
	                 ERR_UNAVAILABLE);
	/* A TLS handshake with a server that does not speak it. */
	assert_int_equal(call_url(f, "POST", arena_printf(*state, "https://127.0.0.1:%d/", http_server_port(f->server)),
	                          STR("x")),
	                 ERR_UNAVAILABLE);
	assert_int_equal(http_server_n_requests(f->server), 0);
	done(f);
}

static void test_outcome_unknown(void **state)
{
	static const enum http_behaviour behaviours[] = { HTTP_HANG_UP, HTTP_SILENT, HTTP_DRIP };
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
		http_server_set(f->server, behaviours[i], OK_ANSWER);
		assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
		assert_int_equal(call_url(f, "DELETE", url(f, "/"), STR_NULL), ERR_OUTCOME_UNKNOWN);
		/* A GET changes nothing. */
		assert_int_equal(get(f), ERR_UNAVAILABLE);
	}
	http_server_set(f->server, HTTP_ANSWER_CLOSE, "nonsense\r\n\r\n");
	assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
	http_server_set(f->server, HTTP_ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nshort");
	assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
	assert_int_equal(f->answer.status, -1); /* untouched */
	done(f);
}

static void test_time_limit(void **state)
{
	static const enum http_behaviour behaviours[] = { HTTP_SILENT, HTTP_DRIP };
	struct fixture *f = setup(state);

	for (size_t i = 0; i < ARRAY_LEN(behaviours); i++) {
		int64_t start_ms = clock_mono_ms();

		http_server_set(f->server, behaviours[i], OK_ANSWER);
		assert_int_equal(get(f), ERR_UNAVAILABLE);
		assert_in_range(clock_mono_ms() - start_ms, TOTAL_MS - 50, TOTAL_MS + 500);
	}
	done(f);
}

struct two {
	struct fixture *f;
	bool other_ran, ran_meanwhile;
	int result;
};

static void call_or_run(void *context, void *item)
{
	struct two *t = context;

	if (item != t) {
		t->other_ran = true;
		return;
	}
	t->result = get(t->f);
	t->ran_meanwhile = t->other_ran;
}

/* Of a crew's thread, that is: what else runs on it goes on while somebody does not answer. */
static void test_waiting_holds_up_nobody(void **state)
{
	struct two t = { .f = setup(state) };
	const struct crew_config config = { .name = "two", .n_threads = 1, .n_fibers = 2, .capacity = 2, .process = call_or_run, .context = &t };
	struct crew *c = crew_new(&config);
	int other;

	http_server_set(t.f->server, HTTP_SILENT, OK_ANSWER);
	assert_true(crew_push(c, &t));
	assert_true(crew_push(c, &other));
	crew_close(c);
	assert_int_equal(t.result, ERR_UNAVAILABLE);
	assert_true(t.ran_meanwhile);
	done(t.f);
}

static void test_too_large(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_ANSWER_CLOSE, "HTTP/1.1 200 OK\r\nContent-Length: 4097\r\n\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_FLOOD, "HTTP/1.1 200 OK\r\n\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_FLOOD, "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nffffff\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_FLOOD_HEADERS, "HTTP/1.1 200 OK\r\n");
	assert_int_equal(get(f), ERR_LIMIT);
	http_server_set(f->server, HTTP_ANSWER, OK_ANSWER);
	assert_int_equal(get(f), 0);
	done(f);
}

/* The arena of the unit of work may be smaller than the limit of the client. */
static void test_arena_is_too_small(void **state)
{
	struct fixture *f = setup(state);
	_cleanup_(arena_freep) struct arena *small = arena_new((size_t)16 * 1024);
	const struct http_call call = { .method = "GET", .url = url(f, "/") };
	struct http_client_config config = {
		.egress_allow = STR("127.0.0.1"), .connect_timeout_ms = 300, .total_timeout_ms = TOTAL_MS,
		.max_answer_bytes = (size_t)1024 * 1024,
	};
	struct http_client *client = NULL;
	struct op op;

	op_init(&op, small, NULL, NULL);
	assert_int_equal(http_client_new(&op, &config, &client), 0);
	http_server_set(f->server, HTTP_FLOOD, "HTTP/1.1 200 OK\r\n\r\n");
	assert_int_equal(http_client_call(&op, client, &call, &f->answer), ERR_LIMIT);
	http_client_free(client);
	done(f);
}

static void test_interim_answers_and_trailers(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_ANSWER,
	                "HTTP/1.1 103 Early Hints\r\nETag: \"early\"\r\nContent-Type: a/b\r\n\r\n"
	                "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\nTrailer: ETag\r\n\r\n"
	                "2\r\nok\r\n0\r\nETag: \"late\"\r\nContent-Type: c/d\r\n\r\n");
	assert_int_equal(get(f), 0);
	assert_int_equal(f->answer.status, 200);
	assert_str_equal(f->answer.body, "ok");
	assert_str_null(f->answer.etag);
	assert_str_null(f->answer.content_type);
	done(f);
}

static void test_connections_are_kept(void **state)
{
	struct fixture *f = setup(state);

	for (int i = 0; i < 5; i++) {
		assert_int_equal(get(f), 0);
		assert_int_equal(post(f), 0);
	}
	assert_int_equal(http_server_n_connections(f->server), 1);
	assert_int_equal(http_server_n_requests(f->server), 10);
	done(f);
}

/*
 * libcurl repeats a request by itself when a kept connection breaks.  For a POST that would be
 * one account too many: exactly one second request may arrive.
 */
static void test_post_is_never_sent_twice(void **state)
{
	struct fixture *f = setup(state);

	http_server_set(f->server, HTTP_SECOND_HANGS_UP, OK_ANSWER);
	assert_int_equal(get(f), 0);
	assert_int_equal(post(f), ERR_OUTCOME_UNKNOWN);
	assert_int_equal(http_server_n_requests(f->server), 2);
	done(f);

	/* Without a body it goes out on a fresh connection, which then answers. */
	f = setup(state);
	http_server_set(f->server, HTTP_SECOND_HANGS_UP, OK_ANSWER);
	assert_int_equal(call_url(f, "POST", url(f, "/"), STR_NULL), 0);
	assert_int_equal(http_server_n_requests(f->server), 1);
	done(f);
}

static void test_certificates(void **state)
{
	char path[] = "/tmp/sen-test-XXXXXX", other_path[] = "/tmp/sen-test-XXXXXX";
	struct fixture *f = setup(state);
	struct proxy_cert *cert, *other;
	struct proxy *tls, *wrong_name;
	struct str target, wrong_target;

	close(mkstemp(path));
	close(mkstemp(other_path));
	cert = proxy_cert_new("IP:127.0.0.1", path);
	other = proxy_cert_new("IP:127.0.0.2,DNS:localhost", other_path);
	tls = proxy_start(http_server_port(f->server), cert);
	wrong_name = proxy_start(http_server_port(f->server), other);
	target = arena_printf(*state, "https://127.0.0.1:%d/", proxy_port(tls));
	wrong_target = arena_printf(*state, "https://127.0.0.1:%d/", proxy_port(wrong_name));

	/* Nobody has signed it. */
	assert_int_equal(call_url(f, "POST", target, STR("secret")), ERR_UNAVAILABLE);
	assert_int_equal(proxy_n_bytes(tls), 0);
	/* Signed by the CA of the configuration. */
	http_client_free(f->client);
	f->client = new_client(*state, "127.0.0.0/8", path);
	assert_int_equal(call_url(f, "POST", target, STR("secret")), 0);
	assert_true(proxy_n_bytes(tls) > 0);
	assert_int_equal(call_url(f, "POST", wrong_target, STR("secret")), ERR_UNAVAILABLE);
	/* Signed, but for another name. */
	http_client_free(f->client);
	f->client = new_client(*state, "127.0.0.0/8", other_path);
	assert_int_equal(call_url(f, "POST", wrong_target, STR("secret")), ERR_UNAVAILABLE);
	assert_int_equal(proxy_n_bytes(wrong_name), 0);

	proxy_stop(tls);
	proxy_stop(wrong_name);
	proxy_cert_free(cert);
	proxy_cert_free(other);
	unlink(path);
	unlink(other_path);
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
		UNIT_TEST(test_get),
		UNIT_TEST(test_get_without_anything),
		UNIT_TEST(test_retry_after),
		UNIT_TEST(test_retry_after_date),
		UNIT_TEST(test_retry_after_by_its_own_clock),
		UNIT_TEST(test_rate_limit_headers),
		UNIT_TEST(test_methods),
		UNIT_TEST(test_headers),
		UNIT_TEST(test_header_injection),
		UNIT_TEST(test_cve_2026_4366_redirect_is_not_followed),
		UNIT_TEST(test_urls_that_are_refused),
		UNIT_TEST(test_addresses_that_are_refused),
		UNIT_TEST(test_http_to_elsewhere),
		UNIT_TEST(test_names_are_resolved),
		UNIT_TEST(test_environment_has_no_say),
		UNIT_TEST(test_not_sent),
		UNIT_TEST(test_outcome_unknown),
		UNIT_TEST(test_time_limit),
		UNIT_TEST(test_waiting_holds_up_nobody),
		UNIT_TEST(test_too_large),
		UNIT_TEST(test_arena_is_too_small),
		UNIT_TEST(test_interim_answers_and_trailers),
		UNIT_TEST(test_connections_are_kept),
		UNIT_TEST(test_post_is_never_sent_twice),
		UNIT_TEST(test_certificates),
		UNIT_TEST(test_config),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
