/* routes_imports.c: the imports' part of the administration API. */

#include "server/handlers/api/api.h"
#include "server/handlers/api/imports.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_IMPORT
/* A dry run carries it out. */
#define API_SLOW .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_IMPORT
#define JSON_16K .body = BODY_JSON, .max_body = 16384

const struct route imports_routes[] = {
	{ .name = "api_imports_list", .methods = HTTP_GET, .path = "/api/v1/imports", .params = api_imports_params,
	  .n_params = N_IMPORTS_PARAMS, API, .handle = h_api_imports_list },
	{ .name = "api_imports_add", .methods = HTTP_POST, .path = "/api/v1/imports", JSON_16K, API, .creates = true, .handle = h_api_imports_add },
	{ .name = "api_imports_get", .methods = HTTP_GET, .path = "/api/v1/imports/{id}", API, .handle = h_api_imports_get },
	{ .name = "api_imports_rows", .methods = HTTP_GET, .path = "/api/v1/imports/{id}/rows", .params = api_import_rows_params,
	  .n_params = N_IMPORT_ROWS_PARAMS, API, .personal = true, .handle = h_api_imports_rows },
	{ .name = "api_imports_part", .methods = HTTP_PUT, .path = "/api/v1/imports/{id}/parts/{n}", .body = BODY_JSON,
	  .max_body = IMPORT_PART_MAX_CHARS + 1024, API, .handle = h_api_imports_part },
	{ .name = "api_imports_check", .methods = HTTP_POST, .path = "/api/v1/imports/{id}/check", JSON_16K, API, .handle = h_api_imports_check },
	{ .name = "api_imports_apply", .methods = HTTP_POST, .path = "/api/v1/imports/{id}/apply", JSON_16K, API_SLOW, .handle = h_api_imports_apply },
	{ .name = "api_imports_release", .methods = HTTP_POST, .path = "/api/v1/imports/{id}/release", JSON_16K, API_SLOW,
	  .handle = h_api_imports_release },
	{ .name = "api_imports_cancel", .methods = HTTP_POST, .path = "/api/v1/imports/{id}/cancel", JSON_16K, API,
	  .handle = h_api_imports_cancel },
};
const size_t n_imports_routes = ARRAY_LEN(imports_routes);
