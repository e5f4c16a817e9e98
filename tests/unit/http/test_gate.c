#include "server/http/gate.h"

#include "common/base/err.h"
#include "tests/unit/unit.h"

#define HOST { STR("Host"), STR("sso.example.vn") }
#define FIELDS_MAX 80

static const struct str hosts[] = { STR("sso.example.vn"), STR("127.0.0.1:8080") };

static struct gate_request request_of(const struct field *fields, size_t n)
{
	return (struct gate_request){
		.method = STR("GET"),
		.uri = STR("/"),
		.version = STR("HTTP/1.1"),
		.fields = { fields, n },
		.hosts = hosts,
		.n_hosts = ARRAY_LEN(hosts),
	};
}

static int check(struct arena *a, const struct gate_request *in)
{
	struct gate_pass pass;
	const char *reason = NULL;
	int r = gate_check(a, in, &pass, &reason);

	assert_true((r < 0) == (reason != NULL));
	return r;
}

static int check_uri(struct arena *a, struct str uri)
{
	static const struct field fields[] = { HOST };
	struct gate_request in = request_of(fields, 1);

	in.uri = uri;
	return check(a, &in);
}

/* The verdict on Host and these two fields (of no name: left out). */
static int check_with(struct arena *a, struct field one, struct field two)
{
	struct field fields[3] = { HOST, one, two };
	struct gate_request in = request_of(fields, str_is_null(two.name) ? 2 : 3);

	in.method = STR("POST");
	return check(a, &in);
}

#define NONE ((struct field){ STR_NULL, STR_NULL })
#define F(name, value) ((struct field){ STR(name), STR(value) })

static void test_passes(void **state)
{
	static const struct field fields[] = { HOST, { STR("Content-Length"), STR("12") }, { STR("X"), STR("") } };
	struct gate_request in = request_of(fields, ARRAY_LEN(fields));
	struct gate_pass pass;
	const char *reason = NULL;

	in.method = STR("POST");
	in.uri = STR("/a%20b/%C3%A9?x=%2f..&y=%2525");
	assert_int_equal(gate_check(*state, &in, &pass, &reason), 0);
	assert_int_equal(pass.method, HTTP_POST);
	assert_str_equal(pass.path, "/a b/\xc3\xa9");
	assert_str_equal(pass.raw_query, "x=%2f..&y=%2525");
	assert_true(pass.has_body && !pass.is_chunked);
	assert_int_equal(pass.content_length, 12);
}

static void test_query_may_be_absent_or_empty(void **state)
{
	static const struct field fields[] = { HOST };
	struct gate_request in = request_of(fields, 1);
	struct gate_pass pass;
	const char *reason = NULL;

	assert_int_equal(gate_check(*state, &in, &pass, &reason), 0);
	assert_str_null(pass.raw_query);
	assert_false(pass.has_body);
	in.uri = STR("/?");
	assert_int_equal(gate_check(*state, &in, &pass, &reason), 0);
	assert_str_equal(pass.raw_query, "");
}

static void test_methods(void **state)
{
	static const struct str good[] = { STR("GET"), STR("HEAD"), STR("POST"), STR("PUT"),
		                           STR("PATCH"), STR("DELETE"), STR("OPTIONS") };
	static const struct str bad[] = { STR("get"), STR("TRACE"), STR("CONNECT"), STR(""), STR("PRI"), STR("GET ") };
	static const struct field fields[] = { HOST };
	struct gate_request in = request_of(fields, 1);

	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		in.method = good[i];
		assert_int_equal(check(*state, &in), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		in.method = bad[i];
		assert_int_equal(check(*state, &in), ERR_METHOD_NOT_ALLOWED);
	}
}

static void test_versions(void **state)
{
	static const struct str bad[] = { STR("HTTP/2.0"), STR("HTTP/1.2"), STR("HTTP/0.9"), STR(""), STR("http/1.1") };
	static const struct field fields[] = { HOST };
	struct gate_request in = request_of(fields, 1);

	in.version = STR("HTTP/1.0");
	assert_int_equal(check(*state, &in), 0);
	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		in.version = bad[i];
		assert_int_equal(check(*state, &in), ERR_BAD_REQUEST);
	}
}

/* libmicrohttpd 1.0.4 and 1.0.5, request smuggling: each is read differently by some other parser. */
static void test_framing(void **state)
{
	static const struct str codings[] = { STR("chunked, chunked"), STR("gzip, chunked"), STR("Chunked"), STR(""),
		                              STR("identity"), STR(" chunked"), STR("chunked "), STR("xchunked"),
		                              STR("chunked;q=1") };
	static const struct str lengths[] = { STR(""), STR("+1"), STR("-1"), STR("1,1"), STR("0x10"), STR("1 "), STR(" 1"),
		                              STR("01"), STR("99999999999999999999"), STR("1e3") };

	assert_int_equal(check_with(*state, F("Transfer-Encoding", "chunked"), NONE), 0);
	assert_int_equal(check_with(*state, F("Transfer-Encoding", "chunked"), F("Content-Length", "3")), ERR_BAD_REQUEST);
	assert_int_equal(check_with(*state, F("Content-Length", "0"), F("transfer-encoding", "chunked")), ERR_BAD_REQUEST);
	assert_int_equal(check_with(*state, F("Content-Length", "3"), F("content-length", "3")), ERR_BAD_REQUEST);
	assert_int_equal(check_with(*state, F("Transfer-Encoding", "chunked"), F("Transfer-Encoding", "chunked")),
	                 ERR_BAD_REQUEST);
	for (size_t i = 0; i < ARRAY_LEN(codings); i++)
		assert_int_equal(check_with(*state, (struct field){ STR("Transfer-Encoding"), codings[i] }, NONE),
		                 ERR_BAD_REQUEST);
	for (size_t i = 0; i < ARRAY_LEN(lengths); i++)
		assert_int_equal(check_with(*state, (struct field){ STR("Content-Length"), lengths[i] }, NONE),
		                 ERR_BAD_REQUEST);
}

static void test_chunked_needs_http_1_1(void **state)
{
	static const struct field fields[] = { HOST, { STR("Transfer-Encoding"), STR("chunked") } };
	struct gate_request in = request_of(fields, 2);

	in.version = STR("HTTP/1.0");
	assert_int_equal(check(*state, &in), ERR_BAD_REQUEST);
}

static void test_repeated_fields(void **state)
{
	static const struct str once[] = { STR("Host"), STR("Content-Type"), STR("AUTHORIZATION"),
		                           STR("Origin"), STR("Expect") };

	for (size_t i = 0; i < ARRAY_LEN(once); i++) {
		struct field f = { once[i], STR("100-continue") };

		assert_int_equal(check_with(*state, f, f), ERR_BAD_REQUEST);
	}
	assert_int_equal(check_with(*state, F("Cookie", "a=1"), F("Cookie", "b=2")), 0);
	assert_int_equal(check_with(*state, F("Accept", "a"), F("Accept", "b")), 0);
	/* The endpoint says what is wrong with two proofs (RFC 9449 §4.3). */
	assert_int_equal(check_with(*state, F("DPoP", "a"), F("DPoP", "b")), 0);
}

static void test_field_syntax(void **state)
{
	static const struct field bad[] = {
		{ STR(""), STR("x") },         { STR("A B"), STR("x") },      { STR("A:B"), STR("x") },
		{ STR("A\0B"), STR("x") },     { STR("A\x7f"), STR("x") },    { STR("\xc3\xa9"), STR("x") },
		{ STR("A\t"), STR("x") },      { STR("A"), STR("x\r") },      { STR("A"), STR("x\ny: z") },
		{ STR("A"), STR("x\0y") },     { STR("A"), STR("\x01") },     { STR("A"), STR("\x7f") },
		{ STR("A\""), STR("x") },      { STR("Transfer-Encoding "), STR("chunked") },
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(check_with(*state, bad[i], NONE), ERR_BAD_REQUEST);
	assert_int_equal(check_with(*state, F("A!#$%&'*+-.^_`|~9z", "a\tb \xc3\xa9"), NONE), 0);
}

static void test_refused_fields(void **state)
{
	assert_int_equal(check_with(*state, F("Expect", "100-Continue"), NONE), 0);
	assert_int_equal(check_with(*state, F("Expect", "200-ok"), NONE), ERR_BAD_REQUEST);
	assert_int_equal(check_with(*state, F("Upgrade", "h2c"), NONE), ERR_BAD_REQUEST);
	assert_int_equal(check_with(*state, F("Content-Encoding", "gzip"), NONE), ERR_BAD_REQUEST);
}

static void test_hosts(void **state)
{
	static const struct {
		struct str host;
		int verdict;
	} cases[] = {
		{ STR("sso.example.vn"), 0 },          { STR("SSO.Example.VN"), 0 },
		{ STR("sso.example.vn:443"), 0 },      { STR("127.0.0.1:8080"), 0 },
		{ STR("127.0.0.1"), ERR_MISDIRECTED }, { STR("127.0.0.1:8081"), ERR_MISDIRECTED },
		{ STR("sso.example.vn:"), ERR_MISDIRECTED },
		{ STR("sso.example.vn:99999"), ERR_MISDIRECTED },
		{ STR("sso.example.vn.evil.net"), ERR_MISDIRECTED },
		{ STR("evil@sso.example.vn"), ERR_MISDIRECTED },
		{ STR("sso.example.vn."), ERR_MISDIRECTED },
		{ STR(""), ERR_BAD_REQUEST },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct field fields[] = { { STR("host"), cases[i].host } };
		struct gate_request in = request_of(fields, 1);

		assert_int_equal(check(*state, &in), cases[i].verdict);
		in.fields.n = 0;
		assert_int_equal(check(*state, &in), ERR_BAD_REQUEST);
	}
}

static void test_uris(void **state)
{
	static const struct str bad[] = {
		STR(""), STR("*"), STR("x"), STR("http://sso.example.vn/"), STR("//a\\b"), STR("/a\\b"), STR("/a b"),
		STR("/%00"), STR("/a%"), STR("/a%2"), STR("/a%zz"), STR("/a;b"), STR("/a%3bb"), STR("/.."), STR("/../x"),
		STR("/a/../b"), STR("/a/.."), STR("/%2e%2e/x"), STR("/.%2E/x"), STR("/./a"), STR("/a%2fb"), STR("/a%5cb"),
		STR("/%252e%252e/"), STR("/%25%32%65"), STR("/a%0d%0ab"), STR("/a%7f"), STR("/a#b"), STR("/\xc3\xa9"),
		STR("/%c3"), STR("/%ff"), STR("/?x=%00"), STR("/?x=a b"), STR("/?x=\\"), STR("/?x#y"), STR("/?\x01"),
		STR("/realms/x;matrix/..;/admin"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (check_uri(*state, bad[i]) != ERR_BAD_REQUEST)
			fail_msg("passes: %.*s", STR_ARG(bad[i]));
	assert_int_equal(check_uri(*state, STR("/a..b/...")), 0);
	assert_int_equal(check_uri(*state, STR("/100%25")), 0);
	assert_int_equal(check_uri(*state, STR("/?redirect_uri=https://a/b;c&x=../..")), 0);
}

static void test_asterisk_only_for_options(void **state)
{
	static const struct field fields[] = { HOST };
	struct gate_request in = request_of(fields, 1);

	in.uri = STR("*");
	in.method = STR("OPTIONS");
	assert_int_equal(check(*state, &in), 0);
}

static void test_limits(void **state)
{
	char *uri = arena_alloc(*state, GATE_URI_MAX + 2);
	char *value = arena_alloc(*state, GATE_BLOCK_MAX);
	struct field fields[FIELDS_MAX] = { HOST };
	struct gate_request in = request_of(fields, 1);

	memset(uri, 'a', GATE_URI_MAX + 1);
	uri[0] = '/';
	assert_int_equal(check_uri(*state, str_n(uri, GATE_URI_MAX)), 0);
	assert_int_equal(check_uri(*state, str_n(uri, GATE_URI_MAX + 1)), ERR_LIMIT);

	for (size_t i = 1; i < FIELDS_MAX; i++)
		fields[i] = F("A", "b");
	in.fields.n = GATE_FIELDS_MAX;
	assert_int_equal(check(*state, &in), 0);
	in.fields.n = GATE_FIELDS_MAX + 1;
	assert_int_equal(check(*state, &in), ERR_BAD_REQUEST);

	memset(value, 'v', GATE_BLOCK_MAX);
	fields[1].value = str_n(value, GATE_BLOCK_MAX);
	in.fields.n = 2;
	assert_int_equal(check(*state, &in), ERR_BAD_REQUEST);
}

/* "GET / HTTP/1.1\r\nHost: sso.example.vn\r\n\r\n" */
static void test_bytes_that_no_field_explains(void **state)
{
	static const struct field fields[] = { HOST };
	struct gate_request in = request_of(fields, 1);
	size_t exact = sizeof("GET / HTTP/1.1\r\nHost: sso.example.vn\r\n\r\n") - 1;

	in.block_bytes = exact;
	assert_int_equal(check(*state, &in), 0);
	in.block_bytes = exact - 1; /* "Host:sso.example.vn", or a bare LF */
	assert_int_equal(check(*state, &in), 0);
	in.block_bytes = exact + 1;
	assert_int_equal(check(*state, &in), ERR_BAD_REQUEST);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_passes),
		UNIT_TEST(test_query_may_be_absent_or_empty),
		UNIT_TEST(test_methods),
		UNIT_TEST(test_versions),
		UNIT_TEST(test_framing),
		UNIT_TEST(test_chunked_needs_http_1_1),
		UNIT_TEST(test_repeated_fields),
		UNIT_TEST(test_field_syntax),
		UNIT_TEST(test_refused_fields),
		UNIT_TEST(test_hosts),
		UNIT_TEST(test_uris),
		UNIT_TEST(test_asterisk_only_for_options),
		UNIT_TEST(test_limits),
		UNIT_TEST(test_bytes_that_no_field_explains),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
