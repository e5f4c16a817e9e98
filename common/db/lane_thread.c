#include "common/base/clock.h"
#include "common/db/lane_impl.h"

#include <poll.h>
#include <stdio.h>
#include <unistd.h>

#define BACKOFF_MIN_MS 100
#define BACKOFF_MAX_MS 2000
/* A restart of the server is ridden out; a longer absence is told to callers at once. */
#define GRACE_MS 2000

static void count(atomic_uint_least64_t *counter, size_t n)
{
	atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

/* After this the job is the caller's again: never touched. */
static void complete(struct job *job)
{
	waiter_wake(&job->done);
}

static void complete_without_result(struct job *job, enum err code, const char *reason)
{
	answer_release(TAKE_PTR(job->answer));
	job->code = code;
	(void)snprintf(job->reason, sizeof(job->reason), "%s", reason);
	complete(job);
}

/* Back to where they came from, in their order; whose time is over is told so. */
static void requeue(struct lane *l, struct job **jobs, size_t n)
{
	int64_t now_ms = clock_mono_ms();

	pthread_mutex_lock(&l->mutex);
	for (size_t i = n; i-- > 0;) {
		if (jobs[i]->deadline_ms <= now_ms) {
			complete_without_result(jobs[i], ERR_UNAVAILABLE, l->reason);
			continue;
		}
		jobs[i]->is_queued = true;
		TAILQ_INSERT_HEAD(&l->queue, jobs[i], link);
		l->n_queued++;
	}
	pthread_mutex_unlock(&l->mutex);
}

/* The connection is gone, and with it all knowledge of what was under way. */
static void disconnect(struct lane *l)
{
	(void)snprintf(l->reason, sizeof(l->reason), "%s", l->conn->reason);
	conn_close(TAKE_PTR(l->conn));
	l->down_since_ms = clock_mono_ms();
	l->next_attempt_ms = l->down_since_ms;
	l->backoff_ms = BACKOFF_MIN_MS;
}

static void settle_lost(struct lane *l, struct job **jobs, size_t n)
{
	disconnect(l);
	for (size_t i = 0; i < n; i++) {
		if (l->config.is_write) {
			complete_without_result(jobs[i], ERR_OUTCOME_UNKNOWN, l->reason);
		} else if (jobs[i]->was_retried) {
			complete_without_result(jobs[i], ERR_UNAVAILABLE, l->reason);
		} else {
			jobs[i]->was_retried = true;
			requeue(l, &jobs[i], 1);
		}
	}
}

/*
 * Runs jobs as one transaction.  True when all of them have been dealt with; false when they
 * were rolled back because of jobs[*ret_failed] (n: because of the commit); where some went
 * as one that is a guess, which a replay puts right: it sends each by itself.
 */
static bool run(struct lane *l, bool together, struct job **jobs, size_t n, size_t *ret_failed)
{
	struct part parts[LANE_BATCH_LIMIT];
	struct job *order[LANE_BATCH_LIMIT];

	/* Lost on an earlier attempt: these were rolled back then, and have not been sent since. */
	if (!l->conn) {
		requeue(l, jobs, n);
		return true;
	}

	size_t n_parts = gather(l->arena, jobs, n, together, parts, order);
	enum batch_outcome outcome = batch_run(l->conn, parts, n_parts, l->config.patience_ms, ret_failed);

	arena_reset(l->arena);
	count(&l->batches, 1);
	count(&l->sent, n_parts);
	switch (outcome) {
	case BATCH_LOST:
		settle_lost(l, jobs, n);
		return true;
	case BATCH_IN_DOUBT:
		for (size_t i = 0; i < n; i++)
			complete_without_result(jobs[i], ERR_OUTCOME_UNKNOWN, "not confirmed by the standby");
		return true;
	case BATCH_FAILED:
		if (n != 1)
			return false;
		break;
	case BATCH_COMMITTED:
		break;
	}
	for (size_t i = 0; i < n; i++)
		complete(jobs[i]);
	return true;
}

static bool run_again(struct lane *l, struct job **jobs, size_t n, size_t *ret_failed)
{
	count(&l->replays, n);
	return n == 0 || run(l, false, jobs, n, ret_failed);
}

/* The suspects, each with a Sync of its own: slow ones stall only whoever waits behind them. */
static void run_alone(struct lane *l, struct job **jobs, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t failed;
		bool is_settled = true;

		if (jobs[i]->deadline_ms <= clock_mono_ms())
			complete_without_result(jobs[i], ERR_UNAVAILABLE, "waited too long");
		else
			is_settled = run_again(l, &jobs[i], 1, &failed);
		assert(is_settled);
	}
}

/*
 * After a failed batch.  What stood before the guilty statement had passed and is committed
 * together; what stood behind it was never looked at and is the next batch; the guilty ones
 * come last, so that a second wait for a lock holds up no innocent one.  Each statement runs
 * at most three times, a gathered one four times.
 */
static void replay(struct lane *l, struct job **jobs, size_t n, size_t failed)
{
	struct job *alone[LANE_BATCH_LIMIT];
	size_t n_alone = 0;
	bool is_settled = false;

	while (!is_settled) {
		size_t before = failed < n ? failed : n, ignored;

		if (before == n || !run_again(l, jobs, before, &ignored))
			for (size_t i = 0; i < before; i++)
				alone[n_alone++] = jobs[i];
		if (before == n)
			break;
		alone[n_alone++] = jobs[before];
		jobs += before + 1;
		n -= before + 1;
		is_settled = run_again(l, jobs, n, &failed);
	}
	run_alone(l, alone, n_alone);
}

static void serve(struct lane *l, struct job **jobs, size_t n, uint64_t probe)
{
	size_t failed = 0;

	count(&l->statements, n);
	if (!run(l, true, jobs, n, &failed))
		replay(l, jobs, n, failed);
	if (!l->conn || probe == 0)
		return;
	pthread_mutex_lock(&l->mutex);
	l->probes_answered = probe;
	pthread_cond_broadcast(&l->probed);
	pthread_mutex_unlock(&l->mutex);
}

static bool has_work(const struct lane *l)
{
	return !TAILQ_EMPTY(&l->queue) || l->probes_asked > l->probes_answered;
}

/* False when there is nothing to do.  *ret_probe: to be answered with the batch, or 0. */
static bool take(struct lane *l, struct job **jobs, size_t *ret_n, uint64_t *ret_probe)
{
	size_t n = 0;

	pthread_mutex_lock(&l->mutex);

	bool has_any = has_work(l);

	*ret_probe = l->probes_asked > l->probes_answered ? l->probes_asked : 0;
	while (n < l->config.batch_max && !TAILQ_EMPTY(&l->queue)) {
		struct job *job = TAILQ_FIRST(&l->queue);

		lane_unqueue(l, job);
		jobs[n++] = job;
	}
	pthread_mutex_unlock(&l->mutex);
	*ret_n = n;
	return has_any;
}

static void refuse_queue(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	l->is_refusing = true;
	while (!TAILQ_EMPTY(&l->queue)) {
		struct job *job = TAILQ_FIRST(&l->queue);

		lane_unqueue(l, job);
		complete_without_result(job, ERR_UNAVAILABLE, l->reason);
	}
	pthread_mutex_unlock(&l->mutex);
}

static bool is_closing(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);

	bool closing = l->is_closing;

	pthread_mutex_unlock(&l->mutex);
	return closing;
}

struct db_conn *lane_connect(const struct lane *l, char ret_reason[CONN_REASON_MAX])
{
	struct db_conn *c = conn_open(&l->config.conn, ret_reason);

	if (c && !PQenterPipelineMode(c->pg)) {
		(void)snprintf(ret_reason, CONN_REASON_MAX, "pipeline mode is not available");
		conn_close(TAKE_PTR(c));
	}
	return c;
}

static void reconnect(struct lane *l)
{
	l->conn = lane_connect(l, l->reason);
	if (l->conn) {
		count(&l->reconnects, 1);
		pthread_mutex_lock(&l->mutex);
		l->is_refusing = false;
		pthread_mutex_unlock(&l->mutex);
		return;
	}

	int64_t now_ms = clock_mono_ms();

	l->next_attempt_ms = now_ms + l->backoff_ms;
	l->backoff_ms = l->backoff_ms * 2 < BACKOFF_MAX_MS ? l->backoff_ms * 2 : BACKOFF_MAX_MS;
	if (now_ms - l->down_since_ms >= GRACE_MS || is_closing(l))
		refuse_queue(l);
}

/* Until a caller comes, the server says something, or the next attempt to connect is due. */
static void lane_sleep(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);
	l->is_asleep = !(l->conn && has_work(l)) && !(l->is_closing && TAILQ_EMPTY(&l->queue));

	bool is_asleep = l->is_asleep;

	pthread_mutex_unlock(&l->mutex);
	if (!is_asleep)
		return;

	int64_t until_attempt_ms = l->next_attempt_ms - clock_mono_ms();
	struct pollfd p[2] = {
		{ .fd = l->wake_fd, .events = POLLIN },
		{ .fd = l->conn ? PQsocket(l->conn->pg) : -1, .events = POLLIN },
	};

	(void)poll(p, ARRAY_LEN(p), l->conn ? -1 : (int)(until_attempt_ms > 0 ? until_attempt_ms : 0));
	pthread_mutex_lock(&l->mutex);
	l->is_asleep = false;
	pthread_mutex_unlock(&l->mutex);

	uint64_t wakes;

	(void)!read(l->wake_fd, &wakes, sizeof(wakes));
}

static bool is_finished(struct lane *l)
{
	pthread_mutex_lock(&l->mutex);

	bool finished = l->is_closing && TAILQ_EMPTY(&l->queue);

	pthread_mutex_unlock(&l->mutex);
	return finished;
}

void *lane_main(void *arg)
{
	struct lane *l = arg;
	struct job *jobs[LANE_BATCH_LIMIT];
	uint64_t probe;
	size_t n;

	while (!is_finished(l)) {
		/* A server that went away while nothing was under way costs nobody an error. */
		if (l->conn && !conn_is_alive(l->conn))
			disconnect(l);
		if (!l->conn && clock_mono_ms() >= l->next_attempt_ms)
			reconnect(l);
		if (l->conn && take(l, jobs, &n, &probe))
			serve(l, jobs, n, probe);
		else
			lane_sleep(l);
	}
	return NULL;
}
