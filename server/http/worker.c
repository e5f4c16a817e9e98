#include "server/http/listener.h"

#include "common/base/clock.h"

#include <unistd.h>

/* More processors than these have other work too. */
#define LIGHT_THREADS_MAX 16
/* One that computes a signature must not keep all others waiting. */
#define LIGHT_THREADS_MIN 2

/* What this thread of the crew has finished since its last pause, newest first. */
static _Thread_local struct exchange *finished;

static void run(struct http_server *s, struct exchange *ex)
{
	struct op *op = &ex->rq.op;

	/* Nobody waits for the answer any more: work that is late only makes the next later. */
	if (clock_mono_ms() > ex->deadline_ms)
		op_fail_detail(op, ERR_OVERLOADED, "the request waited too long", "deadline passed in the queue");
	else if (server_phase(s) >= PHASE_REFUSE)
		op_fail_detail(op, ERR_OVERLOADED, "the server is stopping", "stopped while queued");
	exchange_run(ex, &s->config.hooks);
}

static void process(void *context, void *item)
{
	run(context, item);
	exchange_done(item);
}

static void process_light(void *context, void *item)
{
	struct exchange *ex = item;

	run(context, ex);
	ex->next = finished;
	finished = ex;
}

/* Gives a chain back to its I/O thread. */
static void give_back(struct http_io *io, struct exchange *newest, struct exchange *oldest)
{
	struct exchange *first = atomic_load(&io->done);

	do {
		oldest->next = first;
	} while (!atomic_compare_exchange_weak(&io->done, &first, newest));
	/* Who finds the list empty kicks; the others' exchanges leave with the same wake-up. */
	if (!first)
		http_io_kick(io);
}

void exchange_done(struct exchange *ex)
{
	give_back(ex->io, ex, ex);
}

/* All that are finished, each I/O thread's at once. */
static void pause_light(void *context)
{
	struct exchange *list = TAKE_PTR(finished);

	(void)context;
	while (list) {
		struct http_io *io = list->io;
		struct exchange *newest = NULL, *oldest = NULL, *others = NULL, *next;

		for (struct exchange *ex = list; ex; ex = next) {
			struct exchange **to = ex->io == io ? &newest : &others;

			next = ex->next;
			ex->next = *to;
			*to = ex;
			if (ex->io == io && !oldest)
				oldest = ex;
		}
		give_back(io, newest, oldest);
		list = others;
	}
}

static bool has_light_routes(const struct http_config *c)
{
	for (size_t i = 0; i < c->n_routes; i++)
		if (c->routes[i].pool == POOL_LIGHT)
			return true;
	return false;
}

/* As many threads as there are processors: none of them ever waits. */
static size_t light_threads(const struct http_config *c)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);
	size_t wanted = n < LIGHT_THREADS_MIN ? LIGHT_THREADS_MIN : n > LIGHT_THREADS_MAX ? LIGHT_THREADS_MAX : (size_t)n;

	return wanted < c->fast_threads ? wanted : c->fast_threads;
}

void worker_start(struct http_server *s)
{
	const struct http_config *c = &s->config;
	const struct crew_config light = {
		.name = "light",
		.n_threads = light_threads(c),
		.n_fibers = c->fast_threads,
		.capacity = c->queue_max,
		.process = process_light,
		.pause = pause_light,
		.context = s,
	};

	if (has_light_routes(c))
		s->light = crew_new(&light);
	s->fast = workq_new("fast", c->fast_threads, c->queue_max, process, s);
	s->slow = workq_new("slow", c->slow_threads, c->queue_max, process, s);
}

void worker_stop(struct http_server *s)
{
	crew_close(s->light);
	workq_close(s->fast);
	workq_close(s->slow);
	s->light = NULL;
	s->fast = s->slow = NULL;
}

bool worker_submit(struct http_server *s, struct exchange *ex)
{
	switch (ex->rq.route->pool) {
	case POOL_LIGHT:
		return crew_push(s->light, ex);
	case POOL_SLOW:
		return workq_push(s->slow, ex);
	case POOL_FAST:
	case POOL_INLINE:
	default:
		return workq_push(s->fast, ex);
	}
}
