/*
 * fiber.h: many units of work on few threads.
 *
 * A crew is a bounded queue of pointers and a few threads, each of which runs several fibers: calls with a stack of
 * their own.  A fiber that waits leaves its thread to the next one, so waiting costs no switch of threads, and whoever
 * ends the waits of many at once wakes each thread once.  A fiber never changes its thread, so thread-local things are
 * what they were; between two waits nothing else runs on it.
 *
 * Waits are those of struct waiter, which is for threads without a crew too.  What may block otherwise (outgoing HTTP, a
 * token that signs) goes through fiber_block(): every fiber of the thread would have to wait for it.  No mutex may be
 * held across a wait.
 */
#pragma once

#include "common/base/cleanup.h"

#include <semaphore.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/*
 * One end that is waited for, by the thread or fiber that began it; on its stack.  waiter_wake() is called once, by
 * anybody; once it has been called, a waiter_wait() must have returned true before the waiter may go.
 */
struct fiber;
struct waiter {
	struct fiber *fiber; /* NULL: a thread */
	sem_t sem;
};

#define WAIT_FOR_EVER INT64_MAX

void waiter_begin(struct waiter *w);
/* False: it is later than until_ms (monotonic).  What was written before waiter_wake() is seen after true. */
bool waiter_wait(struct waiter *w, int64_t until_ms) _must_check_;
void waiter_wake(struct waiter *w);
void waiter_end(struct waiter *w);

/* Is this a fiber, which must not block? */
bool fiber_is_here(void) _must_check_;
/* fn(arg), on a thread where it may block; in the meantime the fiber waits.  Without a crew: just the call. */
void fiber_block(void (*fn)(void *arg), void *arg);

struct crew;

struct crew_config {
	const char *name;   /* of threads, <= 10 characters */
	size_t n_threads;
	size_t n_fibers;    /* of all threads: so many items are under way at a time */
	size_t capacity;    /* items that wait for a fiber */
	void (*process)(void *context, void *item); /* on a fiber */
	void (*pause)(void *context); /* on the thread, after some of process() and before it sleeps: for what is better done for several at once; NULL: nothing */
	void *context;
};

struct crew *crew_new(const struct crew_config *config);
/* Never blocks: false when the queue is full. */
bool crew_push(struct crew *c, void *item) _must_check_;
size_t crew_depth(struct crew *c);
/* Drains, joins, frees.  No push may be under way.  Accepts NULL. */
void crew_close(struct crew *c);
