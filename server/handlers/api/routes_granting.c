/* routes_granting.c: the administration API of granting. */

#include "server/governance/principal.h"
#include "server/handlers/api/bulk.h"
#include "server/handlers/api/granting.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };
/* A deputy decides by its principal's rights, and may have none of its own. */
static int (*const deputy_guards[])(struct request *) = { guard_official, NULL };

/* What may take seconds: what changes for everybody. */
#define API_SLOW .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards
#define DEPUTY_API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = deputy_guards
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define LIST .params = api_list_params, .n_params = N_LIST_PARAMS
#define PREVIEW .params = api_rule_preview_params, .n_params = N_PREVIEW_PARAMS
#define GET(path_) .methods = HTTP_GET, .path = "/api/v1/" path_
#define POST(path_) .methods = HTTP_POST, .path = "/api/v1/" path_, JSON_16K

const struct route granting_routes[] = {
	{ .name = "api_rules_list", GET("rules"), LIST, API, .needs = RIGHT_READ, .handle = h_api_rules_list },
	{ .name = "api_rules_add", POST("rules"), API, .needs = RIGHT_RULES, .creates = true, .handle = h_api_rules_add },
	{ .name = "api_rules_get", GET("rules/{id}"), API, .needs = RIGHT_READ, .handle = h_api_rules_get },
	{ .name = "api_rules_change", .methods = HTTP_PUT, .path = "/api/v1/rules/{id}", JSON_16K, API, .needs = RIGHT_RULES,
	  .handle = h_api_rules_change },
	{ .name = "api_rules_preview", GET("rules/{id}/preview"), PREVIEW, API_SLOW, .needs = RIGHT_RULES, .personal = true, .handle = h_api_rules_preview },
	{ .name = "api_rules_release", POST("rules/{id}/release"), API_SLOW, .needs = RIGHT_RULES, .handle = h_api_rules_release },
	{ .name = "api_rules_retire", POST("rules/{id}/retire"), API_SLOW, .needs = RIGHT_RULES, .handle = h_api_rules_retire },
	{ .name = "api_classes_list", GET("position-classes"), LIST, API, .needs = RIGHT_READ | RIGHT_RULES, .handle = h_api_classes_list },
	{ .name = "api_classes_set", POST("position-classes"), API_SLOW, .needs = RIGHT_RULES, .creates = true, .handle = h_api_classes_set },
	{ .name = "api_requests_list", GET("requests"), LIST, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_requests_list },
	{ .name = "api_requests_add", POST("requests"), API, .needs = RIGHT_GRANT, .creates = true, .handle = h_api_requests_add },
	{ .name = "api_requests_get", GET("requests/{id}"), DEPUTY_API, .personal = true, .handle = h_api_requests_get },
	{ .name = "api_requests_approve", POST("requests/{id}/approve"), DEPUTY_API, .handle = h_api_requests_approve },
	{ .name = "api_requests_refuse", POST("requests/{id}/refuse"), DEPUTY_API, .handle = h_api_requests_refuse },
	{ .name = "api_requests_withdraw", POST("requests/{id}/withdraw"), API, .handle = h_api_requests_withdraw },
	{ .name = "api_requests_comment", POST("requests/{id}/comments"), DEPUTY_API, .creates = true, .handle = h_api_requests_comment },
	{ .name = "api_approvals_list", GET("approvals"), LIST, DEPUTY_API, .personal = true, .handle = h_api_approvals_list },
	{ .name = "api_deputies_list", GET("deputies"), LIST, DEPUTY_API, .personal = true, .handle = h_api_deputies_list },
	{ .name = "api_deputies_add", POST("deputies"), API, .needs = RIGHT_APPROVE | RIGHT_DELEGATE, .creates = true, .handle = h_api_deputies_add },
	{ .name = "api_deputies_end", POST("deputies/{id}/end"), DEPUTY_API, .handle = h_api_deputies_end },
	{ .name = "api_emergencies_list", GET("emergency-grants"), LIST, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_emergencies_list },
	{ .name = "api_emergencies_add", POST("emergency-grants"), API, .needs = RIGHT_GRANT, .creates = true, .handle = h_api_emergencies_add },
	{ .name = "api_emergencies_release", POST("emergency-grants/{id}/release"), API, .needs = RIGHT_APPROVE, .handle = h_api_emergencies_release },
	{ .name = "api_emergencies_review", POST("emergency-grants/{id}/review"), API, .needs = RIGHT_REVIEW, .handle = h_api_emergencies_review },
	{ .name = "api_duties_list", GET("duty-rules"), LIST, API, .needs = RIGHT_READ | RIGHT_RULES, .handle = h_api_duties_list },
	{ .name = "api_duties_add", POST("duty-rules"), API, .needs = RIGHT_RULES, .creates = true, .handle = h_api_duties_add },
	{ .name = "api_duties_retire", POST("duty-rules/{id}/retire"), API, .needs = RIGHT_RULES, .handle = h_api_duties_retire },
	{ .name = "api_duties_except", POST("duty-rules/{id}/exceptions"), API, .needs = RIGHT_RULES, .creates = true, .handle = h_api_duties_except },
	{ .name = "api_exceptions_list", GET("duty-exceptions"), LIST, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_exceptions_list },
	{ .name = "api_exceptions_approve", POST("duty-exceptions/{id}/approve"), API, .needs = RIGHT_RULES, .handle = h_api_exceptions_approve },
	{ .name = "api_violations_list", GET("duty-violations"), LIST, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_violations_list },
	{ .name = "api_policies_list", GET("grant-policies"), LIST, API, .needs = RIGHT_READ | RIGHT_RULES, .handle = h_api_policies_list },
	{ .name = "api_policies_set", POST("grant-policies"), API, .needs = RIGHT_RULES, .creates = true, .handle = h_api_policies_set },
	{ .name = "api_scopes_waiting", GET("admin-scopes-waiting"), LIST, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_scopes_waiting },
	{ .name = "api_reviews_list", GET("access-reviews"), LIST, API, .needs = RIGHT_READ | RIGHT_REVIEW, .handle = h_api_reviews_list },
	{ .name = "api_reviews_add", POST("access-reviews"), API, .needs = RIGHT_REVIEW, .creates = true, .handle = h_api_reviews_add },
	{ .name = "api_reviews_overdue", GET("access-reviews-overdue"), LIST, API, .needs = RIGHT_READ, .handle = h_api_reviews_overdue },
	{ .name = "api_reviews_get", GET("access-reviews/{id}"), API, .needs = RIGHT_READ | RIGHT_REVIEW, .handle = h_api_reviews_get },
	{ .name = "api_reviews_items", GET("access-reviews/{id}/items"), LIST, API, .needs = RIGHT_REVIEW, .personal = true, .handle = h_api_reviews_items },
	{ .name = "api_reviews_advance", POST("access-reviews/{id}/advance"), API, .needs = RIGHT_REVIEW, .handle = h_api_reviews_advance },
	{ .name = "api_reviews_bulk", .methods = HTTP_POST, .path = "/api/v1/access-reviews/{id}/items/bulk", .body = BODY_JSON, .max_body = 1048576, API,
	  .needs = RIGHT_REVIEW, .creates = true, .handle = h_api_reviews_bulk },
	{ .name = "api_reviews_decide", POST("access-reviews/{id}/items/{item}"), API, .needs = RIGHT_REVIEW, .handle = h_api_reviews_decide },
	{ .name = "api_explain", GET("explain"), .params = api_explain_params, .n_params = N_EXPLAIN_PARAMS, API, .needs = RIGHT_READ,
	  .personal = true, .handle = h_api_explain },
	{ .name = "api_explain_post", POST("explain/post-change"), PREVIEW, .post_query = true, API, .needs = RIGHT_READ, .personal = true, .handle = h_api_explain_post },
	{ .name = "api_explain_rule", POST("explain/rule-change"), PREVIEW, .post_query = true, API_SLOW, .needs = RIGHT_RULES, .personal = true, .handle = h_api_explain_rule },
	{ .name = "api_explain_unit", POST("explain/unit-change"), PREVIEW, .post_query = true, API_SLOW, .needs = RIGHT_READ, .personal = true, .handle = h_api_explain_unit },
};
const size_t n_granting_routes = ARRAY_LEN(granting_routes);
