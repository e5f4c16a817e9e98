#include "provisioning/recorder.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/base/log.h"

#include <stdlib.h>
#include <time.h>

/* What is urgent waits for one of them at most. */
#define BATCH_MAX 128
#define RECORDER_BYTES ((size_t)16 * 1024 * 1024)
/* For company, where nothing is urgent; so many do not wait for more. */
#define LINGER_US 4000
#define COMPANY 64
/* A database that is away for a moment shall not cost a look-up at the platform for each of these. */
#define TRIES 5
#define PAUSE_MS 300

static struct timespec in_us(int64_t us)
{
	int64_t at = clock_mono_us() + us;

	return (struct timespec){ at / 1000000, at % 1000000 * 1000 };
}

static struct ending *pop(struct recorder *r)
{
	struct ending *e = r->first;

	if (!e)
		return NULL;
	r->first = e->next;
	if (!r->first)
		r->last = NULL;
	r->n--;
	r->n_urgent -= e->is_urgent;
	return e;
}

/* 0: it is over. */
static size_t take(struct recorder *r, struct ending **batch)
{
	size_t n = 0;

	pthread_mutex_lock(&r->lock);
	while (!r->first && !r->is_closing)
		pthread_cond_wait(&r->changed, &r->lock);

	struct timespec until = in_us(LINGER_US);

	while (r->n < COMPANY && r->n_urgent == 0 && !r->is_closing)
		if (pthread_cond_timedwait(&r->changed, &r->lock, &until) != 0)
			break;
	while (n < BATCH_MAX && (batch[n] = pop(r)))
		n++;
	pthread_mutex_unlock(&r->lock);
	return n;
}

static int write_some(struct recorder *r, struct completion *done, size_t n)
{
	struct op op;
	int err;

	arena_reset(r->arena);
	op_init(&op, r->arena, r->db, NULL);
	err = completion_add(&op, done, n);
	db_op_done(&op);
	if (err < 0) {
		log_event(LOG_LEVEL_WARN, "recorder", L_INT("n", (int64_t)n), L_C("error", err_name(err)), L_STR("detail", op.error.detail));
		for (size_t i = 0; i < n; i++)
			done[i].was_fenced = true;
	}
	return err;
}

static bool may_pass(int err)
{
	return err == ERR_UNAVAILABLE || err == ERR_OUTCOME_UNKNOWN || err == ERR_OVERLOADED;
}

/* What fails for good fails alone.  Its lease ends by time; then the platform is asked what became of it. */
static void write_batch(struct recorder *r, struct completion *done, size_t n)
{
	int err = write_some(r, done, n);

	for (int i = 1; i < TRIES && may_pass(err); i++) {
		nanosleep(&(struct timespec){ .tv_nsec = PAUSE_MS * 1000000L }, NULL);
		err = write_some(r, done, n);
	}
	if (err < 0 && n > 1 && !may_pass(err)) {
		write_batch(r, done, n / 2);
		write_batch(r, done + n / 2, n - n / 2);
	}
}

static void *recorder_main(void *arg)
{
	struct recorder *r = arg;
	struct ending *batch[BATCH_MAX];
	struct completion done[BATCH_MAX];
	size_t n;

	while ((n = take(r, batch)) > 0) {
		for (size_t i = 0; i < n; i++)
			done[i] = batch[i]->completion;
		write_batch(r, done, n);
		for (size_t i = 0; i < n; i++) {
			batch[i]->completion.was_fenced = done[i].was_fenced;
			batch[i]->written(batch[i]->context, batch[i]);
		}
	}
	return NULL;
}

void recorder_start(struct recorder *r, struct db *db)
{
	pthread_condattr_t attr;

	*r = (struct recorder){ .db = db, .arena = arena_new(RECORDER_BYTES) };
	pthread_mutex_init(&r->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&r->changed, &attr);
	pthread_condattr_destroy(&attr);
	if (pthread_create(&r->thread, NULL, recorder_main, r) != 0)
		abort();
}

void recorder_add(struct recorder *r, struct ending *e)
{
	bool wakes;

	pthread_mutex_lock(&r->lock);
	e->next = NULL;
	if (r->last)
		r->last->next = e;
	else
		r->first = e;
	r->last = e;
	r->n++;
	r->n_urgent += e->is_urgent;
	wakes = r->n == 1 || r->n == COMPANY || e->is_urgent;
	pthread_mutex_unlock(&r->lock);
	if (wakes)
		pthread_cond_signal(&r->changed);
}

void recorder_stop(struct recorder *r)
{
	pthread_mutex_lock(&r->lock);
	r->is_closing = true;
	pthread_mutex_unlock(&r->lock);
	pthread_cond_signal(&r->changed);
	pthread_join(r->thread, NULL);
	pthread_cond_destroy(&r->changed);
	pthread_mutex_destroy(&r->lock);
	arena_free(r->arena);
}
