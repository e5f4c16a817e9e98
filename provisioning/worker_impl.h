/* worker_impl.h: between the parts of the worker: its tasks and how their ends are written. */
#pragma once

#include "common/base/random.h"
#include "common/base/workq.h"
#include "provisioning/completion_store.h"
#include "provisioning/gate.h"
#include "provisioning/trace_store.h"
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
	struct str *left;       /* attributes that stay as they are there */
	size_t n_left;
	struct result result;
	int64_t ms;
	struct trace *trace; /* of a run on demand, or NULL */
};

/* A target of a run on demand that waits for the dispatcher. */
struct asked {
	char run_id[UUID_TEXT_LEN + 1], account_id[UUID_TEXT_LEN + 1];
	int64_t lease_token, attempt;
	int64_t since_ms;
};

/* How a run on demand came to its operation. */
struct passed {
	struct trace_target target;
	bool is_probe, takes_away;
	int64_t waited_ms;
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
	struct asked asked[WORKER_ASKED_MAX];
	size_t n_asked;
	struct worker_stats stats;
};

/* Sends claimed work off; passed: of a run on demand, or NULL. */
int worker_send(struct worker *w, struct op *op, const struct work *work, size_t n, int64_t deadline_ms, const struct passed *passed) _must_check_;
/* The trace of an operation on demand. */
void worker_begin_trace(struct worker *w, struct task *t, const struct passed *passed);
/* worker_trace.c: claims what was asked for; writes how traced tasks ended. */
void worker_serve_asked(struct worker *w);
void worker_end_traces(struct worker *w, const struct task *done, const struct completion *completions);
/* Writes how these tasks ended and gives their memory back. */
void worker_complete(struct worker *w, struct task *done);
