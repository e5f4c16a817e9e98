/*
 * fiber_impl.h (private): what fiber.c (stacks and waits) and crew.c (queue and threads) share.
 */
#pragma once

#include "common/base/fiber.h"
#include "common/base/workq.h"

#include <pthread.h>
#include <stdatomic.h>
#include <ucontext.h>

struct fiber {
	struct crew_thread *thread;
	struct fiber *next;       /* of those that are ready, or idle */
	ucontext_t context;
	char *stack;
	void *fake_stack;         /* the sanitizer's */
	void *item;               /* NULL: idle */
	int64_t until_ms;         /* while it waits */
	bool waits;
	bool is_woken;            /* what it waits for has come */
};

struct crew_thread {
	struct crew *crew;
	pthread_t thread;
	ucontext_t context;
	void *fake_stack;
	const void *stack_bottom;
	size_t stack_size;

	struct fiber **fibers;
	size_t n_fibers, n_made;
	struct fiber *idle;
	atomic_size_t n_idle;     /* with those that are not made yet */
	struct fiber *now;
	size_t n_runs;            /* since the crew's pause() */
	int64_t next_look_ms;

	_Atomic(struct fiber *) ready; /* newest first */
	atomic_size_t n_wakers;   /* inside waiter_wake(): crew_close() waits for them */
	atomic_bool is_asleep;
	sem_t wake;
};

struct crew {
	struct crew_config config;
	struct crew_thread *threads;
	struct workq *helpers;    /* made when they are first wanted; under the mutex */

	pthread_mutex_t mutex;
	void **ring;
	size_t first, depth;
	bool is_closing;
};

/* On the thread t, which says so once. */
void fiber_thread_is(struct crew_thread *t);
/* NULL: this is no fiber. */
struct fiber *fiber_now(void);
/* Until it waits or is done. */
void fiber_run(struct crew_thread *t, struct fiber *f);
/* Those that are ready, in the order in which they became so.  False: none. */
bool fiber_run_ready(struct crew_thread *t);
/* Those whose time is over.  Returns when the next one's is. */
int64_t fiber_run_late(struct crew_thread *t, int64_t now_ms);
/* One that is idle, made if need be: there is one (n_idle). */
struct fiber *fiber_take_idle(struct crew_thread *t);
void fiber_free(struct fiber *f);

/* crew.c: what process() left for pause(). */
void crew_pause(struct crew_thread *t);
void crew_wake(struct crew_thread *t);
