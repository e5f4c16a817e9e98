/* routes_api.c: the administration API. */

#include "server/handlers/api/routes_api.h"

#include "server/handlers/api/bulk.h"
#include "server/handlers/api/grants.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384

const struct route api_routes[] = {
	{ .name = "api_grants_list", .methods = HTTP_GET, .path = "/api/v1/grants", .params = api_grants_params,
	  .n_params = N_GRANTS_PARAMS, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_grants_list },
	{ .name = "api_grants_add", .methods = HTTP_POST, .path = "/api/v1/grants", JSON_16K, API, .needs = RIGHT_GRANT, .creates = true, .handle = h_api_grants_add },
	{ .name = "api_grants_bulk", .methods = HTTP_POST, .path = "/api/v1/grants/bulk", .body = BODY_JSON, .max_body = 524288, API,
	  .needs = RIGHT_GRANT, .creates = true, .handle = h_api_grants_bulk },
	{ .name = "api_grants_bulk_revoke", .methods = HTTP_POST, .path = "/api/v1/grants/bulk-revoke", .body = BODY_JSON, .max_body = 524288, API,
	  .needs = RIGHT_REVOKE, .creates = true, .handle = h_api_grants_bulk_revoke },
	{ .name = "api_grants_revoke", .methods = HTTP_POST, .path = "/api/v1/grants/revoke", JSON_16K, API, .needs = RIGHT_REVOKE,
	  .handle = h_api_grants_revoke },
	{ .name = "api_grants_revoke_one", .methods = HTTP_POST, .path = "/api/v1/grants/{id}/revoke", JSON_16K, API, .needs = RIGHT_REVOKE,
	  .handle = h_api_grants_revoke_one },
	{ .name = "api_account", .methods = HTTP_GET, .path = "/api/v1/accounts/{login}", API, .needs = RIGHT_READ, .personal = true, .handle = h_api_account_get },
	{ .name = "api_account_activation", .methods = HTTP_POST, .path = "/api/v1/accounts/{login}/activation", JSON_16K, API, .needs = RIGHT_ACTIVATE,
	  .creates = true, .secret_answer = true, .handle = h_api_account_activation },
	{ .name = "api_account_unlock", .methods = HTTP_POST, .path = "/api/v1/accounts/{login}/unlock", JSON_16K, API, .needs = RIGHT_ACTIVATE,
	  .handle = h_api_account_unlock },
	{ .name = "api_account_disable", .methods = HTTP_POST, .path = "/api/v1/accounts/{login}/disable", JSON_16K, API, .needs = RIGHT_REVOKE,
	  .handle = h_api_account_disable },
	{ .name = "api_account_enable", .methods = HTTP_POST, .path = "/api/v1/accounts/{login}/enable", JSON_16K, API, .needs = RIGHT_ACTIVATE,
	  .handle = h_api_account_enable },
	{ .name = "api_persons", .methods = HTTP_GET, .path = "/api/v1/persons", .params = api_persons_params,
	  .n_params = N_PERSONS_PARAMS, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_persons },
	{ .name = "api_scopes_add", .methods = HTTP_POST, .path = "/api/v1/admin-scopes", JSON_16K, API, .needs = RIGHT_DELEGATE,
	  .creates = true, .handle = h_api_scopes_add },
	{ .name = "api_scopes_revoke", .methods = HTTP_POST, .path = "/api/v1/admin-scopes/{id}/revoke", JSON_16K, API, .needs = RIGHT_DELEGATE,
	  .handle = h_api_scopes_revoke },
	{ .name = "api_openapi", .methods = HTTP_GET, .path = "/api/v1/openapi.json", .pool = POOL_INLINE, .errors = ERRORS_PROBLEM,
	  .handle = h_api_openapi },
};
const size_t n_api_routes = ARRAY_LEN(api_routes);
