/* GET /.well-known/openid-federation.  OpenID Federation 1.0 §9. */

#include "server/handlers/federation.h"
#include "server/federation/authority.h"

#define CACHE_FOR "public, max-age=600"

int h_federation_configuration(struct request *rq)
{
	struct str statement;
	int r = federation_is_there(rq);

	if (r >= 0)
		r = authority_configuration(&rq->op, rq->app->federation, &statement);
	if (r < 0)
		return r;
	rq->response.cacheable = true;
	response_header(rq, "Cache-Control", STR(CACHE_FOR));
	return respond_bytes(rq, 200, "application/" STATEMENT_TYP, statement);
}
