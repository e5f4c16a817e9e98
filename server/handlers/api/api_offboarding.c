/* api_offboarding.c: /api/v1/persons/{employee_code}/offboarding: is all access gone, and the certificate about it. */

#include "server/app.h"
#include "server/handlers/api/proofs.h"

const struct param_spec api_offboarding_params[N_OFFBOARDING_PARAMS] = {
	[P_OFFBOARDING_CERTIFICATE] = { "certificate", 16, PARAM_PRINTABLE | PARAM_QUERY_ONLY },
};

static bool accepts(struct request *rq, struct str type)
{
	struct str accept = rq_header(rq, "Accept");

	return !str_is_null(accept) && str_contains(accept, type);
}

/* How it stands, and what has been certified so far. */
static int respond_state(struct request *rq)
{
	_json_ json_t *body = NULL;
	json_t *list = NULL;
	int r = offboarding_state(&rq->op, rq->principal, rq->path_args[0], &body);

	if (r == 0)
		r = offboarding_list(&rq->op, rq->principal, rq->path_args[0], &list);
	if (r < 0)
		return r;
	(void)json_object_del(body, "read_at");
	json_set_take(body, "certificates", list);
	return respond_json(rq, 200, body);
}

int h_api_offboarding(struct request *rq)
{
	bool is_jose = accepts(rq, STR("application/jose")), is_page = accepts(rq, STR("text/html"));
	struct off_certificate c;
	int r;

	response_header(rq, "Vary", STR("Accept"));
	if (!is_jose && !is_page)
		return respond_state(rq);
	r = offboarding_find(&rq->op, rq->principal, rq->path_args[0], rq_param(rq, P_OFFBOARDING_CERTIFICATE), &c);
	if (r < 0)
		return r;
	return is_jose ? respond_bytes(rq, 200, "application/jose", c.jws) : offboarding_respond_paper(rq, &c);
}

int h_api_offboarding_issue(struct request *rq)
{
	struct off_certificate c;
	_json_ json_t *body = NULL;
	int r = api_read_nothing(rq);

	if (r == 0)
		r = offboarding_issue(&rq->op, rq->principal, rq->app->oidc.issuer, rq->path_args[0], &c);
	if (r < 0)
		return r;
	body = json_new_object();
	api_set(body, "id", c.id);
	api_set(body, "number", c.number);
	api_set(body, "issued_at", c.issued_at);
	json_set_bool(body, "complete", c.complete);
	api_set(body, "kid", c.kid);
	api_set(body, "jws", c.jws);
	return respond_json(rq, 201, body);
}
