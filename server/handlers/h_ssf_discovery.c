/* GET /.well-known/ssf-configuration (SSF 1.0 §7.1), /.well-known/oauth-protected-resource (RFC 9728 §3). */

#include "server/handlers/ssf.h"

#define CACHE_FOR "public, max-age=600"

static int respond_cacheable(struct request *rq, json_t *json)
{
	rq->response.cacheable = true;
	response_header(rq, "Cache-Control", STR(CACHE_FOR));
	return respond_bytes(rq, 200, "application/json", json_write(rq->op.arena, json, false));
}

int h_ssf_configuration(struct request *rq)
{
	_json_ json_t *json = ssf_metadata_json(rq->op.arena, rq->app->oidc.issuer);

	return respond_cacheable(rq, json);
}

int h_ssf_resource(struct request *rq)
{
	_json_ json_t *json = ssf_resource_json(rq->op.arena, rq->app->oidc.issuer);

	return respond_cacheable(rq, json);
}
