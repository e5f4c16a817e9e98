/* What every response has, and what the log and the metrics say of it. */
#include "tests/http/rig.h"

#include "common/base/log.h"

#include <fcntl.h>

static void assert_header(const struct rig_reply *reply, const char *name, const char *value)
{
	struct str found = rig_header(reply, name);

	if (!str_equal(found, str_c(value)))
		fail_msg("%s: \"%.*s\" != \"%s\"", name, STR_ARG(found), value);
}

static void assert_secure(const struct rig_reply *reply)
{
	assert_header(reply, "X-Content-Type-Options", "nosniff");
	assert_header(reply, "Referrer-Policy", "no-referrer");
	assert_header(reply, "X-Frame-Options", "DENY");
	assert_header(reply, "Strict-Transport-Security", "max-age=63072000; includeSubDomains");
	assert_header(reply, "Content-Security-Policy", "default-src 'none'; frame-ancestors 'none'");
}

static void test_headers_on_every_response(void **state)
{
	static const char *const requests[] = {
		GET("/inline"), GET("/nap"), GET("/nope"), GET("/fail"), GET("/forgetful"), GET("/cookie"), GET("/file"),
		"DELETE /nap HTTP/1.1\r\nHost: test\r\n\r\n", "GET /nap HTTP/1.1\r\nHost: evil\r\n\r\n",
		"OPTIONS /inline HTTP/1.1\r\nHost: test\r\n\r\n", "HEAD /nap HTTP/1.1\r\nHost: test\r\n\r\n",
	};
	struct rig rig;

	rig_init(&rig);
	rig.config.https = true;
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(requests); i++) {
		struct rig_reply reply = rig_ask(*state, &rig, requests[i]);

		assert_secure(&reply);
		if (!str_contains(str_c(requests[i]), STR("/file")))
			assert_header(&reply, "Cache-Control", "no-store");
	}
	rig_stop(&rig, 5000);
}

static void test_no_hsts_over_http(void **state)
{
	struct rig rig;
	struct rig_reply reply;

	rig_init(&rig);
	rig_start(&rig);
	reply = rig_ask(*state, &rig, GET("/nap"));
	assert_str_null(rig_header(&reply, "Strict-Transport-Security"));
	assert_header(&reply, "Cross-Origin-Resource-Policy", "same-origin");
	assert_str_null(rig_header(&reply, "Access-Control-Allow-Origin"));
	reply = rig_ask(*state, &rig, GET("/file"));
	assert_header(&reply, "Cache-Control", "public, max-age=31536000, immutable");
	rig_stop(&rig, 5000);
}

static void test_cors(void **state)
{
	struct rig rig;
	struct rig_reply reply;

	rig_init(&rig);
	rig_start(&rig);
	reply = rig_ask(*state, &rig, GET("/inline"));
	assert_header(&reply, "Access-Control-Allow-Origin", "*");
	assert_header(&reply, "Access-Control-Expose-Headers", "WWW-Authenticate, DPoP-Nonce, Retry-After");
	assert_header(&reply, "Cross-Origin-Resource-Policy", "cross-origin");
	assert_str_null(rig_header(&reply, "Access-Control-Allow-Credentials"));
	reply = rig_ask(*state, &rig, "OPTIONS /inline HTTP/1.1\r\nHost: test\r\nOrigin: https://a\r\n\r\n");
	assert_int_equal(reply.status, 204);
	assert_header(&reply, "Access-Control-Allow-Methods", "GET, HEAD, OPTIONS");
	assert_header(&reply, "Access-Control-Allow-Headers", "Authorization, Content-Type, DPoP");
	reply = rig_ask(*state, &rig, "OPTIONS /nap HTTP/1.1\r\nHost: test\r\nOrigin: https://a\r\n\r\n");
	assert_int_equal(reply.status, 405);
	assert_header(&reply, "Allow", "GET, HEAD");
	rig_stop(&rig, 5000);
}

static void test_head(void **state)
{
	struct rig rig;
	int fd;

	rig_init(&rig);
	rig_start(&rig);
	fd = rig_dial(&rig);
	assert_true(rig_send(fd, STR("HEAD /echo/12 HTTP/1.1\r\nHost: test\r\n\r\n" GET("/echo/3"))));

	struct rig_reply reply = rig_read(*state, fd, false);

	assert_int_equal(reply.status, 200);
	assert_header(&reply, "Content-Length", "5");
	assert_str_equal(rig_read(*state, fd, true).body, "/3/0");
	close(fd);
	rig_stop(&rig, 5000);
}

static void test_redirect_and_cookie(void **state)
{
	struct rig rig;
	struct rig_reply reply;

	rig_init(&rig);
	rig_start(&rig);
	reply = rig_ask(*state, &rig, GET("/cookie"));
	assert_int_equal(reply.status, 303);
	assert_header(&reply, "Location", "/next");
	assert_header(&reply, "Set-Cookie", "__Host-t=v; Max-Age=60; Path=/; Secure; HttpOnly; SameSite=Lax");
	/* A response that is not declared cacheable is not, whatever its handler says of it. */
	assert_int_equal(rig_count(reply.head, STR("Cache-Control")), 1);
	assert_header(&reply, "Cache-Control", "no-store");
	rig_stop(&rig, 5000);
}

/* One response is kept ready for all who ask the same; the next content is never the one before, nor an answer that closes kept. */
static void test_shared(void **state)
{
	static const struct {
		const char *request, *body;
		bool closes;
	} asks[] = {
		{ GET("/shared?a=one"), "one", false },
		{ GET("/shared?a=one"), "one", false },
		{ GET("/shared?a=two"), "two", false },
		{ "HEAD /shared?a=two HTTP/1.1\r\nHost: test\r\n\r\n", "", false },
		{ "GET /shared?a=two HTTP/1.1\r\nHost: test\r\nConnection: close\r\n\r\n", "two", true },
		{ GET("/shared?a=two"), "two", false },
		{ GET("/shared?a=owt"), "owt", false },
		{ GET("/shared?a=one"), "one", false },
	};
	struct rig rig;

	rig_init(&rig);
	rig.config.https = true;
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(asks); i++) {
		struct rig_reply reply = rig_ask(*state, &rig, asks[i].request);

		assert_int_equal(reply.status, 200);
		assert_str_equal(reply.body, asks[i].body);
		assert_secure(&reply);
		assert_int_equal(rig_count(reply.head, STR("Cache-Control")), 1);
		assert_header(&reply, "Cache-Control", "public, max-age=60");
		assert_header(&reply, "Content-Type", "text/plain");
		assert_int_equal(!str_is_null(rig_header(&reply, "Connection")), asks[i].closes);
	}
	rig_stop(&rig, 5000);
}

static void test_expect_continue(void **state)
{
	struct rig rig;
	int fd;

	rig_init(&rig);
	rig_start(&rig);
	fd = rig_dial(&rig);
	assert_true(rig_send(fd, STR("POST /echo HTTP/1.1\r\nHost: test\r\nExpect: 100-continue\r\nContent-Length: 3\r\n"
	                             "Content-Type: application/x-www-form-urlencoded\r\n\r\n")));
	assert_true(str_starts(rig_read(*state, fd, false).head, STR("HTTP/1.1 100")));
	assert_true(rig_send(fd, STR("a=7")));
	assert_str_equal(rig_read(*state, fd, true).body, "7//3");
	close(fd);
	rig_stop(&rig, 5000);
}

static void test_errors_of_handlers(void **state)
{
	struct rig rig;
	struct rig_reply reply;

	rig_init(&rig);
	rig_start(&rig);
	reply = rig_ask(*state, &rig, GET("/fail"));
	assert_int_equal(reply.status, 409);
	assert_header(&reply, "Content-Type", "application/problem+json");
	assert_str_null(rig_header(&reply, "Set-Cookie"));
	assert_false(str_contains(reply.body, STR("for the log")));
	assert_int_equal(rig_ask(*state, &rig, GET("/forgetful")).status, 500);
	assert_int_equal(rig_ask(*state, &rig, GET("/greedy")).status, 413);
	assert_int_equal(rig_ask(*state, &rig, GET("/guarded")).status, 403);
	assert_int_equal(rig_ask(*state, &rig, GET("/echo?a=1&a=2")).status, 400);
	assert_int_equal(atomic_load(&rig.app.handled), 1);
	rig_stop(&rig, 5000);
}

/* An answer to a request without a body does not cost the connection. */
static void test_errors_keep_the_connection(void **state)
{
	struct rig rig;
	int fd;

	rig_init(&rig);
	rig_start(&rig);
	fd = rig_dial(&rig);
	for (int i = 0; i < 3; i++) {
		assert_true(rig_send(fd, STR(GET("/nope"))));
		assert_int_equal(rig_read(*state, fd, true).status, 404);
	}
	close(fd);
	rig_stop(&rig, 5000);
}

static void test_json_bodies(void **state)
{
	struct rig rig;

	rig_init(&rig);
	rig_start(&rig);
#define JSON(type, body) "POST /json HTTP/1.1\r\nHost: test\r\nContent-Type: " type "\r\nContent-Length: " body
	assert_int_equal(rig_ask(*state, &rig, JSON("application/json", "7\r\n\r\n{\"a\":1}")).status, 200);
	assert_int_equal(rig_ask(*state, &rig, JSON("application/json", "2\r\n\r\n[]")).status, 400);
	assert_int_equal(rig_ask(*state, &rig, JSON("application/json", "13\r\n\r\n{\"a\":1,\"a\":2}")).status, 400);
	assert_int_equal(rig_ask(*state, &rig, JSON("text/plain", "2\r\n\r\n{}")).status, 415);
	rig_stop(&rig, 5000);
}

static void test_forwarded_address(void **state)
{
	static const struct str proxies[] = { STR("10.1.2.3"), STR("127.0.0.1") };
	struct rig rig;

	rig_init(&rig);
	rig_start(&rig);
#define WHO(ip) "GET /who HTTP/1.1\r\nHost: test\r\nX-Forwarded-For: " ip "\r\n\r\n"
	assert_str_equal(rig_ask(*state, &rig, WHO("203.0.113.7")).body, "127.0.0.1");
	rig_stop(&rig, 1000);
	rig_init(&rig);
	rig.config.trusted_proxies = proxies;
	rig.config.n_trusted_proxies = ARRAY_LEN(proxies);
	rig_start(&rig);
	assert_str_equal(rig_ask(*state, &rig, WHO("6.6.6.6, 203.0.113.7")).body, "203.0.113.7");
	assert_int_equal(rig_ask(*state, &rig, WHO("203.0.113.7:80")).status, 400);
	assert_str_equal(rig_ask(*state, &rig, GET("/who")).body, "127.0.0.1");
	rig_stop(&rig, 1000);
}

static void test_connection_limit_per_address(void **state)
{
	struct rig rig;
	int fds[3];

	rig_init(&rig);
	rig.config.io_threads = 1;
	rig.config.per_ip_connection_max = 2;
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(fds); i++) {
		fds[i] = rig_dial(&rig);
		(void)rig_send(fds[i], STR(GET("/inline")));
		assert_int_equal(rig_read(*state, fds[i], true).status, i < 2 ? 200 : 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(fds); i++)
		close(fds[i]);
	rig_stop(&rig, 1000);
}

/* Standard error into a file while the request is made; its text. */
/* The line may come a little after the answer: with those of the others that were answered in the same turn. */
static struct str log_of(struct arena *a, struct rig *rig, const char *request)
{
	char path[] = "/tmp/sen-http-log-XXXXXX";
	char *text = arena_alloc(a, RIG_REPLY_MAX);
	int fd = mkstemp(path), before = dup(STDERR_FILENO);
	int64_t end_ms = rig_now_ms() + 5000;
	ssize_t len;

	assert_true(fd >= 0);
	dup2(fd, STDERR_FILENO);
	log_init("test", LOG_LEVEL_INFO);
	(void)rig_ask(a, rig, request);
	while ((len = pread(fd, text, RIG_REPLY_MAX, 0)) == 0 && rig_now_ms() < end_ms)
		;
	log_init("test", LOG_LEVEL_ERROR);
	dup2(before, STDERR_FILENO);
	close(before);
	close(fd);
	unlink(path);
	assert_true(len >= 0);
	return str_n(text, (size_t)len);
}

static void test_log_line(void **state)
{
	struct rig rig;
	struct str line;

	rig_init(&rig);
	rig_start(&rig);
	line = log_of(*state, &rig, "POST /echo HTTP/1.1\r\nHost: test\r\nCookie: c=hidden1\r\nAuthorization: Bearer hidden2\r\n"
	                            "Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 9\r\n\r\na=hidden3");
	assert_int_equal(rig_count(line, STR("\n")), 1);
	assert_true(str_contains(line, STR("\"event\":\"request\"")));
	assert_true(str_contains(line, STR("\"route\":\"echo\",\"method\":\"POST\",\"status\":200,\"ms\":")));
	assert_true(str_contains(line, STR("\"ip\":\"127.0.0.1\"")));
	assert_false(str_contains(line, STR("hidden")));
	line = log_of(*state, &rig, GET("/echo/hidden4?a=hidden5"));
	assert_true(str_contains(line, STR("\"route\":\"echo_id\"")));
	assert_false(str_contains(line, STR("hidden")));
	line = log_of(*state, &rig, GET("/fail"));
	assert_true(str_contains(line, STR("\"client_id\":\"client-7\",\"error\":\"conflict\",\"detail\":\"for the log\"")));
	rig_stop(&rig, 1000);
}

/* What a snapshot lends, a client's id or the JWKS, stands until the answer has left. */
static void test_lent_until_the_answer_left(void **state)
{
	struct rig rig;
	struct rig_reply reply;

	rig_init(&rig);
	rig_start(&rig);
	reply = rig_ask(*state, &rig, GET("/lend"));
	assert_str_equal(reply.body, "lent");
	assert_true(str_contains(log_of(*state, &rig, GET("/lend")), STR("\"client_id\":\"lent\"")));
	rig_stop(&rig, 1000);
	assert_memory_equal(rig.app.lent, "----", 4);
}

static void test_metrics(void **state)
{
	struct rig rig;

	rig_init(&rig);
	rig_start(&rig);
	(void)rig_ask(*state, &rig, GET("/nap"));
	(void)rig_ask(*state, &rig, GET("/nope"));
	(void)rig_ask(*state, &rig, "GET / HTTP/1.1\r\nHost: evil\r\n\r\n");
	assert_int_equal(rig_metric(*state, &rig, "sen_http_requests_total{route=\"nap\",method=\"GET\",code=\"2xx\"}"), 1);
	assert_int_equal(rig_metric(*state, &rig, "sen_http_requests_total{route=\"none\",method=\"GET\",code=\"4xx\"}"), 1);
	assert_int_equal(rig_metric(*state, &rig, "sen_http_refused_by_gate_total"), 1);
	rig_stop(&rig, 1000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_headers_on_every_response),
		UNIT_TEST(test_no_hsts_over_http),
		UNIT_TEST(test_cors),
		UNIT_TEST(test_head),
		UNIT_TEST(test_redirect_and_cookie),
		UNIT_TEST(test_shared),
		UNIT_TEST(test_expect_continue),
		UNIT_TEST(test_errors_of_handlers),
		UNIT_TEST(test_errors_keep_the_connection),
		UNIT_TEST(test_json_bodies),
		UNIT_TEST(test_forwarded_address),
		UNIT_TEST(test_connection_limit_per_address),
		UNIT_TEST(test_log_line),
		UNIT_TEST(test_lent_until_the_answer_left),
		UNIT_TEST(test_metrics),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
