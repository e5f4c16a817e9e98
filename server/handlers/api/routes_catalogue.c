/* routes_catalogue.c: the catalogue of shared platforms: entries, life cycle, gates, lists, roll-out, guidance. */

#include "server/handlers/api/routes_catalogue.h"

#include "server/handlers/api/catalogue.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API_SLOW .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define WITH(list) .params = list, .n_params = ARRAY_LEN(list)
#define WRITES .needs = RIGHT_CATALOGUE
#define CREATES WRITES, .creates = true

const struct route catalogue_routes[] = {
	{ .name = "api_platforms", .methods = HTTP_GET, .path = "/api/v1/platforms", WITH(api_platforms_params), API, .handle = h_api_platforms },
	{ .name = "api_platform_add", .methods = HTTP_POST, .path = "/api/v1/platforms", CREATES, JSON_16K, API, .handle = h_api_platform_add },
	{ .name = "api_platform", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}", API, .handle = h_api_platform_get },
	{ .name = "api_platform_edit", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}", WRITES, JSON_16K, API,
	  .handle = h_api_platform_edit },
	{ .name = "api_platform_plan", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/plan", WRITES, .body = BODY_JSON, .max_body = 65536, API,
	  .handle = h_api_platform_plan },

	{ .name = "api_platform_role_add", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/roles", CREATES, JSON_16K, API,
	  .handle = h_api_platform_role_add },
	{ .name = "api_platform_role", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/roles/{role}", API,
	  .handle = h_api_platform_role_get },
	{ .name = "api_platform_role_edit", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/roles/{role}", WRITES, JSON_16K, API,
	  .handle = h_api_platform_role_edit },
	{ .name = "api_platform_role_retire", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/roles/{role}/retire", WRITES, JSON_16K, API,
	  .handle = h_api_platform_role_retire },

	{ .name = "api_platform_transitions", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/transitions", WITH(api_page_params), API,
	  .handle = h_api_platform_transitions },
	{ .name = "api_platform_move", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/transitions",
	  .needs = RIGHT_CATALOGUE | RIGHT_APPRAISE | RIGHT_REVIEW, JSON_16K, API_SLOW, .handle = h_api_platform_move },
	{ .name = "api_platform_gates", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/gates", WITH(api_page_params), API, .handle = h_api_platform_gates },
	{ .name = "api_platform_gate_submit", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/gates", CREATES, JSON_16K, API,
	  .handle = h_api_platform_gate_submit },
	{ .name = "api_platform_gate_decide", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/gates/{id}/decide", .needs = RIGHT_APPRAISE,
	  JSON_16K, API, .handle = h_api_platform_gate_decide },
	{ .name = "api_documents", .methods = HTTP_GET, .path = "/api/v1/reference-documents", WITH(api_documents_params), API,
	  .handle = h_api_documents },
	{ .name = "api_document_add", .methods = HTTP_POST, .path = "/api/v1/reference-documents", .needs = RIGHT_APPRAISE, .creates = true, JSON_16K,
	  API, .handle = h_api_document_add },

	{ .name = "api_platform_lists", .methods = HTTP_GET, .path = "/api/v1/platform-lists", WITH(api_page_params), API,
	  .handle = h_api_platform_lists },
	{ .name = "api_platform_list_add", .methods = HTTP_POST, .path = "/api/v1/platform-lists", CREATES, JSON_16K, API,
	  .handle = h_api_platform_list_add },
	{ .name = "api_platform_list", .methods = HTTP_GET, .path = "/api/v1/platform-lists/{id}", API, .handle = h_api_platform_list_get },
	{ .name = "api_platform_list_edit", .methods = HTTP_PUT, .path = "/api/v1/platform-lists/{id}", WRITES, JSON_16K, API,
	  .handle = h_api_platform_list_edit },
	{ .name = "api_platform_list_sign", .methods = HTTP_POST, .path = "/api/v1/platform-lists/{id}/sign", .needs = RIGHT_APPRAISE, JSON_16K, API,
	  .handle = h_api_platform_list_sign },
	{ .name = "api_platform_list_diff", .methods = HTTP_GET, .path = "/api/v1/platform-lists/{id}/diff", WITH(api_diff_params), API,
	  .handle = h_api_platform_list_diff },

	{ .name = "api_platform_rollout", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/rollout", WITH(api_rollout_params), API,
	  .handle = h_api_platform_rollout },
	{ .name = "api_platform_rollout_plan", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/rollout", CREATES, JSON_16K, API,
	  .handle = h_api_platform_rollout_plan },
	{ .name = "api_platform_rollout_set", .methods = HTTP_PUT, .path = "/api/v1/platforms/{code}/rollout/{unit}", WRITES, JSON_16K, API,
	  .handle = h_api_platform_rollout_set },
	{ .name = "api_rollout", .methods = HTTP_GET, .path = "/api/v1/rollout", .needs = RIGHT_READ, WITH(api_page_params), API, .handle = h_api_rollout },
	{ .name = "api_rollout_platforms", .methods = HTTP_GET, .path = "/api/v1/rollout/platforms", .needs = RIGHT_READ, WITH(api_page_params), API,
	  .handle = h_api_rollout_platforms },
	{ .name = "api_rollout_unit", .methods = HTTP_GET, .path = "/api/v1/rollout/{unit}", .needs = RIGHT_READ, API, .handle = h_api_rollout_unit },
	{ .name = "api_platform_guidance", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/guidance", WITH(api_guidance_params), API,
	  .handle = h_api_platform_guidance },
	{ .name = "api_platform_guidance_publish", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/guidance", CREATES, JSON_16K, API,
	  .handle = h_api_platform_guidance_publish },
	{ .name = "api_platform_guidance_acknowledge", .methods = HTTP_POST, .path = "/api/v1/platforms/{code}/guidance/{id}/acknowledgements",
	  .needs = RIGHT_READ, .creates = true, JSON_16K, API, .handle = h_api_platform_guidance_acknowledge },
	{ .name = "api_platform_guidance_report", .methods = HTTP_GET, .path = "/api/v1/platforms/{code}/guidance/{id}/acknowledgements",
	  .needs = RIGHT_READ, WITH(api_acknowledged_params), API, .handle = h_api_platform_guidance_report },
};
const size_t n_catalogue_routes = ARRAY_LEN(catalogue_routes);
