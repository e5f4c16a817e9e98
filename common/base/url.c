#include "common/base/url.h"

#include "common/base/text.h"

#include <arpa/inet.h>
#include <string.h>

static int nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* pct-encoded = "%" HEXDIG HEXDIG (RFC 3986 §2.1) */
static bool unescape(struct arena *a, struct str s, bool plus_is_space, struct str *ret)
{
	char *out = arena_alloc(a, s.len + 1);
	size_t len = 0;

	for (size_t i = 0; i < s.len; i++) {
		char c = s.p[i];

		if (c == '+' && plus_is_space) {
			c = ' ';
		} else if (c == '%') {
			int high = i + 2 < s.len ? nibble(s.p[i + 1]) : -1;
			int low = i + 2 < s.len ? nibble(s.p[i + 2]) : -1;

			if (high < 0 || low < 0)
				return false;
			c = (char)(high << 4 | low);
			i += 2;
		}
		out[len++] = c;
	}
	if (!utf8_is_valid(str_n(out, len)))
		return false;
	*ret = str_n(out, len);
	return true;
}

bool url_unescape(struct arena *a, struct str s, struct str *ret)
{
	return unescape(a, s, false, ret);
}

bool form_unescape(struct arena *a, struct str s, struct str *ret)
{
	return unescape(a, s, true, ret);
}

int form_next(struct arena *a, struct str *rest, struct str *ret_name, struct str *ret_value)
{
	struct str pair = STR_NULL;

	while (pair.len == 0)
		if (!str_split(rest, '&', &pair))
			return 0;

	struct str raw_name = STR_NULL;

	if (!str_split(&pair, '=', &raw_name))
		return 0;
	*ret_name = *ret_value = STR_NULL;
	return form_unescape(a, raw_name, ret_name) && form_unescape(a, pair, ret_value) ? 1 : -1;
}

static bool is_alpha(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

static bool is_digit(char c)
{
	return c >= '0' && c <= '9';
}

/* unreserved = ALPHA / DIGIT / "-" / "." / "_" / "~" */
static bool is_unreserved(char c)
{
	return is_alpha(c) || is_digit(c) || c == '-' || c == '.' || c == '_' || c == '~';
}

void url_escape(struct buf *b, struct str s)
{
	static const char digits[] = "0123456789ABCDEF";

	for (size_t i = 0; i < s.len; i++) {
		unsigned char c = (unsigned char)s.p[i];
		const char escape[3] = { '%', digits[c >> 4], digits[c & 0x0f] };

		if (is_unreserved(s.p[i]))
			buf_add_char(b, s.p[i]);
		else
			buf_add(b, str_n(escape, sizeof(escape)));
	}
}

void form_append(struct buf *b, bool *first, struct str name, struct str value)
{
	if (!*first)
		buf_add_char(b, '&');
	*first = false;
	url_escape(b, name);
	buf_add_char(b, '=');
	url_escape(b, value);
}

static bool has_uri_characters_only(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (s.p[i] <= ' ' || s.p[i] > '~' || strchr("\\\"<>", s.p[i]))
			return false;
	return true;
}

/* scheme = ALPHA *( ALPHA / DIGIT / "+" / "-" / "." ), then "://". */
static bool take_scheme(struct str *rest, struct str *ret_scheme)
{
	ptrdiff_t colon = str_index(*rest, ':');

	if (colon < 1 || !is_alpha(rest->p[0]))
		return false;

	struct str scheme = str_n(rest->p, (size_t)colon);

	for (size_t i = 0; i < scheme.len; i++)
		if (!is_alpha(scheme.p[i]) && !is_digit(scheme.p[i]) && !strchr("+-.", scheme.p[i]))
			return false;
	*rest = str_skip(*rest, scheme.len);
	if (!str_starts(*rest, STR("://")))
		return false;
	*rest = str_skip(*rest, 3);
	*ret_scheme = scheme;
	return true;
}

/* Everything before the first of the characters, taken off *rest. */
static struct str take_until(struct str *rest, const char *characters)
{
	size_t n = 0;

	while (n < rest->len && !strchr(characters, rest->p[n]))
		n++;

	struct str taken = str_n(rest->p, n);

	*rest = str_skip(*rest, n);
	return taken;
}

/* An address of the family as a literal: no zone, no leading zeros, no short forms. */
static bool parse_ip(int family, struct str text, unsigned char *ret_bytes)
{
	char buffer[INET6_ADDRSTRLEN];

	if (text.len >= sizeof(buffer))
		return false;
	memcpy(buffer, text.p, text.len);
	buffer[text.len] = '\0';
	return inet_pton(family, buffer, ret_bytes) == 1;
}

/*
 * reg-name of RFC 3986 also has sub-delims and pct-encoded; no name in DNS has them, and
 * parsers differ there, so they are refused.
 */
static bool is_host_name(struct str s)
{
	for (size_t i = 0; i < s.len; i++)
		if (!is_unreserved(s.p[i]) || s.p[i] == '~')
			return false;
	return s.len > 0;
}

/* host [ ":" port ] */
static bool parse_host_port(struct str s, struct url *u)
{
	unsigned char address[16];
	uint64_t port;

	if (str_starts(s, STR("["))) {
		s = str_skip(s, 1);
		u->host = take_until(&s, "]");
		u->host_is_ipv6 = true;
		if (s.len == 0 || !parse_ip(AF_INET6, u->host, address))
			return false;
		s = str_skip(s, 1);
	} else {
		u->host = take_until(&s, ":");
		if (!is_host_name(u->host))
			return false;
	}
	if (s.len == 0)
		return true;
	u->port = str_skip(s, 1);
	return s.p[0] == ':' && str_to_u64(u->port, 65535, &port) && port > 0;
}

bool url_parse(struct str s, struct url *ret)
{
	struct url u = { 0 };

	if (!has_uri_characters_only(s) || !take_scheme(&s, &u.scheme))
		return false;

	struct str authority = take_until(&s, "/?#");
	ptrdiff_t at;

	while ((at = str_index(authority, '@')) >= 0) {
		u.has_userinfo = true;
		authority = str_skip(authority, (size_t)at + 1);
	}
	if (!parse_host_port(authority, &u))
		return false;
	u.path = take_until(&s, "?#");
	if (str_starts(s, STR("?"))) {
		s = str_skip(s, 1);
		u.query = take_until(&s, "#");
	}
	u.has_fragment = s.len > 0;
	*ret = u;
	return true;
}

bool url_host_is_loopback_ip(const struct url *u)
{
	static const unsigned char ipv6_loopback[16] = { [15] = 1 };
	unsigned char address[16];

	if (u->host_is_ipv6)
		return parse_ip(AF_INET6, u->host, address) && memcmp(address, ipv6_loopback, 16) == 0;
	return parse_ip(AF_INET, u->host, address) && address[0] == 127;
}
