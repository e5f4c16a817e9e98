/* exchange.c: one request from its begin hook to a response that stands; nothing of MHD here. */
#include "server/http/exchange.h"

#include "server/http/params.h"
#include "server/http/router.h"

/* Fetch standard, CORS preflight.  Any origin, no credentials. */
static int answer_preflight(struct exchange *ex)
{
	struct request *rq = &ex->rq;

	response_header(rq, "Access-Control-Allow-Methods", route_allow(rq->op.arena, ex->allowed));
	response_header(rq, "Access-Control-Allow-Headers", STR("Authorization, Content-Type, DPoP"));
	response_header(rq, "Access-Control-Max-Age", STR("3600"));
	return respond_empty(rq, 204);
}

static int run_route(struct exchange *ex)
{
	struct request *rq = &ex->rq;
	int r = params_read(rq, rq_header(rq, "Content-Type"));

	for (size_t i = 0; r == 0 && rq->response.status == 0 && rq->route->guards && rq->route->guards[i]; i++)
		r = rq->route->guards[i](rq);
	/* A guard may have answered: by what was stored of an earlier request. */
	return r < 0 || rq->response.status != 0 ? r : rq->route->handle(rq);
}

static int handle(struct exchange *ex)
{
	struct op *op = &ex->rq.op;
	int r;

	if (op->error.code < 0)
		return op->error.code;
	r = ex->is_preflight ? answer_preflight(ex) : run_route(ex);
	if (arena_overflowed(op->arena)) {
		op_forgive(op);
		return op_fail(op, ERR_LIMIT, "the request needs more memory than one may use");
	}
	if (r < 0)
		return op_fail(op, (enum err)r, "the request failed");
	if (ex->rq.response.status == 0)
		return op_fail_detail(op, ERR_INTERNAL, "internal error", "handler of %s gave no response",
		                      ex->rq.route->name);
	return 0;
}

void exchange_run(struct exchange *ex, const struct http_hooks *hooks)
{
	struct request *rq = &ex->rq;

	ex->is_begun = true;
	if (hooks->begin)
		hooks->begin(rq);
	if (handle(ex) < 0) {
		problem_respond(rq, hooks);
		if (rq->op.error.code == ERR_METHOD_NOT_ALLOWED && ex->allowed)
			response_header(rq, "Allow", route_allow(rq->op.arena, ex->allowed));
	}
	if (hooks->end)
		hooks->end(rq);
}
