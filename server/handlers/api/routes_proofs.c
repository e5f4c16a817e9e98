/* routes_proofs.c: certificates about the end of access. */

#include "server/handlers/api/routes_proofs.h"

#include "server/handlers/api/proofs.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384

const struct route proofs_routes[] = {
	{ .name = "api_offboarding", .methods = HTTP_GET, .path = "/api/v1/persons/{employee_code}/offboarding", .params = api_offboarding_params,
	  .n_params = N_OFFBOARDING_PARAMS, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_offboarding },
	{ .name = "api_offboarding_issue", .methods = HTTP_POST, .path = "/api/v1/persons/{employee_code}/offboarding", JSON_16K, API,
	  .needs = RIGHT_PERSONNEL, .creates = true, .handle = h_api_offboarding_issue },
	{ .name = "api_provision", .methods = HTTP_POST, .path = "/api/v1/accounts/{login}/provision", JSON_16K, API, .needs = RIGHT_ACTIVATE,
	  .creates = true, .no_dry_run = "the platforms themselves are asked", .handle = h_api_provision },
	{ .name = "api_provision_run", .methods = HTTP_GET, .path = "/api/v1/accounts/{login}/runs/{id}", API, .needs = RIGHT_READ, .personal = true,
	  .handle = h_api_provision_run },
};
const size_t n_proofs_routes = ARRAY_LEN(proofs_routes);
