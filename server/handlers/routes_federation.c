/* routes_federation.c: OpenID Federation 1.0 §8 and §9. */

#include "server/handlers/routes_federation.h"

#include "server/handlers/federation.h"

const struct route federation_routes[] = {
	/* A signature each time, by a token perhaps: not inline. */
	{ .name = "federation", .methods = HTTP_GET, .path = "/.well-known/openid-federation", .pool = POOL_FAST,
	  .errors = ERRORS_OAUTH, .cors = true, .handle = h_federation_configuration },
	{ .name = "federation_fetch", .methods = HTTP_GET, .path = "/federation/fetch", .params = federation_fetch_params, .n_params = 1,
	  .pool = POOL_FAST, .errors = ERRORS_OAUTH, .cors = true, .handle = h_federation_fetch },
	{ .name = "federation_list", .methods = HTTP_GET, .path = "/federation/list", .params = federation_list_params, .n_params = 4,
	  .pool = POOL_FAST, .errors = ERRORS_OAUTH, .cors = true, .handle = h_federation_list },
	{ .name = "federation_resolve", .methods = HTTP_GET, .path = "/federation/resolve", .params = federation_resolve_params,
	  .n_params = 3, .pool = POOL_SLOW, .errors = ERRORS_OAUTH, .handle = h_federation_resolve },
};
const size_t n_federation_routes = ARRAY_LEN(federation_routes);
