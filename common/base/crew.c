/* crew.c: the queue of a crew and its threads. */
#include "common/base/clock.h"
#include "common/base/fiber_impl.h"

#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#define MS_PER_S 1000
#define NS_PER_MS 1000000

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort();
	return p;
}

void crew_pause(struct crew_thread *t)
{
	if (t->n_runs > 0 && t->crew->config.pause)
		t->crew->config.pause(t->crew->config.context);
	t->n_runs = 0;
}

void crew_wake(struct crew_thread *t)
{
	if (atomic_exchange(&t->is_asleep, false))
		sem_post(&t->wake);
}

static bool take_item(struct crew *c, void **ret_item)
{
	pthread_mutex_lock(&c->mutex);

	bool got_one = c->depth > 0;

	if (got_one) {
		*ret_item = c->ring[c->first];
		c->first = (c->first + 1) % c->config.capacity;
		c->depth--;
	}
	pthread_mutex_unlock(&c->mutex);
	return got_one;
}

static bool run_new(struct crew_thread *t)
{
	void *item;
	struct fiber *f;

	if (atomic_load(&t->n_idle) == 0 || !take_item(t->crew, &item))
		return false;
	f = fiber_take_idle(t);
	f->item = item;
	fiber_run(t, f);
	return true;
}

static bool has_items(struct crew *c, bool *ret_is_closing)
{
	pthread_mutex_lock(&c->mutex);

	bool is_any = c->depth > 0;

	*ret_is_closing = c->is_closing;
	pthread_mutex_unlock(&c->mutex);
	return is_any;
}

static void sleep_until(struct crew_thread *t, int64_t until_ms)
{
	struct timespec until = { .tv_sec = until_ms / MS_PER_S, .tv_nsec = until_ms % MS_PER_S * NS_PER_MS };

	while ((until_ms == WAIT_FOR_EVER ? sem_wait(&t->wake) : sem_clockwait(&t->wake, CLOCK_MONOTONIC, &until)) != 0 && errno == EINTR)
		;
}

/* False: there is nothing to do and there will be nothing. */
static bool rest(struct crew_thread *t)
{
	int64_t until_ms = fiber_run_late(t, clock_mono_ms());
	bool is_closing, is_any;

	crew_pause(t);
	atomic_store(&t->is_asleep, true);
	/* Whoever comes after these looks sees that it sleeps. */
	is_any = has_items(t->crew, &is_closing) && atomic_load(&t->n_idle) > 0;
	if (is_any || atomic_load(&t->ready)) {
		atomic_store(&t->is_asleep, false);
		return true;
	}
	if (is_closing && atomic_load(&t->n_idle) == t->n_fibers)
		return false;
	sleep_until(t, until_ms);
	atomic_store(&t->is_asleep, false);
	return true;
}

static void *thread_main(void *arg)
{
	struct crew_thread *t = arg;
	bool goes_on = true;

	fiber_thread_is(t);
	while (goes_on) {
		bool was_ready = fiber_run_ready(t), was_new = run_new(t);

		if (!was_ready && !was_new)
			goes_on = rest(t);
		else if (clock_mono_ms() >= t->next_look_ms)
			(void)fiber_run_late(t, clock_mono_ms());
	}
	return NULL;
}

struct blocking {
	void (*fn)(void *arg);
	void *arg;
	struct waiter waiter;
};

static void help(void *context, void *item)
{
	struct blocking *b = item;

	(void)context;
	b->fn(b->arg);
	waiter_wake(&b->waiter);
}

static struct workq *helpers_of(struct crew *c)
{
	pthread_mutex_lock(&c->mutex);
	if (!c->helpers)
		c->helpers = workq_new("helper", c->config.n_fibers, c->config.n_fibers, help, NULL);
	pthread_mutex_unlock(&c->mutex);
	return c->helpers;
}

void fiber_block(void (*fn)(void *arg), void *arg)
{
	struct fiber *f = fiber_now();
	struct blocking b = { .fn = fn, .arg = arg };

	if (!f) {
		fn(arg);
		return;
	}
	waiter_begin(&b.waiter);
	/* There is room for every fiber. */
	bool is_taken = workq_push(helpers_of(f->thread->crew), &b) && waiter_wait(&b.waiter, WAIT_FOR_EVER);

	assert(is_taken);
	waiter_end(&b.waiter);
}

static void thread_begin(struct crew *c, size_t i, size_t n_fibers)
{
	struct crew_thread *t = &c->threads[i];
	char name[16];

	t->crew = c;
	t->fibers = allocate(n_fibers, sizeof(*t->fibers));
	t->n_fibers = n_fibers;
	atomic_store(&t->n_idle, n_fibers);
	if (sem_init(&t->wake, 0, 0) != 0 || pthread_create(&t->thread, NULL, thread_main, t) != 0)
		abort();
	(void)snprintf(name, sizeof(name), "%.10s-%u", c->config.name, (unsigned)i % 1000);
	pthread_setname_np(t->thread, name);
}

struct crew *crew_new(const struct crew_config *config)
{
	struct crew *c = allocate(1, sizeof(*c));
	sigset_t all, before;

	assert(config->n_threads > 0 && config->n_fibers >= config->n_threads && config->capacity > 0 && config->process);
	c->config = *config;
	c->ring = allocate(config->capacity, sizeof(*c->ring));
	c->threads = allocate(config->n_threads, sizeof(*c->threads));
	if (pthread_mutex_init(&c->mutex, NULL) != 0)
		abort();
	/* Signals are the main thread's business: the crew is born with all of them blocked. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < config->n_threads; i++)
		thread_begin(c, i, (config->n_fibers + config->n_threads - 1 - i) / config->n_threads);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	return c;
}

/* One that sleeps and has a fiber to spare; those that are awake look before they sleep. */
static void wake_one(struct crew *c)
{
	for (size_t i = 0; i < c->config.n_threads; i++) {
		struct crew_thread *t = &c->threads[i];

		if (atomic_load(&t->n_idle) > 0 && atomic_exchange(&t->is_asleep, false)) {
			sem_post(&t->wake);
			return;
		}
	}
}

bool crew_push(struct crew *c, void *item)
{
	pthread_mutex_lock(&c->mutex);

	bool has_room = !c->is_closing && c->depth < c->config.capacity;

	if (has_room) {
		c->ring[(c->first + c->depth) % c->config.capacity] = item;
		c->depth++;
	}
	pthread_mutex_unlock(&c->mutex);
	if (has_room)
		wake_one(c);
	return has_room;
}

size_t crew_depth(struct crew *c)
{
	pthread_mutex_lock(&c->mutex);

	size_t depth = c->depth;

	pthread_mutex_unlock(&c->mutex);
	return depth;
}

void crew_close(struct crew *c)
{
	if (!c)
		return;
	pthread_mutex_lock(&c->mutex);
	c->is_closing = true;
	pthread_mutex_unlock(&c->mutex);
	for (size_t i = 0; i < c->config.n_threads; i++)
		crew_wake(&c->threads[i]);
	for (size_t i = 0; i < c->config.n_threads; i++) {
		struct crew_thread *t = &c->threads[i];

		pthread_join(t->thread, NULL);
		while (atomic_load(&t->n_wakers) > 0)
			sched_yield();
		for (size_t k = 0; k < t->n_made; k++)
			fiber_free(t->fibers[k]);
		free(t->fibers);
		sem_destroy(&t->wake);
	}
	workq_close(c->helpers);
	pthread_mutex_destroy(&c->mutex);
	free(c->threads);
	free(c->ring);
	free(c);
}
