/*
 * buf.h: a growing byte buffer in an arena, created with its maximum (curl's dynbuf idea).
 *
 * An append past the maximum changes nothing and marks the buffer as failed; the mark stays,
 * so a sequence of appends is checked once, at its end, by buf_ok().  Always NUL-terminated
 * behind len.
 */
#pragma once

#include "common/base/arena.h"

struct buf {
	struct arena *arena;
	char *p;
	size_t len;
	size_t cap;
	size_t max;
	bool failed;
};

struct buf buf_new(struct arena *a, size_t max_bytes);
/* With room for so many bytes from the beginning. */
struct buf buf_new_sized(struct arena *a, size_t first_bytes, size_t max_bytes);
void buf_add(struct buf *b, struct str s);
void buf_add_c(struct buf *b, const char *c);
void buf_add_char(struct buf *b, char c);
void buf_printf(struct buf *b, const char *format, ...) _printf_(2, 3);
bool buf_ok(const struct buf *b) _pure_;
/* A view of what is in it; valid until the next append. */
struct str buf_str(const struct buf *b);
