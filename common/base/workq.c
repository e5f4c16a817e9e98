#include "common/base/workq.h"

#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>

struct workq {
	pthread_mutex_t mutex;
	pthread_cond_t not_empty; /* or closing */
	bool closing;

	void **ring;
	size_t capacity;
	size_t first;
	size_t depth;

	pthread_t *threads;
	size_t n_threads;
	void (*process)(void *context, void *item);
	void *context;
};

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count, size);

	if (!p)
		abort();
	return p;
}

/* Waits for an item; false when the queue is closing and drained. */
static bool take(struct workq *q, void **ret_item)
{
	pthread_mutex_lock(&q->mutex);
	while (q->depth == 0 && !q->closing)
		pthread_cond_wait(&q->not_empty, &q->mutex);

	bool got_one = q->depth > 0;

	if (got_one) {
		*ret_item = q->ring[q->first];
		q->first = (q->first + 1) % q->capacity;
		q->depth--;
	}
	pthread_mutex_unlock(&q->mutex);
	return got_one;
}

static void *serve(void *arg)
{
	struct workq *q = arg;
	void *item = NULL;

	while (take(q, &item))
		q->process(q->context, item);
	return NULL;
}

static void start_threads(struct workq *q, const char *name)
{
	sigset_t all, before;

	/* Signals are the main thread's business: the pool is born with all of them blocked. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	for (size_t i = 0; i < q->n_threads; i++) {
		char thread_name[16];

		if (pthread_create(&q->threads[i], NULL, serve, q) != 0)
			abort();
		(void)snprintf(thread_name, sizeof(thread_name), "%.10s-%u", name, (unsigned)i % 1000);
		pthread_setname_np(q->threads[i], thread_name);
	}
	pthread_sigmask(SIG_SETMASK, &before, NULL);
}

struct workq *workq_new(const char *name, size_t n_threads, size_t capacity,
                        void (*process)(void *context, void *item), void *context)
{
	assert(n_threads > 0 && capacity > 0 && process);

	struct workq *q = allocate(1, sizeof(*q));

	q->ring = allocate(capacity, sizeof(*q->ring));
	q->capacity = capacity;
	q->threads = allocate(n_threads, sizeof(*q->threads));
	q->n_threads = n_threads;
	q->process = process;
	q->context = context;
	if (pthread_mutex_init(&q->mutex, NULL) != 0 || pthread_cond_init(&q->not_empty, NULL) != 0)
		abort();
	start_threads(q, name);
	return q;
}

static bool push(struct workq *q, void *item, bool is_first)
{
	pthread_mutex_lock(&q->mutex);

	bool has_room = !q->closing && q->depth < q->capacity;

	if (has_room) {
		if (is_first)
			q->first = (q->first + q->capacity - 1) % q->capacity;
		q->ring[(q->first + (is_first ? 0 : q->depth)) % q->capacity] = item;
		q->depth++;
	}
	pthread_mutex_unlock(&q->mutex);
	/* Not under the mutex, of which the woken thread would have to wait for. */
	if (has_room)
		pthread_cond_signal(&q->not_empty);
	return has_room;
}

bool workq_push(struct workq *q, void *item)
{
	return push(q, item, false);
}

bool workq_push_first(struct workq *q, void *item)
{
	return push(q, item, true);
}

size_t workq_depth(struct workq *q)
{
	pthread_mutex_lock(&q->mutex);

	size_t depth = q->depth;

	pthread_mutex_unlock(&q->mutex);
	return depth;
}

void workq_close(struct workq *q)
{
	if (!q)
		return;
	pthread_mutex_lock(&q->mutex);
	q->closing = true;
	pthread_cond_broadcast(&q->not_empty);
	pthread_mutex_unlock(&q->mutex);
	for (size_t i = 0; i < q->n_threads; i++)
		pthread_join(q->threads[i], NULL);
	pthread_cond_destroy(&q->not_empty);
	pthread_mutex_destroy(&q->mutex);
	free(q->threads);
	free(q->ring);
	free(q);
}
