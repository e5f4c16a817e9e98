#include "server/http/listener.h"

#include "common/base/clock.h"

static void process(void *context, void *item)
{
	struct http_server *s = context;
	struct exchange *ex = item;
	struct op *op = &ex->rq.op;

	/* Nobody waits for the answer any more: work that is late only makes the next later. */
	if (clock_mono_ms() > ex->deadline_ms)
		op_fail_detail(op, ERR_OVERLOADED, "the request waited too long", "deadline passed in the queue");
	else if (server_phase(s) >= PHASE_REFUSE)
		op_fail_detail(op, ERR_OVERLOADED, "the server is stopping", "stopped while queued");
	exchange_run(ex, &s->config.hooks);
	exchange_done(ex);
}

void worker_start(struct http_server *s)
{
	const struct http_config *c = &s->config;

	s->fast = workq_new("fast", c->fast_threads, c->queue_max, process, s);
	s->slow = workq_new("slow", c->slow_threads, c->queue_max, process, s);
}

bool worker_submit(struct http_server *s, struct exchange *ex)
{
	return workq_push(ex->rq.route->pool == POOL_SLOW ? s->slow : s->fast, ex);
}

void exchange_done(struct exchange *ex)
{
	struct http_io *io = ex->io;
	struct exchange *first = atomic_load(&io->done);

	do {
		ex->next = first;
	} while (!atomic_compare_exchange_weak(&io->done, &first, ex));
	/* Who finds the list empty kicks; the others' exchanges leave with the same wake-up. */
	if (!first)
		http_io_kick(io);
}
