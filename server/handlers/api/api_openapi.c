/* api_openapi.c: GET /api/v1/openapi.json: what this API is; no secret, so for everybody. */

#include "server/handlers/api/api.h"
#include "server/handlers/api/openapi.h"

int h_api_openapi(struct request *rq)
{
	rq->response.body_is_static = true;
	return respond_bytes(rq, 200, "application/json", api_openapi_document);
}
