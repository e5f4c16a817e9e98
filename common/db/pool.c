#include "common/db/pool.h"

#include "common/base/clock.h"
#include "common/base/fiber.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MS_PER_S 1000
#define NS_PER_MS 1000000

struct pool {
	struct conn_settings settings;
	pthread_mutex_t mutex;
	pthread_cond_t given;
	size_t size;
	int64_t wait_ms;
	size_t n_taken;
	size_t n_idle;
	uint64_t waits;
	uint64_t dropped;
	struct db_conn *idle[]; /* a stack: the rest may grow cold */
};

struct pool *pool_new(const struct conn_settings *settings, size_t size, int64_t wait_ms)
{
	size_t n = size > 0 ? size : 1;
	struct pool *p = calloc(1, sizeof(*p) + n * sizeof(struct db_conn *));
	pthread_condattr_t attr;

	if (!p)
		abort();
	p->settings = *settings;
	p->size = n;
	p->wait_ms = wait_ms;
	if (pthread_condattr_init(&attr) != 0 || pthread_condattr_setclock(&attr, CLOCK_MONOTONIC) != 0 ||
	    pthread_cond_init(&p->given, &attr) != 0 || pthread_mutex_init(&p->mutex, NULL) != 0)
		abort();
	pthread_condattr_destroy(&attr);
	return p;
}

void pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->mutex);
	while (p->n_taken > 0)
		pthread_cond_wait(&p->given, &p->mutex);
	pthread_mutex_unlock(&p->mutex);
	for (size_t i = 0; i < p->n_idle; i++)
		conn_close(p->idle[i]);
	pthread_cond_destroy(&p->given);
	pthread_mutex_destroy(&p->mutex);
	free(p);
}

/* With the mutex held: takes one of the size places. */
static bool take_place(struct pool *p)
{
	int64_t until_ms = clock_mono_ms() + p->wait_ms;
	struct timespec until = { .tv_sec = until_ms / MS_PER_S, .tv_nsec = until_ms % MS_PER_S * NS_PER_MS };
	int r = 0;

	if (p->n_taken == p->size)
		p->waits++;
	while (p->n_taken == p->size && r == 0)
		r = pthread_cond_timedwait(&p->given, &p->mutex, &until);
	if (p->n_taken == p->size)
		return false;
	p->n_taken++;
	return true;
}

static void give_place(struct pool *p, struct db_conn *idle)
{
	pthread_mutex_lock(&p->mutex);
	if (idle)
		p->idle[p->n_idle++] = idle;
	p->n_taken--;
	/* All: pool_free() may wait beside the callers. */
	pthread_cond_broadcast(&p->given);
	pthread_mutex_unlock(&p->mutex);
}

static struct db_conn *pop_idle(struct pool *p)
{
	pthread_mutex_lock(&p->mutex);

	struct db_conn *c = p->n_idle > 0 ? p->idle[--p->n_idle] : NULL;

	pthread_mutex_unlock(&p->mutex);
	return c;
}

static void drop(struct pool *p, struct db_conn *c)
{
	conn_close(c);
	pthread_mutex_lock(&p->mutex);
	p->dropped++;
	pthread_mutex_unlock(&p->mutex);
}

struct db_conn *pool_take(struct pool *p, enum err *ret_code, char ret_reason[CONN_REASON_MAX])
{
	struct db_conn *c;

	assert(!fiber_is_here());
	pthread_mutex_lock(&p->mutex);

	bool has_place = take_place(p);

	pthread_mutex_unlock(&p->mutex);
	if (!has_place) {
		*ret_code = ERR_OVERLOADED;
		(void)snprintf(ret_reason, CONN_REASON_MAX, "all connections of the pool are busy");
		return NULL;
	}
	while ((c = pop_idle(p))) {
		if (conn_is_alive(c))
			return c;
		drop(p, c);
	}
	c = conn_open(&p->settings, ret_reason);
	if (!c) {
		*ret_code = ERR_UNAVAILABLE;
		give_place(p, NULL);
	}
	return c;
}

void pool_give(struct pool *p, struct db_conn *c)
{
	bool is_reusable = c->reason[0] == '\0' && PQtransactionStatus(c->pg) == PQTRANS_IDLE;

	if (!is_reusable) {
		drop(p, c);
		c = NULL;
	}
	give_place(p, c);
}

void pool_stats_add(struct pool *p, struct db_stats *sum)
{
	pthread_mutex_lock(&p->mutex);
	sum->pool_waits += p->waits;
	sum->reconnects += p->dropped;
	pthread_mutex_unlock(&p->mutex);
}
