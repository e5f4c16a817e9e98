/* h_scim_bulk.c: POST /Bulk. */

#include "server/handlers/scim/scim.h"

#include <stdatomic.h>

#include "server/http/problem.h"
#include "server/scim/bulk.h"

/* Each holds a slow thread for seconds; sign-ins wait for the same ones. */
#define BULKS_AT_ONCE 2

static atomic_uint running;

static int run(struct request *rq)
{
	struct scim_call call = { .op = &rq->op, .feed = rq->feed };
	_json_ json_t *body = NULL;
	int r = scim_bulk_run(&call, rq->json, problem_scim_json, &body);

	return r < 0 ? r : scim_respond(rq, 200, body);
}

int h_scim_bulk(struct request *rq)
{
	int r;

	if (atomic_fetch_add(&running, 1) < BULKS_AT_ONCE) {
		r = run(rq);
	} else {
		(void)op_fail(&rq->op, ERR_TOO_MANY_REQUESTS, "as many bulk requests as there may be at once are at work");
		r = op_fail_arg(&rq->op, "retry_after_s", STR("2"));
	}
	atomic_fetch_sub(&running, 1);
	return r;
}
