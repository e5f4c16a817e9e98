/* GET /.well-known/openid-configuration, /.well-known/oauth-authorization-server, /jwks. */

#include "server/handlers/handlers.h"

#define CACHE_FOR "public, max-age=600"

int h_metadata(struct request *rq)
{
	return respond_shared(rq, "application/json", rq->app->metadata, STR(CACHE_FOR));
}

int h_jwks(struct request *rq)
{
	return respond_shared(rq, "application/jwk-set+json", snapshot_jwks(rq->snapshot), STR(CACHE_FOR));
}
