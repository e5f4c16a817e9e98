/* What must not pass: smuggling, limits, slowness.  Each variant is sent as raw bytes. */
#include "tests/http/rig.h"

/* A second request that must never be answered. */
#define SMUGGLED GET("/echo/smuggled")
#define POST "POST /echo HTTP/1.1\r\nHost: test\r\nContent-Type: application/x-www-form-urlencoded\r\n"

/*
 * Refused, then the end, whatever follows in the same bytes.  Where libmicrohttpd 0.9.75 itself
 * refuses a Content-Length or a missing Host it sends the head of its answer twice, and a
 * malformed first line it answers by closing; the connection ends all the same.
 */
static void assert_refused(struct arena *a, const struct rig *rig, struct str bytes, const char *label)
{
	int fd = rig_dial(rig);
	struct str all;

	assert_true(fd >= 0);
	(void)rig_send(fd, bytes);
	all = rig_read_all(a, fd);
	close(fd);
	if (rig_count(all, STR("HTTP/1.1 ")) != rig_count(all, STR("HTTP/1.1 4")))
		fail_msg("%s: %.*s", label, STR_ARG(all));
	assert_false(str_contains(all, STR("smuggled")));
}

static const struct {
	const char *label;
	struct str bytes;
} ambiguous[] = {
	{ "TE and CL", STR(POST "Transfer-Encoding: chunked\r\nContent-Length: 4\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "CL and TE", STR(POST "Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "two CL, different", STR(POST "Content-Length: 3\r\nContent-Length: 50\r\n\r\na=1" SMUGGLED) },
	{ "two CL, same", STR(POST "Content-Length: 3\r\nContent-Length: 3\r\n\r\na=1" SMUGGLED) },
	{ "CL list", STR(POST "Content-Length: 3, 3\r\n\r\na=1" SMUGGLED) },
	{ "CL with plus", STR(POST "Content-Length: +3\r\n\r\na=1" SMUGGLED) },
	{ "CL hexadecimal", STR(POST "Content-Length: 0x3\r\n\r\na=1" SMUGGLED) },
	{ "CL negative", STR(POST "Content-Length: -3\r\n\r\na=1" SMUGGLED) },
	{ "CL over 2^64", STR(POST "Content-Length: 18446744073709551619\r\n\r\na=1" SMUGGLED) },
	{ "TE xchunked", STR(POST "Transfer-Encoding: xchunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "TE list", STR(POST "Transfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "TE identity", STR(POST "Transfer-Encoding: identity\r\n\r\n" SMUGGLED) },
	{ "TE twice", STR(POST "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "TE with VT", STR(POST "Transfer-Encoding: \x0b" "chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "TE quoted", STR(POST "Transfer-Encoding: \"chunked\"\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "space before the colon", STR(POST "Transfer-Encoding : chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "space before the colon, CL", STR(POST "Content-Length : 3\r\n\r\na=1" SMUGGLED) },
	{ "folded line", STR(POST "X: y\r\n Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "folded value", STR(POST "Transfer-Encoding:\r\n chunked\r\n\r\n0\r\n\r\n" SMUGGLED) },
	{ "folded into a name", STR("GET /inline HTTP/1.1\r\nHost: test\r\nX: y\r\n abc\r\n\r\n" SMUGGLED) },
	{ "NUL in a value", STR("GET /inline HTTP/1.1\r\nHost: test\r\nX: y\0z\r\n\r\n" SMUGGLED) },
	{ "NUL in a name", STR("GET /inline HTTP/1.1\r\nHost: test\r\nX\0: y\r\n\r\n" SMUGGLED) },
	{ "NUL in the URI", STR("GET /inline\0x HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED) },
	{ "CR in a value", STR("GET /inline HTTP/1.1\r\nHost: test\r\nX: y\rz\r\n\r\n" SMUGGLED) },
	{ "control in a name", STR("GET /inline HTTP/1.1\r\nHost: test\r\nX\x01: y\r\n\r\n" SMUGGLED) },
	{ "name empty", STR("GET /inline HTTP/1.1\r\nHost: test\r\n: y\r\n\r\n" SMUGGLED) },
	{ "no colon", STR("GET /inline HTTP/1.1\r\nHost: test\r\njunk\r\n\r\n" SMUGGLED) },
	{ "two hosts", STR("GET /inline HTTP/1.1\r\nHost: test\r\nHost: evil\r\n\r\n" SMUGGLED) },
	{ "no host", STR("GET /inline HTTP/1.1\r\n\r\n" SMUGGLED) },
	{ "empty host", STR("GET /inline HTTP/1.1\r\nHost:\r\n\r\n" SMUGGLED) },
	{ "foreign host", STR("GET /inline HTTP/1.1\r\nHost: evil\r\n\r\n" SMUGGLED) },
	{ "two authorizations", STR("GET /inline HTTP/1.1\r\nHost: test\r\nAuthorization: a\r\nAuthorization: b\r\n\r\n" SMUGGLED) },
	{ "absolute form", STR("GET http://evil/ HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED) },
	{ "space in the URI", STR("GET /inline x HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED) },
	{ "dots", STR("GET /static/../inline HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED) },
	{ "upgrade", STR("GET /inline HTTP/1.1\r\nHost: test\r\nConnection: Upgrade\r\nUpgrade: h2c\r\n\r\n" SMUGGLED) },
	{ "expect", STR("GET /inline HTTP/1.1\r\nHost: test\r\nExpect: more\r\n\r\n" SMUGGLED) },
	{ "method", STR("TRACE /inline HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED) },
	{ "body of a GET", STR("GET /inline HTTP/1.1\r\nHost: test\r\nContent-Length: 31\r\n\r\n" SMUGGLED) },
	{ "body where none is taken", STR("DELETE /echo HTTP/1.1\r\nHost: test\r\nContent-Length: 31\r\n\r\n" SMUGGLED) },
	{ "bad chunk", STR(POST "Transfer-Encoding: chunked\r\n\r\nzz\r\n\r\n" SMUGGLED) },
	{ "chunk with sign", STR(POST "Transfer-Encoding: chunked\r\n\r\n+1\r\na\r\n0\r\n\r\n" SMUGGLED) },
	{ "chunk without end", STR(POST "Transfer-Encoding: chunked\r\n\r\n1\r\nabb\r\n0\r\n\r\n" SMUGGLED) },
};

static void test_ambiguous_requests(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig_start(&rig);
	for (size_t i = 0; i < ARRAY_LEN(ambiguous); i++) {
		_cleanup_(arena_freep) struct arena *a = arena_new((size_t)1024 * 1024);

		assert_refused(a, &rig, ambiguous[i].bytes, ambiguous[i].label);
	}
	assert_int_equal(atomic_load(&rig.app.handled), 0);
	rig_stop(&rig, 5000);
}

/* HTTP/1.0 has no chunks: the proxy that spoke it would read a body to the end of the connection. */
static void test_chunked_in_http_1_0(void **state)
{
	struct rig rig;

	rig_init(&rig);
	rig_start(&rig);
	assert_refused(*state, &rig, STR("POST /echo HTTP/1.0\r\nHost: test\r\nConnection: keep-alive\r\n"
	                                 "Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n" SMUGGLED), "chunked in 1.0");
	rig_stop(&rig, 5000);
}

static struct str repeat(struct arena *a, const char *before, char c, size_t n, const char *after)
{
	struct buf b = buf_new(a, (size_t)4 * 1024 * 1024);

	buf_add_c(&b, before);
	while (n-- > 0)
		buf_add_char(&b, c);
	buf_add_c(&b, after);
	assert_true(buf_ok(&b));
	return buf_str(&b);
}

static void test_sizes(void **state)
{
	struct rig rig;
	struct rig_reply reply;

	rig_init(&rig);
	rig_start(&rig);
	assert_refused(*state, &rig, repeat(*state, "GET /", 'a', 9000, " HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED), "URI");
	assert_refused(*state, &rig, repeat(*state, "GET /", 'a', 100000, " HTTP/1.1\r\nHost: test\r\n\r\n" SMUGGLED), "long URI");
	assert_refused(*state, &rig, repeat(*state, "GET /inline HTTP/1.1\r\nHost: test\r\nX: ", 'a', 17000, "\r\n\r\n" SMUGGLED),
	               "header");
	assert_refused(*state, &rig, repeat(*state, "GET /inline HTTP/1.1\r\nHost: test\r\nX: ", 'a', 100000, "\r\n\r\n" SMUGGLED),
	               "long header");
	assert_refused(*state, &rig, repeat(*state, POST "Content-Length: 1001\r\n\r\na=", 'b', 999, SMUGGLED), "body");
	/* Refused before it is sent. */
	reply = rig_ask(*state, &rig, POST "Content-Length: 1500000\r\nExpect: 100-continue\r\n\r\n");
	assert_int_equal(reply.status, 413);
	reply = rig_ask(*state, &rig, POST "Content-Length: 1000000000\r\n\r\n");
	assert_int_equal(reply.status, 413);
	reply = rig_ask(*state, &rig, repeat(*state, POST "Content-Length: 1000\r\n\r\na=1&c=", 'b', 994, "").p);
	assert_int_equal(reply.status, 200);
	rig_stop(&rig, 5000);
}

/* A client that sends all of it before it looks for an answer finds one, and not a broken connection. */
static void test_a_large_body_is_heard_out(void **state)
{
	struct rig rig;
	struct rig_reply reply;
	struct str piece = repeat(*state, "", 'b', 50000, "");
	int fd;

	rig_init(&rig);
	rig_start(&rig);
	fd = rig_dial(&rig);
	assert_true(rig_send(fd, STR(POST "Content-Length: 1500000\r\n\r\n")));
	for (int i = 0; i < 30; i++) {
		rig_sleep_ms(5);
		assert_true(rig_send(fd, piece));
	}
	reply = rig_read(*state, fd, true);
	assert_int_equal(reply.status, 413);
	assert_true(reply.says_close);
	close(fd);
	rig_stop(&rig, 5000);
}

static void test_many_fields(void **state)
{
	struct buf b = buf_new(*state, 100000);
	struct rig rig;

	rig_init(&rig);
	rig_start(&rig);
	buf_add_c(&b, "GET /inline HTTP/1.1\r\nHost: test\r\n");
	for (int i = 0; i < 64; i++)
		buf_add_c(&b, "A: b\r\n");
	buf_add_c(&b, "\r\n" SMUGGLED);
	assert_refused(*state, &rig, buf_str(&b), "fields");
	rig_stop(&rig, 5000);
}

static void test_chunked_bodies(void **state)
{
	struct rig rig;
	struct rig_reply reply;
	int fd;

	rig_init(&rig);
	rig_start(&rig);
	reply = rig_ask(*state, &rig, POST "Transfer-Encoding: chunked\r\n\r\n2\r\na=\r\n3;x=y\r\n123\r\n0\r\n\r\n");
	assert_str_equal(reply.body, "123//5");
	/* Too much of it is dropped and answered at its end … */
	reply = rig_ask(*state, &rig, repeat(*state, POST "Transfer-Encoding: chunked\r\n\r\n1388\r\n", 'b', 5000, "\r\n0\r\n\r\n").p);
	assert_int_equal(reply.status, 413);
	assert_true(reply.says_close);
	/* … but not for ever. */
	fd = rig_dial(&rig);
	(void)rig_send(fd, repeat(*state, POST "Transfer-Encoding: chunked\r\n\r\n2fffff\r\n", 'b', 3000000, ""));
	assert_false(str_contains(rig_read_all(*state, fd), STR("200 OK")));
	close(fd);
	assert_int_equal(atomic_load(&rig.app.handled), 1);
	rig_stop(&rig, 5000);
}

/* A byte now and then keeps MHD's time-out from striking: the deadline is for the whole. */
static void drip_until_closed(const struct rig *rig, struct str start, struct str drop)
{
	int64_t start_ms = rig_now_ms();
	int fd = rig_dial(rig);
	bool is_open;

	assert_true(rig_send(fd, start));
	do {
		rig_sleep_ms(100);
		is_open = rig_send(fd, drop);
	} while (is_open && rig_now_ms() - start_ms < 6000);
	assert_false(is_open);
	close(fd);
}

static void test_slow_loris(void **state)
{
	struct rig rig;

	(void)state;
	rig_init(&rig);
	rig.config.deadline_s = 1;
	rig.config.idle_timeout_s = 1;
	rig_start(&rig);
	drip_until_closed(&rig, STR("GET /inline HTTP/1.1\r\nHost: test\r\n"), STR("X: y\r\n"));
	drip_until_closed(&rig, STR(POST "Content-Length: 1000\r\n\r\n"), STR("x"));
	drip_until_closed(&rig, STR("G"), STR("E"));
	assert_int_equal(atomic_load(&rig.app.handled), 0);
	rig_stop(&rig, 5000);
}

static void test_idle_time_out(void **state)
{
	struct rig rig;
	int fd;

	rig_init(&rig);
	rig.config.idle_timeout_s = 1;
	rig_start(&rig);
	fd = rig_dial(&rig);
	assert_true(rig_send(fd, STR(GET("/nap"))));
	assert_int_equal(rig_read(*state, fd, true).status, 200);
	assert_int_equal(rig_read(*state, fd, true).status, 0);
	close(fd);
	rig_stop(&rig, 5000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_ambiguous_requests),
		UNIT_TEST(test_chunked_in_http_1_0),
		UNIT_TEST(test_sizes),
		UNIT_TEST(test_a_large_body_is_heard_out),
		UNIT_TEST(test_many_fields),
		UNIT_TEST(test_chunked_bodies),
		UNIT_TEST(test_slow_loris),
		UNIT_TEST(test_idle_time_out),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
