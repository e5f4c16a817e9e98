#include "common/base/clock.h"
#include "common/db/lane_impl.h"
#include "common/db/result.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/eventfd.h>
#include <time.h>
#include <unistd.h>

#define MS_PER_S 1000
#define NS_PER_MS 1000000
/* What a batch gathers, and values that are alone too large for it. */
#define ARENA_BUDGET_BYTES ((size_t)128 * 1024 * 1024)

static struct timespec timespec_of(int64_t mono_ms)
{
	return (struct timespec){ .tv_sec = mono_ms / MS_PER_S, .tv_nsec = mono_ms % MS_PER_S * NS_PER_MS };
}

/* With the mutex held.  A busy lane looks into the queue by itself.  True: wake() is due. */
static bool rouse(struct lane *l)
{
	bool was_asleep = l->is_asleep;

	l->is_asleep = false;
	return was_asleep;
}

/* Better without the mutex, for which the lane would have to wait at once. */
static void wake(struct lane *l)
{
	const uint64_t one = 1;

	(void)!write(l->wake_fd, &one, sizeof(one));
}

static bool submit(struct lane *l, struct job *job)
{
	pthread_mutex_lock(&l->mutex);

	bool is_accepted = !l->is_refusing && !l->is_closing;
	bool is_wake_due = false;

	if (is_accepted) {
		job->is_queued = true;
		TAILQ_INSERT_TAIL(&l->queue, job, link);
		l->n_queued++;
		is_wake_due = rouse(l);
	}
	pthread_mutex_unlock(&l->mutex);
	if (is_wake_due)
		wake(l);
	return is_accepted;
}

void lane_unqueue(struct lane *l, struct job *job)
{
	TAILQ_REMOVE(&l->queue, job, link);
	job->is_queued = false;
	l->n_queued--;
}

/* False when the lane has taken the job already. */
static bool withdraw(struct lane *l, struct job *job)
{
	pthread_mutex_lock(&l->mutex);

	bool was_queued = job->is_queued;

	if (was_queued)
		lane_unqueue(l, job);
	pthread_mutex_unlock(&l->mutex);
	return was_queued;
}

/*
 * False when the job was withdrawn unsent.  Once the lane has taken it, the caller waits for
 * as long as the lane needs: the lane's own waits are bounded, and the job is on this stack.
 */
static bool wait_for(struct lane *l, struct job *job)
{
	return waiter_wait(&job->done, job->deadline_ms) || (!withdraw(l, job) && waiter_wait(&job->done, WAIT_FOR_EVER));
}

static int run_job(struct lane *l, struct op *op, struct job *job, struct db_rows *ret_rows)
{
	const struct query *q = job->bound->query;

	if (!submit(l, job))
		return result_lost(op, q->name, ERR_UNAVAILABLE, "not connected");
	if (!wait_for(l, job))
		return result_lost(op, q->name, ERR_UNAVAILABLE, "waited too long");
	if (!job->answer)
		return result_lost(op, q->name, job->code, job->reason);

	_answer_ struct answer *answer = job->answer;

	return q->is_gathered ? result_take_row(op, q, answer->result, job->row, ret_rows) : result_take(op, q, answer->result, ret_rows);
}

int lane_run(struct lane *l, struct op *op, const struct bound *b, struct db_rows *ret_rows)
{
	struct job job = { .bound = b, .deadline_ms = clock_mono_ms() + l->config.patience_ms };
	int r;

	atomic_fetch_add(&l->callers, 1);
	waiter_begin(&job.done);
	r = run_job(l, op, &job, ret_rows);
	waiter_end(&job.done);
	atomic_fetch_sub(&l->callers, 1);
	return r;
}

bool lane_probe(struct lane *l, int64_t timeout_ms)
{
	struct timespec until = timespec_of(clock_mono_ms() + timeout_ms);
	int r = 0;

	atomic_fetch_add(&l->callers, 1);
	pthread_mutex_lock(&l->mutex);

	uint64_t asked = ++l->probes_asked;

	if (rouse(l))
		wake(l);
	while (l->probes_answered < asked && r == 0)
		r = pthread_cond_timedwait(&l->probed, &l->mutex, &until);

	bool is_answered = l->probes_answered >= asked;

	pthread_mutex_unlock(&l->mutex);
	atomic_fetch_sub(&l->callers, 1);
	return is_answered;
}

static void init_sync(struct lane *l)
{
	pthread_condattr_t attr;

	if (pthread_condattr_init(&attr) != 0 || pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&l->probed, &attr) != 0 || pthread_mutex_init(&l->mutex, NULL) != 0)
		abort();
	pthread_condattr_destroy(&attr);
}

/* Signals are the main thread's business. */
static void start_thread(struct lane *l)
{
	sigset_t all, before;

	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	if (pthread_create(&l->thread, NULL, lane_main, l) != 0)
		abort();
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	pthread_setname_np(l->thread, l->config.thread_name);
}

struct lane *lane_open(const struct lane_config *config, char ret_reason[CONN_REASON_MAX])
{
	struct lane *l = calloc(1, sizeof(*l));

	if (!l)
		abort();
	l->config = *config;
	if (l->config.batch_max == 0 || l->config.batch_max > LANE_BATCH_LIMIT)
		l->config.batch_max = LANE_BATCH_LIMIT;
	TAILQ_INIT(&l->queue);
	l->conn = lane_connect(l, ret_reason);
	if (!l->conn) {
		free(l);
		return NULL;
	}
	l->wake_fd = eventfd(0, EFD_NONBLOCK | EFD_CLOEXEC);
	if (l->wake_fd < 0)
		abort();
	l->arena = arena_new(ARENA_BUDGET_BYTES);
	init_sync(l);
	start_thread(l);
	return l;
}

void lane_close(struct lane *l)
{
	const struct timespec pause = { .tv_nsec = NS_PER_MS };

	if (!l)
		return;
	pthread_mutex_lock(&l->mutex);
	l->is_closing = true;
	if (rouse(l))
		wake(l);
	pthread_mutex_unlock(&l->mutex);
	pthread_join(l->thread, NULL);
	/* Everything is answered, but a caller may still be on its way out. */
	while (atomic_load(&l->callers) > 0)
		(void)nanosleep(&pause, NULL);
	conn_close(l->conn);
	arena_free(l->arena);
	(void)close(l->wake_fd);
	pthread_cond_destroy(&l->probed);
	pthread_mutex_destroy(&l->mutex);
	free(l);
}

void lane_stats_add(struct lane *l, struct db_stats *sum)
{
	sum->batches += atomic_load_explicit(&l->batches, memory_order_relaxed);
	sum->statements += atomic_load_explicit(&l->statements, memory_order_relaxed);
	sum->sent += atomic_load_explicit(&l->sent, memory_order_relaxed);
	sum->replays += atomic_load_explicit(&l->replays, memory_order_relaxed);
	sum->reconnects += atomic_load_explicit(&l->reconnects, memory_order_relaxed);
	pthread_mutex_lock(&l->mutex);
	sum->queued += l->n_queued;
	pthread_mutex_unlock(&l->mutex);
}
