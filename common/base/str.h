/*
 * str.h: a view of bytes that are owned elsewhere (an arena, a literal, a request buffer).
 *
 * Not NUL-terminated unless a function says so.  An absent value is STR_NULL (p == NULL),
 * apart from the empty string (p != NULL, len == 0).  All functions are pure and thread-safe.
 */
#pragma once

#include "common/base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct str {
	const char *p;
	size_t len;
};

struct str_list {
	const struct str *p;
	size_t n;
};

#define STR(literal) ((struct str){ "" literal, sizeof(literal) - 1 })
#define STR_NULL ((struct str){ NULL, 0 })
/* For printf's "%.*s". */
#define STR_ARG(s) (int)(s).len, ((s).p ? (s).p : "")

/* A NUL-terminated string; NULL gives STR_NULL. */
static inline struct str str_c(const char *c)
{
	return c ? (struct str){ c, strlen(c) } : STR_NULL;
}

static inline struct str str_n(const void *p, size_t len)
{
	return (struct str){ (const char *)p, len };
}

static inline bool str_is_null(struct str s)
{
	return s.p == NULL;
}

static inline bool str_is_empty(struct str s)
{
	return s.len == 0;
}

/* Equal bytes.  Not for secrets: see str_equal_secret(). */
static inline bool str_equal(struct str a, struct str b)
{
	return a.len == b.len && (a.len == 0 || memcmp(a.p, b.p, a.len) == 0);
}
bool str_equal_nocase(struct str a, struct str b) _pure_; /* ASCII letters only */
static inline bool str_starts(struct str s, struct str prefix)
{
	return s.len >= prefix.len && (prefix.len == 0 || memcmp(s.p, prefix.p, prefix.len) == 0);
}
bool str_ends(struct str s, struct str suffix) _pure_;
/* Bytewise order as memcmp, the shorter first; for sorting. */
int str_compare(struct str a, struct str b) _pure_;
/* Index of the first byte c, or -1. */
ptrdiff_t str_index(struct str s, char c) _pure_;
bool str_contains(struct str s, struct str needle) _pure_;

bool str_list_has(struct str_list list, struct str s) _pure_;

/* s without its first n bytes (all of them, if it has fewer). */
static inline struct str str_skip(struct str s, size_t n)
{
	size_t skipped = n < s.len ? n : s.len;

	return str_is_null(s) ? s : (struct str){ s.p + skipped, s.len - skipped };
}
struct str str_trim(struct str s) _pure_; /* SP and HTAB at both ends */

/*
 * Takes the part before the next separator off *rest; false once nothing is left.  "a,,b"
 * gives "a", "", "b".  *rest is STR_NULL after the last part.
 */
bool str_split(struct str *rest, char separator, struct str *ret_part);

/* 1*DIGIT, no sign, no leading zero but "0" itself; false on anything else or above max. */
bool str_to_u64(struct str s, uint64_t max, uint64_t *ret_value);

/* In decimal, into text. */
#define STR_I64_MAX 20
struct str str_of_i64(int64_t value, char text[static STR_I64_MAX]);

/* Every byte in 0x20..0x7E. */
bool str_is_printable_ascii(struct str s) _pure_;

/*
 * Equal bytes, in a time that depends on the lengths only.  Lengths are not hidden.
 */
bool str_equal_secret(struct str a, struct str b);
