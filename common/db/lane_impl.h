/*
 * lane_impl.h (private): what the two sides of a lane share: lane.c for callers, lane_thread.c
 * for the thread.
 */
#pragma once

#include "common/db/batch.h"
#include "common/db/gather.h"
#include "common/db/lane.h"

#include <pthread.h>
#include <stdatomic.h>

#define LANE_BATCH_LIMIT 256

struct lane {
	struct lane_config config;
	pthread_t thread;
	int wake_fd; /* eventfd: something to do for a sleeping lane */

	pthread_mutex_t mutex;
	struct job_queue queue;
	size_t n_queued;
	bool is_asleep;
	bool is_closing;
	bool is_refusing;      /* the server has been away for longer than GRACE_MS */
	uint64_t probes_asked; /* answered by the next batch, or by an empty one */
	uint64_t probes_answered;
	pthread_cond_t probed;

	/* The thread's own. */
	struct arena *arena;   /* of a batch */
	struct db_conn *conn;  /* NULL: not connected */
	int64_t down_since_ms;
	int64_t next_attempt_ms;
	int64_t backoff_ms;
	char reason[CONN_REASON_MAX]; /* why it is not connected */

	atomic_uint callers; /* inside lane_run() and lane_probe(): lane_close() waits for them */
	atomic_uint_least64_t batches, statements, sent, replays, reconnects;
};

/* With the mutex held. */
void lane_unqueue(struct lane *l, struct job *job);
/* The body of the thread; ends when the lane is closing and its queue is empty. */
void *lane_main(void *lane);
/* A connection in pipeline mode, or NULL with a reason. */
struct db_conn *lane_connect(const struct lane *l, char ret_reason[CONN_REASON_MAX]);
