/* worker_impl.h: between the parts of the worker: its tasks and how their ends are written. */
#pragma once

#include "common/base/random.h"
#include "common/base/workq.h"
#include "provisioning/gate.h"
#include "provisioning/recorder.h"
#include "provisioning/trace_store.h"
#include "provisioning/urgency.h"
#include "provisioning/worker.h"

#include <pthread.h>
#include <stdatomic.h>

/* Tasks: as many as the threads do in half a second, but two each at least and these at most; and for what takes access away. */
#define AHEAD_MIN 2
#define AHEAD_MAX 12
#define AHEAD_MAX_ALL 128
#define RESERVE 2
#define WORKER_POLL_MS 250

/* One operation on one account; its memory is used again and again. */
struct task {
	struct task *next;
	struct worker *worker;
	struct ending ending;
	bool is_urgent, is_probe;
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
	atomic_bool is_down;     /* what is not a probe need not begin */
	atomic_int n_urgent;     /* urgent tasks that wait in the queue */

	/* Of the dispatcher alone. */
	struct arena *arena;
	struct task *tasks;
	size_t n_tasks;
	struct task *free_tasks;
	size_t n_free;
	struct gate gate;
	int64_t quiet_until_ms; /* after a fault of the database */
	int64_t mean_us;        /* that an operation takes, of late */
	int64_t urgent_ms;      /* when it was last looked for what takes access away */
	bool has_more_urgent;   /* there was some */

	pthread_mutex_t lock;
	int64_t take_ms;         /* when worker_take() says yes again */
	pthread_cond_t changed;  /* something is done, or a nudge, or stopping */
	struct task *done;       /* and written; in no order */
	bool is_nudged, is_urged;
	struct asked asked[WORKER_ASKED_MAX];
	size_t n_asked;
	struct worker_stats stats;
};

/* Claimed work on its way. */
struct claimed {
	const struct work *work;
	size_t n;
	int64_t deadline_ms;
	bool is_probe;
	const struct passed *passed; /* of a run on demand, or NULL */
};
int worker_send(struct worker *w, struct op *op, const struct claimed *c) _must_check_;
/* The trace of an operation on demand. */
void worker_begin_trace(struct worker *w, struct task *t, const struct passed *passed);
/* worker_trace.c: claims what was asked for; writes how traced tasks ended. */
void worker_serve_asked(struct worker *w);
void worker_end_traces(struct worker *w, const struct task *done);
/* worker_claim.c: takes what may go, and sends it to the threads. */
void worker_claim(struct worker *w);
/* Nothing was tried; due again soon. */
void worker_release(struct task *t, const char *class);
/* worker_end.c: how the task ended goes to the recorder. */
void worker_end(struct task *t, int64_t ms);
/* Their ends were written: takes what they tell of the platform, and their memory back. */
void worker_complete(struct worker *w, struct task *done);
