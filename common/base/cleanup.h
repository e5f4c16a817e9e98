/*
 * cleanup.h: attributes and scope-bound release of foreign handles.
 *
 * A local that owns a foreign handle is declared with _cleanup_(fn); it is released at the
 * end of its scope on every path.  fn takes a pointer to the variable and accepts one that
 * holds NULL.
 */
#pragma once

#include <assert.h>
#include <stddef.h>

#define _cleanup_(fn) __attribute__((cleanup(fn)))
#define _must_check_ __attribute__((warn_unused_result))
#define _printf_(fmt, first) __attribute__((format(printf, fmt, first)))
/* For large locals that are written before they are read: else they are cleared (-ftrivial-auto-var-init). */
#define _uninitialized_ __attribute__((uninitialized))
#define _pure_ __attribute__((pure))
#define _unused_ __attribute__((unused))
#define _noreturn_ __attribute__((noreturn))

#define ARRAY_LEN(a) (sizeof(a) / sizeof((a)[0]))

/* Defines  static inline void name(type *p)  that calls free_fn(*p) when *p is set. */
#define DEFINE_CLEANUP(type, name, free_fn)            \
	static inline void name(type *p)               \
	{                                              \
		if (*p)                                \
			free_fn(*p);                   \
	}                                              \
	struct cleanup_swallow_semicolon_##name

/* Hands an owned pointer on: the cleanup of the local then finds NULL. */
#define TAKE_PTR(p)                    \
	({                             \
		__typeof__(p) p_ = (p); \
		(p) = NULL;            \
		p_;                    \
	})
