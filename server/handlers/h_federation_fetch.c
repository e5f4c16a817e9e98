/* GET /federation/fetch.  OpenID Federation 1.0 §8.1. */

#include "server/handlers/federation.h"
#include "server/federation/authority.h"

enum { P_SUB };
const struct param_spec federation_fetch_params[] = {
	[P_SUB] = { "sub", ENTITY_ID_MAX, PARAM_REQUIRED | PARAM_PRINTABLE },
};
const size_t n_federation_fetch_params = ARRAY_LEN(federation_fetch_params);

int h_federation_fetch(struct request *rq)
{
	struct str statement;
	int r = federation_is_there(rq);

	if (r >= 0)
		r = authority_statement(&rq->op, rq->app->federation, rq_param(rq, P_SUB), &statement);
	return r < 0 ? r : respond_bytes(rq, 200, "application/" STATEMENT_TYP, statement);
}
