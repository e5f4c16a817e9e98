#include "common/base/url.h"
#include "tests/unit/unit.h"

static void test_form_pairs(void **state)
{
	static const char *const expected[][2] = {
		{ "a", "1 2" }, { "b", "" }, { "c", "" }, { "d", "x=y" }, { "tên", "Đà" }, { "", "v" }, { "a", "+" },
	};
	struct str rest = STR("a=1+2&&b=&c&d=x=y&t%C3%aan=%C4%90%c3%a0&=v&a=%2B&");
	struct str name, value;

	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		assert_int_equal(form_next(*state, &rest, &name, &value), 1);
		assert_str_equal(name, expected[i][0]);
		assert_str_equal(value, expected[i][1]);
	}
	assert_int_equal(form_next(*state, &rest, &name, &value), 0);
	assert_int_equal(form_next(*state, &rest, &name, &value), 0);
}

static void test_form_refuses(void **state)
{
	static const struct str bad[] = {
		STR("a=%"), STR("a=%4"), STR("a=%4g"), STR("a=%g4"), STR("%=1"), STR("a=%00"), STR("%00=1"),
		STR("a=%ff"), STR("a=%c3"), STR("a=%ed%a0%80"), STR("a=%c0%af"), STR("a=\xff"), STR("a=b\0c"),
		STR("a=%+1"),
	};

	for (size_t i = 0; i < ARRAY_LEN(bad); i++) {
		struct str rest = bad[i], name = STR("x"), value = STR("x");

		assert_int_equal(form_next(*state, &rest, &name, &value), -1);
		assert_true(str_is_null(name) || str_equal(name, STR("a")));
		assert_str_null(value);
	}
}

static void test_form_of_nothing(void **state)
{
	static const struct str empty[] = { STR_NULL, STR(""), STR("&"), STR("&&&") };

	for (size_t i = 0; i < ARRAY_LEN(empty); i++) {
		struct str rest = empty[i], name, value;

		assert_int_equal(form_next(*state, &rest, &name, &value), 0);
	}
}

static void test_an_escape_does_not_reach_past_its_pair(void **state)
{
	struct str rest = STR("a=%&41=b"), name, value;

	assert_int_equal(form_next(*state, &rest, &name, &value), -1);
	assert_str_equal(name, "a");
	assert_int_equal(form_next(*state, &rest, &name, &value), 1);
	assert_str_equal(name, "41");
}

static void test_escape(void **state)
{
	struct buf b = buf_new(*state, 1000);
	bool first = true;

	url_escape(&b, STR("AZaz09-._~ +&=%/?\"\x7f\xc4\x91"));
	assert_str_equal(buf_str(&b), "AZaz09-._~%20%2B%26%3D%25%2F%3F%22%7F%C4%91");

	b = buf_new(*state, 1000);
	form_append(&b, &first, STR("code"), STR("a b"));
	assert_false(first);
	form_append(&b, &first, STR("st&te"), STR(""));
	form_append(&b, &first, STR("x"), STR_NULL);
	assert_str_equal(buf_str(&b), "code=a%20b&st%26te=&x=");
}

static void test_unescape(void **state)
{
	struct str s = STR("untouched");

	assert_false(url_unescape(*state, STR("%zz"), &s));
	assert_str_equal(s, "untouched");
	assert_true(url_unescape(*state, STR("a+b%2Fc"), &s));
	assert_str_equal(s, "a+b/c");
	assert_true(form_unescape(*state, STR("a+b%2Bc"), &s));
	assert_str_equal(s, "a b+c");
	assert_true(url_unescape(*state, STR(""), &s));
	assert_str_equal(s, "");
	assert_false(url_unescape(*state, STR("%00"), &s));
}

static void assert_same(struct str s, const char *text)
{
	if (text)
		assert_str_equal(s, text);
	else
		assert_str_null(s);
}

static void test_parse(void **state)
{
	static const struct {
		struct str text;
		const char *scheme, *host, *port, *path, *query;
		bool has_userinfo, has_fragment, is_ipv6;
	} cases[] = {
		{ STR("https://a.vn"), "https", "a.vn", NULL, "", NULL, 0, 0, 0 },
		{ STR("HTTPS://A.vn:8443/x/../y?q=/?#"), "HTTPS", "A.vn", "8443", "/x/../y", "q=/?", 0, 1, 0 },
		{ STR("https://a.vn?"), "https", "a.vn", NULL, "", "", 0, 0, 0 },
		{ STR("https://a.vn#f?x"), "https", "a.vn", NULL, "", NULL, 0, 1, 0 },
		{ STR("http://[::1]:80/cb"), "http", "::1", "80", "/cb", NULL, 0, 0, 1 },
		{ STR("https://good.vn@evil.vn/"), "https", "evil.vn", NULL, "/", NULL, 1, 0, 0 },
		{ STR("https://a:b@c@evil.vn/@x"), "https", "evil.vn", NULL, "/@x", NULL, 1, 0, 0 },
		{ STR("https://@evil.vn"), "https", "evil.vn", NULL, "", NULL, 1, 0, 0 },
		{ STR("a+b-1.c://h_1/"), "a+b-1.c", "h_1", NULL, "/", NULL, 0, 0, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct url u;

		assert_true(url_parse(cases[i].text, &u));
		assert_same(u.scheme, cases[i].scheme);
		assert_same(u.host, cases[i].host);
		assert_same(u.port, cases[i].port);
		assert_same(u.path, cases[i].path);
		assert_same(u.query, cases[i].query);
		assert_int_equal(u.has_userinfo, cases[i].has_userinfo);
		assert_int_equal(u.has_fragment, cases[i].has_fragment);
		assert_int_equal(u.host_is_ipv6, cases[i].is_ipv6);
	}
}

static void test_parse_refuses(void **state)
{
	static const struct str bad[] = {
		STR(""), STR_NULL, STR("/path"), STR("//a.vn/"), STR("a.vn"), STR("https:a.vn"), STR("https:/a.vn"),
		STR("app.example:/callback"), STR("://a.vn"), STR("1http://a.vn"), STR("ht tp://a.vn"),
		STR("https://"), STR("https:///x"), STR("https://?x"), STR("https://:80"), STR("https://a.vn:"),
		STR("https://a.vn:x"), STR("https://a.vn:65536"), STR("https://a.vn:0"), STR("https://a.vn:080"),
		STR("https://a.vn:80:80"), STR("https://[::1"), STR("https://[]"), STR("https://[::1]x"),
		STR("https://[fe80::1%25eth0]"), STR("https://[127.0.0.1]"), STR("https://a.vn /"), STR("https://a.vn/\t"),
		STR("https://a.vn\\@b.vn"), STR("https://a.vn/\""), STR("https://a.vn/<"), STR("https://a.vn/>"),
		STR("https://a.vn/\x7f"), STR("https://\xc4\x91.vn"), STR("https://a.vn/\0"), STR("https://a%2evn"),
		STR("https://a,b.vn"), STR("https://a\r\nb"), STR("javascript:alert(1)"), STR("https://evil.vn@"),
	};
	struct url u = { .path = STR("untouched") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(url_parse(bad[i], &u));
	assert_str_equal(u.path, "untouched");
}

static bool is_loopback(struct str text)
{
	struct url u;

	assert_true(url_parse(text, &u));
	return url_host_is_loopback_ip(&u);
}

static void test_loopback(void **state)
{
	(void)state;
	assert_true(is_loopback(STR("http://127.0.0.1:1234/cb")));
	assert_true(is_loopback(STR("http://127.255.1.2/")));
	assert_true(is_loopback(STR("http://[::1]/")));
	assert_true(is_loopback(STR("http://[0:0:0:0:0:0:0:1]/")));
	assert_false(is_loopback(STR("http://localhost/")));
	assert_false(is_loopback(STR("http://128.0.0.1/")));
	assert_false(is_loopback(STR("http://127.0.0.1.evil.vn/")));
	assert_false(is_loopback(STR("http://127.1/")));
	assert_false(is_loopback(STR("http://0127.0.0.1/")));
	assert_false(is_loopback(STR("http://2130706433/")));
	assert_false(is_loopback(STR("http://[::2]/")));
	assert_false(is_loopback(STR("http://[::]/")));
	assert_false(is_loopback(STR("http://[::ffff:127.0.0.1]/")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_form_pairs),
		UNIT_TEST(test_form_refuses),
		UNIT_TEST(test_form_of_nothing),
		UNIT_TEST(test_an_escape_does_not_reach_past_its_pair),
		UNIT_TEST(test_escape),
		UNIT_TEST(test_unescape),
		UNIT_TEST(test_parse),
		UNIT_TEST(test_parse_refuses),
		UNIT_TEST(test_loopback),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
