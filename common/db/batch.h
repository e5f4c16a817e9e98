/*
 * batch.h (private): statements of several callers under one Sync, which is one implicit
 * transaction.  Knows the wire; what to do about a failure is the lane's business.
 */
#pragma once

#include "common/base/fiber.h"
#include "common/db/conn.h"

#include <stdatomic.h>
#include <sys/queue.h>

/*
 * One statement of one caller, on the caller's stack.  The caller waits until the lane has
 * let go of it, so the lane may read and write it and what it points to.
 */
struct job {
	TAILQ_ENTRY(job) link;
	bool is_queued;      /* with link: under the lane's mutex */
	bool was_retried;
	const struct bound *bound;
	int64_t deadline_ms; /* not sent after that */

	/* The answer: a result (rows or an error), or a code with its reason. */
	struct answer *answer;
	int row; /* of a gathered query: the job's own in it, or -1 */
	enum err code;
	char reason[CONN_REASON_MAX];
	struct waiter done;
};
TAILQ_HEAD(job_queue, job);

/* A result that several jobs may read; it goes with the last. */
struct answer {
	PGresult *result;
	atomic_size_t readers;
};
void answer_release(struct answer *a); /* accepts NULL */
DEFINE_CLEANUP(struct answer *, answer_releasep, answer_release);
#define _answer_ _cleanup_(answer_releasep)

/* One statement on the wire: one job's, or those of several that were gathered (gather.h). */
struct part {
	struct job **jobs;
	size_t n;
	struct bound bound;
};

enum batch_outcome {
	BATCH_COMMITTED, /* every job has its result */
	BATCH_FAILED,    /* rolled back */
	BATCH_IN_DOUBT,  /* committed here, perhaps not on the standby */
	BATCH_LOST,      /* nobody knows */
};

/*
 * n = 0 only asks whether the server is there.  BATCH_FAILED sets *ret_failed to the part that
 * raised the error, or to n when the commit did; a job that was alone gets the error as its
 * result, the jobs of a larger batch have none.
 */
enum batch_outcome batch_run(struct db_conn *c, struct part *parts, size_t n, int64_t timeout_ms, size_t *ret_failed);
