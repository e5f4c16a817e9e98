#include "server/http/listener.h"

#include <stdlib.h>

#define SPARE_MAX 256

struct exchange *exchange_take(struct http_io *io)
{
	struct exchange *ex = io->spare;

	atomic_fetch_add(&io->server->n_active, 1);
	if (ex) {
		io->spare = ex->next;
		io->n_spare--;
		return ex;
	}
	ex = calloc(1, sizeof(*ex));
	if (!ex)
		abort();
	ex->rq.op.arena = arena_new(io->server->arena_bytes);
	return ex;
}

static void exchange_free(struct exchange *ex)
{
	arena_free(ex->rq.op.arena);
	free(ex);
}

void exchange_give(struct http_io *io, struct exchange *ex)
{
	const struct http_hooks *hooks = &io->server->config.hooks;
	struct arena *arena = ex->rq.op.arena;

	if (ex->is_begun && hooks->release)
		hooks->release(&ex->rq);
	if (ex->rq.json)
		json_decref(ex->rq.json);
	arena_reset(arena);
	*ex = (struct exchange){ .rq.op.arena = arena };
	atomic_fetch_sub(&io->server->n_active, 1);
	if (io->n_spare >= SPARE_MAX) {
		exchange_free(ex);
		return;
	}
	ex->next = io->spare;
	io->spare = ex;
	io->n_spare++;
}

void exchange_free_spare(struct http_io *io)
{
	while (io->spare) {
		struct exchange *ex = io->spare;

		io->spare = ex->next;
		exchange_free(ex);
	}
}
