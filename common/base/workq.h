/*
 * workq.h: a bounded queue of pointers and the pool of threads that serves it.
 *
 * push never blocks: a full queue is the caller's 503.  close lets the threads finish what was
 * accepted, then joins them.
 */
#pragma once

#include "common/base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

struct workq;

/* process(context, item) runs on one of n_threads threads. name: for the thread names, <= 10 characters. */
struct workq *workq_new(const char *name, size_t n_threads, size_t capacity,
                        void (*process)(void *context, void *item), void *context);
bool workq_push(struct workq *q, void *item) _must_check_;
/* Before all that wait. */
bool workq_push_first(struct workq *q, void *item) _must_check_;
size_t workq_depth(struct workq *q);
/* Drains, joins, frees.  No push may be under way.  Accepts NULL. */
void workq_close(struct workq *q);
