/*
 * url.h: application/x-www-form-urlencoded, percent-encoding and the shape of URIs.
 *
 * Decoding is strict: a bad %-escape, NUL or broken UTF-8 is refused, never repaired.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/buf.h"

/*
 * Takes the next name=value pair off *rest (the query without '?', or a form body) and
 * decodes both ('+' is SP).  Returns 1 with a pair, 0 at the end, -1 on a bad escape: then with the
 * name where that is readable, else STR_NULL; the next call goes on behind it.
 * Empty pairs ("a=1&&b=2") are skipped.
 */
int form_next(struct arena *a, struct str *rest, struct str *ret_name, struct str *ret_value) _must_check_;

/* unreserved (RFC 3986 §2.3) as is, everything else as %XX. */
void url_escape(struct buf *b, struct str s);
/* "&name=value", or "name=value" when *first is true; clears *first. */
void form_append(struct buf *b, bool *first, struct str name, struct str value);

/* pct-decoding of a path segment or a Basic credential: '+' stays '+'. */
bool url_unescape(struct arena *a, struct str s, struct str *ret) _must_check_;
/* The same for form-encoded text: '+' is SP (RFC 6749 §2.3.1 for Basic). */
bool form_unescape(struct arena *a, struct str s, struct str *ret) _must_check_;

struct url {
	struct str scheme; /* as written */
	struct str host;   /* without the brackets of an IPv6 literal */
	struct str port;   /* digits, or STR_NULL */
	struct str path;   /* from the first '/', or empty */
	struct str query;  /* without '?', or STR_NULL */
	bool has_userinfo;
	bool has_fragment; /* even an empty one */
	bool host_is_ipv6;
};

/* Splits an absolute URI with an authority (RFC 3986 §3).  Printable ASCII without space, '\', '"', '<', '>' only. */
bool url_parse(struct str s, struct url *ret) _must_check_;
/* 127.0.0.0/8 or ::1 as a literal; never the name "localhost" (RFC 8252 §8.3). */
bool url_host_is_loopback_ip(const struct url *u);
