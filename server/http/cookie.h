/* cookie.h: reading the Cookie header (RFC 6265 §4.2, §5.4) and writing Set-Cookie.  Pure. */
#pragma once

#include "common/base/arena.h"
#include "server/http/field.h"

/*
 * The value of a cookie; STR_NULL when absent, malformed or sent twice with different values.
 * Several Cookie fields count as one joined by "; " (RFC 9113 §8.2.3).
 */
struct str cookie_find(const struct fields *fields, struct str name) _pure_;
/* A Set-Cookie value: Secure; HttpOnly; SameSite=Lax; Path=/. max_age_s < 0: for the session, 0: removed. */
struct str cookie_format(struct arena *a, const char *name, struct str value, int64_t max_age_s);
