/* routes_observe.c: what platforms really hold: listings, findings, how often one looks. */
#include "server/handlers/api/observe.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define LOOKS .needs = RIGHT_READ

const struct route observe_routes[] = {
	{ .name = "api_observation_list", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/observations", .params = api_page_params,
	  .n_params = N_PAGE_PARAMS, API, LOOKS, .handle = h_api_observation_list },
	{ .name = "api_observation_request", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/observations", JSON_16K, API,
	  .needs = RIGHT_CATALOGUE, .creates = true, .handle = h_api_observation_request },
	{ .name = "api_observation_release", .methods = HTTP_POST, .path = "/api/v1/observations/{id}/release", JSON_16K, API,
	  .needs = RIGHT_APPROVE, .handle = h_api_observation_release },
	{ .name = "api_observation_reject", .methods = HTTP_POST, .path = "/api/v1/observations/{id}/reject", JSON_16K, API,
	  .needs = RIGHT_APPROVE, .handle = h_api_observation_reject },
	{ .name = "api_observe_plan_get", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/observation-plan", API, LOOKS,
	  .handle = h_api_observe_plan_get },
	{ .name = "api_observe_plan_set", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/observation-plan", JSON_16K, API,
	  .needs = RIGHT_CATALOGUE, .handle = h_api_observe_plan_set },
	{ .name = "api_finding_list", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/findings", .params = api_findings_params,
	  .n_params = N_FINDINGS_PARAMS, API, LOOKS, .personal = true, .handle = h_api_finding_list },
	{ .name = "api_finding_decide", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/findings/{id}/decision", JSON_16K, API,
	  .needs = RIGHT_CATALOGUE, .personal = true, .handle = h_api_finding_decide },
	{ .name = "api_finding_confirm", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/findings/{id}/confirm", JSON_16K, API,
	  .needs = RIGHT_APPROVE, .personal = true, .handle = h_api_finding_confirm },
};
const size_t n_observe_routes = ARRAY_LEN(observe_routes);
