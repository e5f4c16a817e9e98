/* GET, POST /authorize.  OIDC Core §3.1.2.1, RFC 6749 §4.1.1, RFC 9101, RFC 9126 §4. */

#include "server/handlers/pages.h"
#include "server/oidc/pushed_request.h"
#include "server/oidc/request_object.h"

/* Filled from authorize_fields by service_routes(): one list of names. */
struct param_spec authorize_params[PARAMS_MAX];

struct param_spec authorize_param(size_t i, uint8_t flags)
{
	const struct authorize_field *f = &authorize_fields[i];

	return (struct param_spec){ f->name, f->max_bytes, (uint8_t)(flags | (f->many ? PARAM_MANY : 0) | (f->wish ? PARAM_WISH : 0)) };
}

/* The request itself, wherever it stands. */
static int resolve(struct request *rq, const struct client *client, struct authorize_request *request)
{
	struct op *op = &rq->op;
	struct authorize_origin origin = { 0 };
	int r = 0;

	/* RFC 9101 §5: "MUST NOT be used together". */
	if (!str_is_null(request->request) && !str_is_null(request->request_uri))
		return op_fail(op, ERR_INVALID_REQUEST, "request and request_uri exclude each other");
	if (str_starts(request->request_uri, STR(PUSHED_URI_PREFIX))) {
		r = pushed_request_get(op, client, request->request_uri, request, &origin);
	} else {
		if (!str_is_null(request->request_uri))
			r = request_object_fetch(op, &rq->app->oidc, client, request);
		if (r >= 0)
			r = request_object_resolve(op, &rq->app->oidc, client, request, &origin);
	}
	if (r >= 0)
		r = authorize_check_origin(op, client, &origin);
	return r < 0 ? r : authorize_check_size(op, request);
}

int h_authorize(struct request *rq)
{
	struct op *op = &rq->op;
	struct authorize_request request, outer;
	const struct client *client;
	int r;

	for (size_t i = 0; i < n_authorize_fields; i++)
		*authorize_field_of(&request, i) = rq_param(rq, i);
	outer = request;
	client = snapshot_client(rq->snapshot, request.client_id);
	if (!client) {
		op->error = rq->param_fault;
		return op_fail(op, ERR_UNTRUSTED_REDIRECT, "client_id is missing or unknown");
	}
	rq->log_client_id = client->id;
	/* RFC 6749 §4.1.2.1: what is wrong beside client_id and redirect_uri is told to the client. */
	op->error = rq->param_fault;
	r = op->error.code < 0 ? op->error.code : resolve(rq, client, &request);
	/* Told to the client where the address beside the faulty request is one of its own, else on a page. */
	if (r < 0 && client_has_redirect_uri(client, outer.redirect_uri))
		return authorization_refuse(rq, &outer, client);
	if (r >= 0)
		r = session_of_request(rq);
	return r < 0 ? r : authorization_continue(rq, &request, STAGE_BEGIN);
}
