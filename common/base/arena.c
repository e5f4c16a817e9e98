#include "common/base/arena.h"

#include <stdalign.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#ifdef __SANITIZE_ADDRESS__
#include <sanitizer/asan_interface.h>
#define POISON(p, len) ASAN_POISON_MEMORY_REGION((p), (len))
#define UNPOISON(p, len) ASAN_UNPOISON_MEMORY_REGION((p), (len))
/* Between two allocations, so that running over the end of one is seen. */
#define GAP_BYTES 16
#else
#define POISON(p, len) ((void)(p), (void)(len))
#define UNPOISON(p, len) ((void)(p), (void)(len))
#define GAP_BYTES 0
#endif

#define ALIGNMENT alignof(max_align_t)
/* A usual request fits: its memory is then kept from one to the next. */
#define FIRST_BLOCK_BYTES ((size_t)32 * 1024)
#define LARGEST_BLOCK_BYTES ((size_t)256 * 1024)
#define ABORT_FACTOR 4

/* What lies behind used is always zero, so that allocation need not clear it. */
struct block {
	struct block *previous;
	size_t size;
	size_t used;
	alignas(max_align_t) char bytes[];
};

struct arena {
	struct block *last;
	size_t budget;
	size_t used; /* asked for, without gaps and padding */
	bool overflowed;
};

static struct block *block_new(struct block *previous, size_t size)
{
	struct block *b = calloc(1, sizeof(*b) + size);

	if (!b)
		abort();
	b->previous = previous;
	b->size = size;
	POISON(b->bytes, size);
	return b;
}

static void block_wipe(struct block *b)
{
	UNPOISON(b->bytes, b->used);
	explicit_bzero(b->bytes, b->used);
	POISON(b->bytes, b->used);
	b->used = 0;
}

/* Returns the block before it. */
static struct block *block_free(struct block *b)
{
	struct block *previous = b->previous;

	block_wipe(b);
	UNPOISON(b->bytes, b->size);
	free(b);
	return previous;
}

struct arena *arena_new(size_t budget_bytes)
{
	struct arena *a = calloc(1, sizeof(*a));

	if (!a)
		abort();
	a->budget = budget_bytes;
	a->last = block_new(NULL, FIRST_BLOCK_BYTES);
	return a;
}

struct arena *arena_free(struct arena *a)
{
	if (!a)
		return NULL;
	while (a->last)
		a->last = block_free(a->last);
	free(a);
	return NULL;
}

void arena_reset(struct arena *a)
{
	while (a->last->previous)
		a->last = block_free(a->last);
	block_wipe(a->last);
	a->used = 0;
	a->overflowed = false;
}

/* Divides instead of multiplying: neither the sum nor four budgets can wrap. */
static void charge(struct arena *a, size_t size)
{
	size_t hard_limit = a->budget > SIZE_MAX / ABORT_FACTOR ? SIZE_MAX : a->budget * ABORT_FACTOR;

	if (size > hard_limit || a->used > hard_limit - size)
		abort();
	a->used += size;
	if (a->used > a->budget)
		a->overflowed = true;
}

static size_t aligned(size_t size)
{
	return (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

static void add_block(struct arena *a, size_t needed)
{
	size_t size = a->last->size < LARGEST_BLOCK_BYTES ? a->last->size * 2 : LARGEST_BLOCK_BYTES;

	a->last = block_new(a->last, size > needed ? size : needed);
}

void *arena_alloc(struct arena *a, size_t size)
{
	if (size == 0)
		size = 1;
	if (size > PTRDIFF_MAX / 2)
		abort();
	charge(a, size);

	size_t needed = aligned(size) + GAP_BYTES;

	if (needed > a->last->size - a->last->used)
		add_block(a, needed);

	char *p = a->last->bytes + a->last->used;

	a->last->used += needed;
	UNPOISON(p, size);
	return p;
}

void *arena_alloc_array(struct arena *a, size_t count, size_t size)
{
	size_t product;

	if (__builtin_mul_overflow(count, size, &product))
		abort();
	return arena_alloc(a, product);
}

/* Under AddressSanitizer it always moves, which finds who kept the old address. */
static bool grow_in_place(struct arena *a, char *p, size_t old_size, size_t new_size)
{
	struct block *b = a->last;
	size_t old_room = aligned(old_size), new_room = aligned(new_size);

	if (GAP_BYTES > 0 || old_room > b->used || p != b->bytes + b->used - old_room)
		return false;
	if (new_room - old_room > b->size - b->used)
		return false;
	charge(a, new_size - old_size);
	b->used += new_room - old_room;
	return true;
}

void *arena_grow(struct arena *a, void *p, size_t old_size, size_t new_size)
{
	assert(new_size >= old_size && (p != NULL) == (old_size > 0));
	if (new_size > PTRDIFF_MAX / 2)
		abort();
	if (!p)
		return arena_alloc(a, new_size);
	if (grow_in_place(a, p, old_size, new_size))
		return p;

	void *moved = arena_alloc(a, new_size);

	memcpy(moved, p, old_size);
	POISON(p, old_size);
	return moved;
}

struct str arena_dup(struct arena *a, struct str s)
{
	if (str_is_null(s))
		return STR_NULL;

	char *copy = arena_alloc(a, s.len + 1);

	memcpy(copy, s.p, s.len);
	return str_n(copy, s.len);
}

struct str arena_dup_c(struct arena *a, const char *c)
{
	return arena_dup(a, str_c(c));
}

const char *arena_cstr(struct arena *a, struct str s)
{
	assert(str_index(s, '\0') < 0);
	return arena_dup(a, s).p;
}

struct str arena_vprintf(struct arena *a, const char *format, va_list ap)
{
	va_list again;

	assert(format);
	va_copy(again, ap);

	int len = vsnprintf(NULL, 0, format, ap);

	if (len < 0)
		abort();

	char *text = arena_alloc(a, (size_t)len + 1);

	if (vsnprintf(text, (size_t)len + 1, format, again) != len)
		abort();
	va_end(again);
	return str_n(text, (size_t)len);
}

struct str arena_printf(struct arena *a, const char *format, ...)
{
	va_list ap;

	va_start(ap, format);

	struct str s = arena_vprintf(a, format, ap);

	va_end(ap);
	return s;
}

bool arena_overflowed(const struct arena *a)
{
	return a->overflowed;
}

size_t arena_used(const struct arena *a)
{
	return a->used;
}
