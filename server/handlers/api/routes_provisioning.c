/* routes_provisioning.c: the administration API of provisioning. */

#include "server/governance/principal.h"
#include "server/handlers/api/provisioning.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384

const struct route provisioning_routes[] = {
	{ .name = "api_provisioning_get", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/provisioning", API, .needs = RIGHT_READ | RIGHT_RULES,
	  .handle = h_api_provisioning_get },
	{ .name = "api_provisioning_set", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/provisioning", JSON_16K, API, .needs = RIGHT_RULES,
	  .handle = h_api_provisioning_set },
	{ .name = "api_holds_list", .methods = HTTP_GET, .path = "/api/v1/holds", .params = api_holds_params, .n_params = N_HOLDS_PARAMS, API,
	  .needs = RIGHT_READ | RIGHT_APPROVE, .handle = h_api_holds_list },
	{ .name = "api_holds_get", .methods = HTTP_GET, .path = "/api/v1/holds/{id}", API, .needs = RIGHT_READ | RIGHT_APPROVE, .handle = h_api_holds_get },
	{ .name = "api_holds_accounts", .methods = HTTP_GET, .path = "/api/v1/holds/{id}/accounts", .params = api_page_params, .n_params = N_PAGE_PARAMS,
	  API, .needs = RIGHT_READ | RIGHT_APPROVE, .personal = true, .handle = h_api_holds_accounts },
	{ .name = "api_holds_units", .methods = HTTP_GET, .path = "/api/v1/holds/{id}/units", .params = api_page_params, .n_params = N_PAGE_PARAMS,
	  API, .needs = RIGHT_READ | RIGHT_APPROVE, .handle = h_api_holds_units },
	{ .name = "api_holds_release", .methods = HTTP_POST, .path = "/api/v1/holds/{id}/release", JSON_16K, API, .needs = RIGHT_APPROVE,
	  .handle = h_api_holds_release },
	{ .name = "api_holds_discard", .methods = HTTP_POST, .path = "/api/v1/holds/{id}/discard", JSON_16K, API, .needs = RIGHT_APPROVE,
	  .handle = h_api_holds_discard },
};
const size_t n_provisioning_routes = ARRAY_LEN(provisioning_routes);
