/* routes.h: the contents page of the program: every endpoint it answers. */
#pragma once

#include "server/http/server.h"

/* Public endpoints: protocol, pages, administration API. */
const struct route *service_routes(struct arena *a, size_t *ret_n);
/* The same as a JSON array, a new reference: what "sen-server --dump-routes" prints. */
json_t *routes_json(struct arena *a);
/* Health and metrics, on the admin port. */
extern const struct route admin_routes[];
extern const size_t n_admin_routes;
extern const struct http_hooks service_hooks;
