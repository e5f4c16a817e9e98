#include "server/handlers/scim/routes_scim.h"

#include "server/handlers/scim/scim.h"
#include "server/scim/bulk.h"

static int (*const feed_guards[])(struct request *) = { guard_feed, NULL };

#define FEED .errors = ERRORS_SCIM, .guards = feed_guards, .params = scim_params, .n_params = N_SCIM_PARAMS, .pool = POOL_FAST
#define BODY .body = BODY_JSON, .max_body = SCIM_BODY_MAX
/* Without a token: whoever connects looks here first, and nothing of it is secret. */
#define OPEN .errors = ERRORS_SCIM, .pool = POOL_INLINE, .params = scim_params, .n_params = N_SCIM_PARAMS

const struct route scim_routes[] = {
	{ .name = "scim_config", .methods = HTTP_GET, .path = "/scim/v2/ServiceProviderConfig", OPEN, .handle = h_scim_config },
	{ .name = "scim_schemas", .methods = HTTP_GET, .path = "/scim/v2/Schemas", OPEN, .handle = h_scim_schemas },
	{ .name = "scim_schema", .methods = HTTP_GET, .path = "/scim/v2/Schemas/{id}", OPEN, .handle = h_scim_schema },
	{ .name = "scim_types", .methods = HTTP_GET, .path = "/scim/v2/ResourceTypes", OPEN, .handle = h_scim_types },
	{ .name = "scim_type", .methods = HTTP_GET, .path = "/scim/v2/ResourceTypes/{id}", OPEN, .handle = h_scim_type },

	{ .name = "scim_users", .methods = HTTP_GET, .path = "/scim/v2/Users", FEED, .handle = h_scim_users_query },
	{ .name = "scim_users_create", .methods = HTTP_POST, .path = "/scim/v2/Users", BODY, FEED, .handle = h_scim_users_create },
	{ .name = "scim_users_search", .methods = HTTP_POST, .path = "/scim/v2/Users/.search", BODY, FEED, .handle = h_scim_users_search },
	{ .name = "scim_user", .methods = HTTP_GET, .path = "/scim/v2/Users/{id}", FEED, .handle = h_scim_user_get },
	{ .name = "scim_user_replace", .methods = HTTP_PUT, .path = "/scim/v2/Users/{id}", BODY, FEED, .handle = h_scim_user_replace },
	{ .name = "scim_user_patch", .methods = HTTP_PATCH, .path = "/scim/v2/Users/{id}", BODY, FEED, .handle = h_scim_user_patch },
	{ .name = "scim_user_delete", .methods = HTTP_DELETE, .path = "/scim/v2/Users/{id}", FEED, .handle = h_scim_user_delete },

	{ .name = "scim_groups", .methods = HTTP_GET, .path = "/scim/v2/Groups", FEED, .handle = h_scim_groups_query },
	{ .name = "scim_groups_create", .methods = HTTP_POST, .path = "/scim/v2/Groups", BODY, FEED, .handle = h_scim_groups_create },
	{ .name = "scim_groups_search", .methods = HTTP_POST, .path = "/scim/v2/Groups/.search", BODY, FEED, .handle = h_scim_groups_search },
	{ .name = "scim_group", .methods = HTTP_GET, .path = "/scim/v2/Groups/{id}", FEED, .handle = h_scim_group_get },
	{ .name = "scim_group_replace", .methods = HTTP_PUT, .path = "/scim/v2/Groups/{id}", BODY, FEED, .handle = h_scim_group_replace },
	{ .name = "scim_group_patch", .methods = HTTP_PATCH, .path = "/scim/v2/Groups/{id}", BODY, FEED, .handle = h_scim_group_patch },
	{ .name = "scim_group_delete", .methods = HTTP_DELETE, .path = "/scim/v2/Groups/{id}", FEED, .handle = h_scim_group_delete },

	{ .name = "scim_bulk", .methods = HTTP_POST, .path = "/scim/v2/Bulk", .body = BODY_JSON, .max_body = SCIM_BULK_MAX_BYTES, .errors = ERRORS_SCIM,
	  .guards = feed_guards, .pool = POOL_SLOW, .handle = h_scim_bulk },
	{ .name = "scim_search", .methods = HTTP_POST, .path = "/scim/v2/.search", BODY, FEED, .handle = h_scim_root_search },
	{ .name = "scim_root", .methods = HTTP_GET, .path = "/scim/v2", FEED, .handle = h_scim_root_query },
	{ .name = "scim_root", .methods = HTTP_GET, .path = "/scim/v2/", FEED, .handle = h_scim_root_query },
	{ .name = "scim_me", .methods = HTTP_GET | HTTP_POST | HTTP_PUT | HTTP_PATCH | HTTP_DELETE, .path = "/scim/v2/Me", BODY, FEED, .handle = h_scim_me },
	/* What there is not is told in SCIM's form. */
	{ .name = "scim_nothing", .methods = HTTP_GET, .path = "/scim/v2/{type}", FEED, .handle = h_scim_nothing },
	{ .name = "scim_nothing", .methods = HTTP_GET, .path = "/scim/v2/{type}/{id}", FEED, .handle = h_scim_nothing },
};
const size_t n_scim_routes = ARRAY_LEN(scim_routes);
