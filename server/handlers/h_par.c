/*
 * POST /par: an authorization request sent beforehand, by the client itself.  RFC 9126.
 *
 * The same client authentication as at the token endpoint, the same checks as at the authorization
 * endpoint: what is wrong is said here, to the client.
 */
#include "server/handlers/handlers.h"
#include "server/oidc/pushed_request.h"
#include "server/oidc/request_object.h"

struct param_spec par_params[PARAMS_MAX];

/* The parameters of client authentication, then those of an authorization request but for client_id, which is one of the former. */
size_t par_params_declare(void)
{
	static const struct param_spec client[] = { CLIENT_PARAMS };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		par_params[n++] = client[i];
	for (size_t i = 1; i < n_authorize_fields; i++)
		par_params[n++] = authorize_param(i, PARAM_BODY_ONLY);
	return n;
}

/* The request as it counts: resolved, and everything checked that does not depend on the official. */
static int read_request(struct request *rq, struct authorize_request *request, struct authorize_origin *origin)
{
	struct op *op = &rq->op;
	int r;

	request->client_id = rq->client->id;
	for (size_t i = 1; i < n_authorize_fields; i++)
		*authorize_field_of(request, i) = rq_param(rq, N_CLIENT_PARAMS + i - 1);
	if (!str_is_null(request->request_uri))
		return op_fail(op, ERR_INVALID_REQUEST, "request_uri is not allowed here");
	r = request_object_resolve(op, &rq->app->oidc, rq->client, request, origin);
	if (r >= 0)
		r = authorize_check_target(op, request, rq->client);
	origin->is_pushed = true;
	if (r >= 0)
		r = authorize_check_origin(op, rq->client, origin);
	if (r >= 0)
		r = authorize_check(op, request, rq->client);
	return r < 0 ? r : authorize_check_size(op, request);
}

int h_par(struct request *rq)
{
	struct op *op = &rq->op;
	struct authorize_request request = { 0 };
	struct authorize_origin origin = { 0 };
	_json_ json_t *answer = NULL;
	struct str request_uri;
	int r = read_request(rq, &request, &origin);

	if (r < 0)
		return r;
	if (str_is_null(request.dpop_jkt))
		request.dpop_jkt = rq->proved_jkt; /* RFC 9449 §10.1 */
	else if (!str_is_null(rq->proved_jkt) && !str_equal(request.dpop_jkt, rq->proved_jkt))
		return op_fail(op, ERR_INVALID_DPOP_PROOF, "dpop_jkt is not the key of the DPoP proof");
	r = pushed_request_add(op, &rq->app->oidc, &request, &origin, &request_uri);
	if (r >= 0)
		r = use_dpop(rq);
	if (r < 0)
		return r;
	answer = json_new_object();
	json_set_str(answer, "request_uri", request_uri);
	json_set_int(answer, "expires_in", rq->app->oidc.push_s);
	return respond_json(rq, 201, answer);
}
