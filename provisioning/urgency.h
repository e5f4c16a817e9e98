/*
 * urgency.h: what takes access away goes before everything, on the processors of this machine too.
 *
 * A push of millions keeps hundreds of threads busy; a revocation would wait for its turn with each of its steps.  So while
 * one is on its way, all other operations of the program wait before they begin: for YIELD_MS after its last step, at most.
 */
#pragma once

#include "common/base/cleanup.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>

struct urgency {
	pthread_mutex_t lock;
	pthread_cond_t over;
	size_t n;                      /* on their way */
	atomic_int_least64_t until_ms; /* others wait until then */
};

void urgency_init(struct urgency *u);
void urgency_done(struct urgency *u);

/* The planner has made one due; a worker is going to claim it. */
void urgency_expect(struct urgency *u);
/* One was claimed; one has ended, whatever became of it. */
void urgency_begin(struct urgency *u);
void urgency_end(struct urgency *u);
bool urgency_is_there(struct urgency *u);
/*
 * Before any other operation.  own: what is urgent and waits for a thread of the same platform.  True: there is some, and it would wait for
 * who waits for it; the caller gives way.
 */
bool urgency_yield(struct urgency *u, const atomic_int *own) _must_check_;
/* own has grown. */
void urgency_call(struct urgency *u);
