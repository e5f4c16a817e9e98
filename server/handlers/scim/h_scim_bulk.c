/* h_scim_bulk.c: POST /Bulk. */

#include "server/handlers/scim/scim.h"

#include "server/http/problem.h"
#include "server/scim/bulk.h"

int h_scim_bulk(struct request *rq)
{
	struct scim_call call = { .op = &rq->op, .feed = rq->feed };
	_json_ json_t *body = NULL;
	int r = scim_bulk_run(&call, rq->json, problem_scim_json, &body);

	return r < 0 ? r : scim_respond(rq, 200, body);
}
