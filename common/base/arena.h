/*
 * arena.h: one bump allocator per unit of work (a request, a task, a batch).
 *
 * Allocation never returns NULL.  An arena has a budget: past it, allocation still succeeds
 * but the arena is marked as overflowed, which the owner of the unit of work turns into a
 * refusal (ERR_LIMIT); past 4 times the budget the process aborts, because then a limit at
 * the door is missing.  The memory is wiped when the arena is reset or freed, so what was a
 * secret in it does not outlive the request.  Under AddressSanitizer free space is poisoned.
 * Not thread-safe: an arena belongs to one thread at a time.
 */
#pragma once

#include "common/base/cleanup.h"
#include "common/base/str.h"

#include <stdarg.h>

struct arena;

/* budget_bytes: what one unit of work may use. */
struct arena *arena_new(size_t budget_bytes);
struct arena *arena_free(struct arena *a); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct arena *, arena_freep, arena_free);

/* Wipes and forgets everything; keeps the first block for reuse, clears the overflow mark. */
void arena_reset(struct arena *a);

/* Zeroed, aligned for any type. */
void *arena_alloc(struct arena *a, size_t size);
void *arena_alloc_array(struct arena *a, size_t count, size_t size); /* aborts on overflow of the product */
#define ARENA_NEW(a, type) ((type *)arena_alloc((a), sizeof(type)))
#define ARENA_ARRAY(a, type, count) ((type *)arena_alloc_array((a), (count), sizeof(type)))

/* More room for p (NULL with size 0: a first one), the contents kept, the rest zeroed: in place where possible. p is invalid afterwards. */
void *arena_grow(struct arena *a, void *p, size_t old_size, size_t new_size);

/* Copies; the copy is NUL-terminated behind its length.  STR_NULL stays STR_NULL. */
struct str arena_dup(struct arena *a, struct str s);
struct str arena_dup_c(struct arena *a, const char *c);
/* A NUL-terminated copy, for foreign interfaces.  The caller has refused NUL inside s (asserted). STR_NULL gives NULL. */
const char *arena_cstr(struct arena *a, struct str s);
struct str arena_printf(struct arena *a, const char *format, ...) _printf_(2, 3);
struct str arena_vprintf(struct arena *a, const char *format, va_list ap) _printf_(2, 0);

bool arena_overflowed(const struct arena *a);
size_t arena_used(const struct arena *a);
