/* routes_organise.c: units and reorganisations. */

#include "server/handlers/api/routes_organise.h"

#include "server/handlers/api/organise.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API(rights) .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = (rights)
/* Seconds for a province: apart from what must answer at once. */
#define API_SLOW(rights) .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = (rights)
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define PARAMS(list, n) .params = (list), .n_params = (n)
#define LOOKS (RIGHT_READ | RIGHT_ORGANISE)
#define DECIDES (RIGHT_ORGANISE | RIGHT_APPROVE)

#define LATER "a reorganisation is carried out at its time, step by step; GET /reorganisations/{id}/operations shows its plan"

const struct route organise_routes[] = {
	{ .name = "api_units_list", .methods = HTTP_GET, .path = "/api/v1/units", PARAMS(api_units_params, N_UNITS_PARAMS), API(LOOKS),
	  .handle = h_api_units_list },
	{ .name = "api_units_add", .methods = HTTP_POST, .path = "/api/v1/units", JSON_16K, API(RIGHT_ORGANISE), .creates = true,
	  .handle = h_api_units_add },
	{ .name = "api_units_get", .methods = HTTP_GET, .path = "/api/v1/units/{code}", PARAMS(api_unit_params, N_UNIT_PARAMS), API(LOOKS),
	  .handle = h_api_units_get },
	{ .name = "api_units_change", .methods = HTTP_PATCH, .path = "/api/v1/units/{code}", JSON_16K, API(RIGHT_ORGANISE),
	  .handle = h_api_units_change },
	{ .name = "api_reorgs_list", .methods = HTTP_GET, .path = "/api/v1/reorganisations", PARAMS(api_reorgs_params, N_REORGS_PARAMS),
	  API(DECIDES), .handle = h_api_reorgs_list },
	{ .name = "api_reorgs_add", .methods = HTTP_POST, .path = "/api/v1/reorganisations", .body = BODY_JSON, .max_body = REORG_BODY_MAX,
	  API(RIGHT_ORGANISE), .creates = true, .handle = h_api_reorgs_add },
	{ .name = "api_reorgs_get", .methods = HTTP_GET, .path = "/api/v1/reorganisations/{id}", API(DECIDES), .personal = true,
	  .handle = h_api_reorgs_get },
	{ .name = "api_reorgs_edit", .methods = HTTP_PUT, .path = "/api/v1/reorganisations/{id}", .body = BODY_JSON, .max_body = REORG_BODY_MAX,
	  API(RIGHT_ORGANISE), .handle = h_api_reorgs_edit },
	{ .name = "api_reorgs_plan", .methods = HTTP_POST, .path = "/api/v1/reorganisations/{id}/plan", JSON_16K, API_SLOW(RIGHT_ORGANISE),
	  .handle = h_api_reorgs_plan },
	{ .name = "api_reorgs_approve", .methods = HTTP_POST, .path = "/api/v1/reorganisations/{id}/approve", JSON_16K, API_SLOW(RIGHT_APPROVE), .no_dry_run = LATER,
	  .handle = h_api_reorgs_approve },
	{ .name = "api_reorgs_withdraw", .methods = HTTP_POST, .path = "/api/v1/reorganisations/{id}/withdraw", JSON_16K, API(RIGHT_ORGANISE),
	  .handle = h_api_reorgs_withdraw },
	{ .name = "api_reorgs_operations", .methods = HTTP_GET, .path = "/api/v1/reorganisations/{id}/operations",
	  PARAMS(api_reorg_view_params, N_VIEW_PARAMS), API(DECIDES), .personal = true, .handle = h_api_reorgs_operations },
	{ .name = "api_reorgs_findings", .methods = HTTP_GET, .path = "/api/v1/reorganisations/{id}/findings",
	  PARAMS(api_reorg_view_params, N_VIEW_PARAMS), API(DECIDES), .personal = true, .handle = h_api_reorgs_findings },
	{ .name = "api_reorgs_exceptions", .methods = HTTP_GET, .path = "/api/v1/reorganisations/{id}/exceptions",
	  PARAMS(api_reorg_view_params, N_VIEW_PARAMS), API(DECIDES), .personal = true, .handle = h_api_reorgs_exceptions },
};
const size_t n_organise_routes = ARRAY_LEN(organise_routes);
