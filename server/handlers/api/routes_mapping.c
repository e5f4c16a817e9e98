/* routes_mapping.c: what platforms hold of accounts, and which accounts there are ours. */

#include "server/handlers/api/routes_mapping.h"

#include "server/handlers/api/mapping.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
/* Evaluates for many. */
#define API_SLOW .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define JSON_64K .body = BODY_JSON, .max_body = 65536
#define WRITES .needs = RIGHT_CATALOGUE
#define MAPPING "/api/v1/platforms/{code}/mapping"

const struct route mapping_routes[] = {
	{ .name = "api_mapping_overview", .methods = HTTP_GET, .path = MAPPING, .params = api_page_params, .n_params = N_PAGE_PARAMS, API, .needs = RIGHT_READ, .handle = h_api_mapping_overview },
	{ .name = "api_mapping_draw", .methods = HTTP_POST, .path = MAPPING, JSON_64K, API_SLOW, WRITES, .creates = true, .handle = h_api_mapping_draw },
	{ .name = "api_mapping_get", .methods = HTTP_GET, .path = MAPPING "/{number}", API, WRITES, .handle = h_api_mapping_get },
	{ .name = "api_mapping_edit", .methods = HTTP_PUT, .path = MAPPING "/{number}", JSON_64K, API_SLOW, WRITES, .handle = h_api_mapping_edit },
	{ .name = "api_mapping_test", .methods = HTTP_POST, .path = MAPPING "/{number}/test", JSON_16K, API_SLOW, WRITES,
	  .handle = h_api_mapping_test },
	{ .name = "api_mapping_count", .methods = HTTP_POST, .path = MAPPING "/{number}/count", JSON_16K, API_SLOW, WRITES,
	  .handle = h_api_mapping_count },
	{ .name = "api_mapping_activate", .methods = HTTP_POST, .path = MAPPING "/{number}/activate", JSON_16K, API, WRITES,
	  .handle = h_api_mapping_activate },
	{ .name = "api_mapping_disputes", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/disputes", .params = api_page_params,
	  .n_params = N_PAGE_PARAMS, API, WRITES, .personal = true, .handle = h_api_mapping_disputes },
	{ .name = "api_mapping_adopt", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/disputes/{login}/adopt", JSON_16K, API, WRITES,
	  .handle = h_api_mapping_adopt },
};
const size_t n_mapping_routes = ARRAY_LEN(mapping_routes);
