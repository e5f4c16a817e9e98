/* routes_feeds.c: sources that state persons by SCIM. */

#include "server/handlers/api/feeds.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_IMPORT
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define PAGED .params = api_page_params, .n_params = N_PAGE_PARAMS

const struct route feeds_routes[] = {
	{ .name = "api_feed_list", .methods = HTTP_GET, .path = "/api/v1/feeds", PAGED, API, .personal = true, .handle = h_api_feed_list },
	{ .name = "api_feed_add", .methods = HTTP_POST, .path = "/api/v1/feeds", JSON_16K, API, .creates = true, .secret_answer = true,
	  .handle = h_api_feed_add },
	{ .name = "api_feed_get", .methods = HTTP_GET, .path = "/api/v1/feeds/{code}", API, .personal = true, .handle = h_api_feed_get },
	{ .name = "api_feed_edit", .methods = HTTP_PUT, .path = "/api/v1/feeds/{code}", JSON_16K, API, .handle = h_api_feed_edit },
	{ .name = "api_feed_rotate", .methods = HTTP_POST, .path = "/api/v1/feeds/{code}/rotate", JSON_16K, API, .creates = true, .secret_answer = true,
	  .handle = h_api_feed_rotate },
	{ .name = "api_feed_release", .methods = HTTP_POST, .path = "/api/v1/feeds/{code}/release", JSON_16K, API, .handle = h_api_feed_release },
	{ .name = "api_feed_held", .methods = HTTP_GET, .path = "/api/v1/feeds/{code}/held", PAGED, API, .personal = true, .handle = h_api_feed_held },
	{ .name = "api_feed_groups", .methods = HTTP_GET, .path = "/api/v1/feeds/{code}/groups", PAGED, API, .handle = h_api_feed_groups },
	{ .name = "api_feed_group_role", .methods = HTTP_PUT, .path = "/api/v1/feeds/{code}/groups/{id}/role", JSON_16K, API, .handle = h_api_feed_group_role },
};
const size_t n_feeds_routes = ARRAY_LEN(feeds_routes);
