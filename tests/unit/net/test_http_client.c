/* http_client.h: what is sent, and what is made of an answer. */
#include "common/base/clock.h"
#include "tests/unit/net/http_fixture.h"

#include <string.h>

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
		UNIT_TEST(test_interim_answers_and_trailers),
	};

	return cmocka_run_group_tests_name("net/http_client", tests, NULL, NULL);
}
