/*
 * url_parse: the parts put together again are the text; url_escape and its inverse.
 * libcurl's view of the same text is compared in the tests of common/net.
 */
#include "common/base/text.h"
#include "common/base/url.h"
#include "tests/fuzz/fuzz.h"

#define OUTPUT_MAX_BYTES ((size_t)1024 * 1024)

/* Without userinfo and fragment the parts are all there is. */
static void check_parts(struct arena *a, const struct url *u, struct str input)
{
	struct buf b = buf_new(a, OUTPUT_MAX_BYTES);

	buf_printf(&b, "%.*s://%s%.*s%s", STR_ARG(u->scheme), u->host_is_ipv6 ? "[" : "", STR_ARG(u->host),
	           u->host_is_ipv6 ? "]" : "");
	if (!str_is_null(u->port))
		buf_printf(&b, ":%.*s", STR_ARG(u->port));
	buf_add(&b, u->path);
	if (!str_is_null(u->query))
		buf_printf(&b, "?%.*s", STR_ARG(u->query));
	CHECK(buf_ok(&b));
	if (!u->has_userinfo && !u->has_fragment)
		CHECK(str_equal(buf_str(&b), input));
	if (u->has_userinfo)
		CHECK(str_contains(input, STR("@")));
	CHECK(u->has_fragment == str_contains(input, STR("#")));

	struct url again;

	CHECK(url_parse(buf_str(&b), &again));
	CHECK(str_equal(again.host, u->host) && str_equal(again.path, u->path) && str_equal(again.query, u->query));
	CHECK(url_host_is_loopback_ip(&again) == url_host_is_loopback_ip(u));
}

FUZZ_TARGET(a, input)
{
	struct buf b = buf_new(a, OUTPUT_MAX_BYTES);
	struct str text;
	struct url u;

	if (url_parse(input, &u)) {
		CHECK(u.host.len > 0 && u.scheme.len > 0);
		CHECK(u.path.len == 0 || u.path.p[0] == '/');
		CHECK(str_index(u.host, '@') < 0 && str_index(u.host, '/') < 0);
		CHECK(str_is_printable_ascii(input));
		check_parts(a, &u, input);
	}
	if (url_unescape(a, input, &text))
		CHECK(utf8_is_valid(text) && text.len <= input.len);
	url_escape(&b, input);
	CHECK(buf_ok(&b) && str_is_printable_ascii(buf_str(&b)));
	CHECK(url_unescape(a, buf_str(&b), &text) == utf8_is_valid(input));
	if (utf8_is_valid(input))
		CHECK(str_equal(text, input));
}
