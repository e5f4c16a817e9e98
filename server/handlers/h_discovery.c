/* GET /.well-known/openid-configuration, /.well-known/oauth-authorization-server, /jwks. */

#include "server/handlers/handlers.h"

#define METADATA_DEPTH 4
#define CACHE_FOR "public, max-age=600"

/* RFC 9396 §10: the types that are described; the document itself is made when the program starts. */
static struct str with_details_types(struct request *rq, const struct details_types *types)
{
	_json_ json_t *metadata = json_read(rq->app->metadata, METADATA_DEPTH, NULL);
	json_t *list = json_new_array();

	for (size_t i = 0; i < types->n; i++)
		json_array_append_new(list, json_from_str(types->p[i].type));
	json_set_take(metadata, "authorization_details_types_supported", list);
	return json_write(rq->op.arena, metadata, false);
}

int h_metadata(struct request *rq)
{
	const struct details_types *types = snapshot_details_types(rq->snapshot);

	if (types->n > 0) {
		response_header(rq, "Cache-Control", STR(CACHE_FOR));
		return respond_bytes(rq, 200, "application/json", with_details_types(rq, types));
	}
	return respond_shared(rq, "application/json", rq->app->metadata, STR(CACHE_FOR));
}

int h_jwks(struct request *rq)
{
	return respond_shared(rq, "application/jwk-set+json", snapshot_jwks(rq->snapshot), STR(CACHE_FOR));
}
