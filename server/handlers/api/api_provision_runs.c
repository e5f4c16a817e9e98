/* api_provision_runs.c: /api/v1/accounts/{login}/provision and …/runs/{id}: one account on demand, step by step. */

#include "server/governance/provision_run.h"
#include "server/handlers/api/proofs.h"

int h_api_provision(struct request *rq)
{
	static const struct api_field fields[] = { { "platform", API_CODE, 16, false } };
	_json_ json_t *body = NULL;
	struct str platform, id;
	int r = api_read(rq, fields, ARRAY_LEN(fields), &platform);

	if (r == 0)
		r = provision_run_ask(&rq->op, rq->principal, rq->path_args[0], platform, &id);
	if (r < 0)
		return r;
	body = json_new_object();
	json_set_str(body, "id", id);
	return respond_json(rq, 201, body);
}

int h_api_provision_run(struct request *rq)
{
	_json_ json_t *body = NULL;
	int r = provision_run_read(&rq->op, rq->principal, rq->path_args[0], rq->path_args[1], &body);

	return r < 0 ? r : respond_json(rq, 200, body);
}
