/* routes_engine.c: health and limits of platforms, the log of operations. */

#include "server/handlers/api/routes_engine.h"

#include "server/handlers/api/engine.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384

const struct route engine_routes[] = {
	{ .name = "api_platform_health_list", .methods = HTTP_GET, .path = "/api/v1/platform-health", .params = api_page_params, .n_params = N_PAGE_PARAMS, API, .needs = RIGHT_READ,
	  .handle = h_api_platform_health_list },
	{ .name = "api_platform_health_get", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/health", API, .needs = RIGHT_READ,
	  .handle = h_api_platform_health_get },
	{ .name = "api_platform_limits_get", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/limits", API, .needs = RIGHT_READ,
	  .handle = h_api_platform_limits_get },
	{ .name = "api_platform_limits_set", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/limits", JSON_16K, API, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_platform_limits_set },
	{ .name = "api_operation_list", .methods = HTTP_GET, .path = "/api/v1/operations", .params = api_operations_params,
	  .n_params = N_OPERATIONS_PARAMS, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_operation_list },
};
const size_t n_engine_routes = ARRAY_LEN(engine_routes);
