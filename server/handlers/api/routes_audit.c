/* routes_audit.c: the audit's part of the administration API. */

#include "server/handlers/api/api.h"
#include "server/handlers/api/audit.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_AUDIT

const struct route audit_routes[] = {
	{ .name = "api_audit_list", .methods = HTTP_GET, .path = "/api/v1/audit", .params = api_audit_params, .n_params = N_AUDIT_PARAMS,
	  API, .personal = true, .handle = h_api_audit_list },
	{ .name = "api_audit_checkpoints", .methods = HTTP_GET, .path = "/api/v1/audit/checkpoints", .params = api_checkpoints_params,
	  .n_params = N_CHECKPOINTS_PARAMS, API, .handle = h_api_audit_checkpoints },
};
const size_t n_audit_routes = ARRAY_LEN(audit_routes);
