/* GET, POST /authorize.  OIDC Core §3.1.2.1, RFC 6749 §4.1.1. */

#include "server/handlers/pages.h"

/* Filled from authorize_fields by service_routes(): one list of names. */
struct param_spec authorize_params[PARAMS_MAX];

int h_authorize(struct request *rq)
{
	struct authorize_request request;
	int r;

	for (size_t i = 0; i < n_authorize_fields; i++)
		*authorize_field_of(&request, i) = rq_param(rq, i);
	r = session_of_request(rq);
	if (r < 0)
		return r;
	return authorization_continue(rq, &request, false);
}
