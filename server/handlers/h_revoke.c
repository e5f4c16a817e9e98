/* POST /revoke.  RFC 7009: 200 whether or not there was something to revoke; 400 for another client's token; 503 when it cannot be known. */

#include "server/handlers/handlers.h"
#include "server/handlers/token_query.h"
#include "server/oidc/introspection.h"

int h_revoke(struct request *rq)
{
	int r = revoke_token(&rq->op, rq->app->oidc.issuer, rq->client, rq_param(rq, P_TOKEN));

	return r < 0 ? r : respond_empty(rq, 200);
}
