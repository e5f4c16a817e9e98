/* GET /.well-known/openid-configuration, /.well-known/oauth-authorization-server, /jwks. */

#include "server/handlers/handlers.h"

#define CACHE_FOR "public, max-age=600"

static int respond_cacheable(struct request *rq, const char *type, struct str body)
{
	rq->response.cacheable = true;
	response_header(rq, "Cache-Control", STR(CACHE_FOR));
	return respond_bytes(rq, 200, type, body);
}

int h_metadata(struct request *rq)
{
	return respond_cacheable(rq, "application/json", rq->app->metadata);
}

int h_jwks(struct request *rq)
{
	return respond_cacheable(rq, "application/jwk-set+json", snapshot_jwks(rq->snapshot));
}
