/* routes_overlap.c: overlap, local software, needs, reviews and replacements of platforms. */

#include "server/handlers/api/routes_overlap.h"

#include "server/handlers/api/overlap.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
/* Comparing with every platform takes a while. */
#define API_SLOW .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define JSON_64K .body = BODY_JSON, .max_body = 65536
#define LOOKS .needs = RIGHT_READ

const struct route overlap_routes[] = {
	{ .name = "api_overlap_list", .methods = HTTP_GET, .path = "/api/v1/overlaps", .params = api_overlaps_params,
	  .n_params = N_OVERLAPS_PARAMS, API, LOOKS, .handle = h_api_overlap_list },
	{ .name = "api_overlap_compare", .methods = HTTP_POST, .path = "/api/v1/overlaps/compare", JSON_16K, API_SLOW, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_overlap_compare },
	{ .name = "api_overlap_get", .methods = HTTP_GET, .path = "/api/v1/overlaps/{id}", API, LOOKS, .handle = h_api_overlap_get },
	{ .name = "api_overlap_close", .methods = HTTP_POST, .path = "/api/v1/overlaps/{id}/close", JSON_16K, API, .needs = RIGHT_APPRAISE,
	  .handle = h_api_overlap_close },

	{ .name = "api_local_software_list", .methods = HTTP_GET, .path = "/api/v1/local-software", .params = api_local_params,
	  .n_params = N_LOCAL_PARAMS, API, LOOKS, .handle = h_api_local_software_list },
	{ .name = "api_local_software_csv", .methods = HTTP_GET, .path = "/api/v1/local-software.csv", .params = api_local_params,
	  .n_params = N_LOCAL_PARAMS, API, LOOKS, .handle = h_api_local_software_csv },
	{ .name = "api_local_software_add", .methods = HTTP_POST, .path = "/api/v1/local-software", JSON_16K, API_SLOW, .needs = RIGHT_CATALOGUE,
	  .creates = true, .handle = h_api_local_software_add },
	{ .name = "api_local_software_get", .methods = HTTP_GET, .path = "/api/v1/local-software/{id}", API, LOOKS,
	  .handle = h_api_local_software_get },
	{ .name = "api_local_software_edit", .methods = HTTP_PUT, .path = "/api/v1/local-software/{id}", JSON_16K, API_SLOW, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_local_software_edit },
	{ .name = "api_local_software_decide", .methods = HTTP_POST, .path = "/api/v1/local-software/{id}/decision", JSON_16K, API,
	  .needs = RIGHT_APPRAISE, .handle = h_api_local_software_decide },

	{ .name = "api_need_list", .methods = HTTP_GET, .path = "/api/v1/needs", .params = api_needs_params, .n_params = N_NEEDS_PARAMS, API, LOOKS,
	  .handle = h_api_need_list },
	{ .name = "api_need_add", .methods = HTTP_POST, .path = "/api/v1/needs", JSON_16K, API_SLOW, .needs = RIGHT_CATALOGUE, .creates = true,
	  .handle = h_api_need_add },
	{ .name = "api_need_get", .methods = HTTP_GET, .path = "/api/v1/needs/{id}", API, LOOKS, .handle = h_api_need_get },
	{ .name = "api_need_answer", .methods = HTTP_POST, .path = "/api/v1/needs/{id}/answer", JSON_16K, API, .needs = RIGHT_APPRAISE,
	  .handle = h_api_need_answer },

	{ .name = "api_platform_review_list", .methods = HTTP_GET, .path = "/api/v1/platform-reviews", .params = api_reviews_params,
	  .n_params = N_REVIEWS_PARAMS, API, LOOKS, .handle = h_api_platform_review_list },
	{ .name = "api_platform_review_add", .methods = HTTP_POST, .path = "/api/v1/platform-reviews", JSON_16K, API, .needs = RIGHT_REVIEW,
	  .creates = true, .handle = h_api_platform_review_add },
	{ .name = "api_platform_review_tasks", .methods = HTTP_GET, .path = "/api/v1/platform-reviews/tasks", .params = api_tasks_params,
	  .n_params = N_TASKS_PARAMS, API, LOOKS, .handle = h_api_platform_review_tasks },
	{ .name = "api_platform_review_reminders", .methods = HTTP_GET, .path = "/api/v1/platform-reviews/reminders", .params = api_page_params, .n_params = N_PAGE_PARAMS, API, LOOKS,
	  .handle = h_api_platform_review_reminders },
	{ .name = "api_platform_review", .methods = HTTP_GET, .path = "/api/v1/platform-reviews/{id}", API, LOOKS, .handle = h_api_platform_review },
	{ .name = "api_platform_review_period", .methods = HTTP_PUT, .path = "/api/v1/platform-reviews/{id}/period", JSON_16K, API,
	  .needs = RIGHT_REVIEW, .handle = h_api_platform_review_period },
	{ .name = "api_platform_review_task", .methods = HTTP_GET, .path = "/api/v1/platform-reviews/{id}/tasks/{platform}", API, LOOKS,
	  .handle = h_api_platform_review_task },
	{ .name = "api_platform_review_answer", .methods = HTTP_POST, .path = "/api/v1/platform-reviews/{id}/tasks/{platform}/answer", JSON_64K, API,
	  .needs = RIGHT_CATALOGUE, .handle = h_api_platform_review_answer },
	{ .name = "api_platform_review_conclude", .methods = HTTP_POST, .path = "/api/v1/platform-reviews/{id}/tasks/{platform}/conclusion", JSON_16K,
	  API, .needs = RIGHT_APPRAISE, .handle = h_api_platform_review_conclude },

	{ .name = "api_replacement_list", .methods = HTTP_GET, .path = "/api/v1/replacements", .params = api_replacements_params,
	  .n_params = N_REPLACEMENTS_PARAMS, API, LOOKS, .handle = h_api_replacement_list },
	{ .name = "api_replacement_add", .methods = HTTP_POST, .path = "/api/v1/replacements", JSON_64K, API, .needs = RIGHT_CATALOGUE,
	  .creates = true, .handle = h_api_replacement_add },
	{ .name = "api_replacement_get", .methods = HTTP_GET, .path = "/api/v1/replacements/{id}", API, LOOKS, .handle = h_api_replacement_get },
	{ .name = "api_replacement_submit", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/submit", JSON_16K, API, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_replacement_submit },
	{ .name = "api_replacement_approve", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/approve", JSON_16K, API, .needs = RIGHT_APPROVE,
	  .handle = h_api_replacement_approve },
	{ .name = "api_replacement_cancel", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/cancel", JSON_16K, API, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_replacement_cancel },
	{ .name = "api_replacement_ask", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/change", JSON_64K, API, .needs = RIGHT_CATALOGUE,
	  .handle = h_api_replacement_ask },
	{ .name = "api_replacement_agree", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/change/approve", JSON_16K, API_SLOW,
	  .needs = RIGHT_APPROVE, .handle = h_api_replacement_agree },
	{ .name = "api_replacement_withdraw", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/change/withdraw", JSON_16K, API,
	  .needs = RIGHT_CATALOGUE, .handle = h_api_replacement_withdraw },
	{ .name = "api_replacement_hand_over", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/handover", JSON_16K, API,
	  .needs = RIGHT_CATALOGUE, .handle = h_api_replacement_hand_over },
	{ .name = "api_replacement_preview", .methods = HTTP_GET, .path = "/api/v1/replacements/{id}/preview", .params = api_preview_params,
	  .n_params = N_PREVIEW_PARAMS, API, LOOKS, .personal = true, .handle = h_api_replacement_preview },
	{ .name = "api_replacement_run", .methods = HTTP_POST, .path = "/api/v1/replacements/{id}/run", JSON_16K, API_SLOW, .needs = RIGHT_GRANT,
	  .handle = h_api_replacement_run },
};
const size_t n_overlap_routes = ARRAY_LEN(overlap_routes);
