/* POST /introspect.  RFC 7662. */

#include "server/handlers/handlers.h"
#include "server/handlers/token_query.h"
#include "server/oidc/introspection.h"

const struct param_spec token_query_params[] = {
	CLIENT_PARAMS,
	[P_TOKEN] = { "token", 8192, PARAM_REQUIRED | PARAM_SECRET | PARAM_BODY_ONLY },
	[P_TOKEN_TYPE_HINT] = { "token_type_hint", 64, PARAM_BODY_ONLY },
};
const size_t n_token_query_params = ARRAY_LEN(token_query_params);

int h_introspect(struct request *rq)
{
	_json_ json_t *answer = NULL;
	const struct introspection in = { rq->app->oidc.issuer, rq->snapshot, rq->client };
	int r = introspect(&rq->op, &in, rq_param(rq, P_TOKEN), &answer);

	return r < 0 ? r : respond_json(rq, 200, answer);
}
