#include "common/base/buf.h"

#include <stdio.h>
#include <string.h>

#define FIRST_CAP ((size_t)64)

/* cap is the room for text; one byte more is allocated for the NUL. */
struct buf buf_new(struct arena *a, size_t max_bytes)
{
	return buf_new_sized(a, FIRST_CAP, max_bytes);
}

struct buf buf_new_sized(struct arena *a, size_t first_bytes, size_t max_bytes)
{
	size_t cap = max_bytes < first_bytes ? max_bytes : first_bytes;

	assert(max_bytes < PTRDIFF_MAX / 4);
	return (struct buf){ .arena = a, .p = arena_alloc(a, cap + 1), .cap = cap, .max = max_bytes };
}

/* Room for n more bytes, or the mark of failure. */
static bool reserve(struct buf *b, size_t n)
{
	if (b->failed || n > b->max - b->len) {
		b->failed = true;
		return false;
	}

	size_t needed = b->len + n;

	if (needed <= b->cap)
		return true;

	size_t cap = b->cap * 2 > needed ? b->cap * 2 : needed;

	if (cap > b->max)
		cap = b->max;
	b->p = arena_grow(b->arena, b->p, b->cap + 1, cap + 1);
	b->cap = cap;
	return true;
}

void buf_add(struct buf *b, struct str s)
{
	if (s.len == 0 || !reserve(b, s.len))
		return;
	memcpy(b->p + b->len, s.p, s.len);
	b->len += s.len;
	b->p[b->len] = '\0';
}

void buf_add_c(struct buf *b, const char *c)
{
	buf_add(b, str_c(c));
}

void buf_add_char(struct buf *b, char c)
{
	buf_add(b, str_n(&c, 1));
}

void buf_printf(struct buf *b, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);

	int len = vsnprintf(NULL, 0, format, ap);

	va_end(ap);
	assert(len >= 0);
	if (!reserve(b, (size_t)len))
		return;
	va_start(ap, format);

	int written = vsnprintf(b->p + b->len, (size_t)len + 1, format, ap);

	va_end(ap);
	assert(written == len);
	b->len += (size_t)len;
}

bool buf_ok(const struct buf *b)
{
	return !b->failed;
}

struct str buf_str(const struct buf *b)
{
	return str_n(b->p, b->len);
}
