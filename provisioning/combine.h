/*
 * combine.h: operations of several threads that are sent as one.
 *
 * While some are on their way, others of their key gather; then one of their threads sends them together.  Nobody waits
 * for company: an operation alone goes at once.
 */
#pragma once

#include "common/base/str.h"

#include <pthread.h>

struct combine_item {
	struct combine_item *next;
	struct str key;
	size_t bytes;
	const void *lead;  /* while it is on its way: who sends it */
	bool is_done;
};

struct combine {
	pthread_mutex_t lock;
	pthread_cond_t changed;
	struct combine_item *first; /* waiting and on their way, oldest first */
};

#define COMBINE_MAX 64

struct combine_how {
	size_t max, max_bytes;  /* together, at least one; max at most COMBINE_MAX */
	size_t lanes;           /* of one key on their way at a time */
	int64_t deadline_ms;    /* clock_mono_ms(); what is not on its way by then is not sent */
	/* Without the lock; writes what came of each into whatever surrounds it.  mine: of this thread, perhaps among them. */
	void (*send)(void *context, const struct combine_item *mine, struct combine_item *const *items, size_t n);
	void *context;
};

void combine_init(struct combine *c);
void combine_done(struct combine *c);
/* false: the deadline came first, nothing was sent.  The item is the caller's, and free afterwards. */
bool combine_run(struct combine *c, struct combine_item *item, const struct combine_how *how) _must_check_;
