/* worker_impl.h: between the parts of the worker: its tasks and how their ends are written. */
#pragma once

#include "common/base/random.h"
#include "common/base/workq.h"
#include "provisioning/completion_store.h"
#include "provisioning/gate.h"
#include "provisioning/worker.h"

#include <pthread.h>
#include <stdatomic.h>

/* One operation on one account; its memory is used again and again. */
struct task {
	struct task *next;
	struct op op;
	struct arena *arena;
	struct work work;
	struct desired want;
	int64_t deadline_ms;
	struct str *words;      /* of errors that mean "too fast" */
	size_t n_words;
	struct result result;
	int64_t ms;
};

struct worker {
	struct worker_config config;
	const struct connector *connector;
	void *instance;
	struct workq *queue;
	pthread_t dispatcher;
	atomic_bool is_stopping;

	/* Of the dispatcher alone. */
	struct arena *arena;
	struct task *tasks;
	size_t n_tasks;
	struct task *free_tasks;
	size_t n_free;
	struct gate gate;
	int64_t quiet_until_ms; /* after a fault of the database */

	pthread_mutex_t lock;
	int64_t take_ms;         /* when worker_take() says yes again */
	pthread_cond_t changed;  /* something is done, or a nudge, or stopping */
	struct task *done;       /* in no order */
	bool is_nudged;
	struct worker_stats stats;
};

/* Writes how these tasks ended and gives their memory back. */
void worker_complete(struct worker *w, struct task *done);
