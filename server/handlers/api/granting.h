/* granting.h: /api/v1 of granting: rules, requests, deputies, emergencies, duties, reviews, explanations. */
#pragma once

#include "common/db/db.h"
#include "server/governance/governed.h"
#include "server/handlers/api/api.h"

/* api_governed.c: answers of governed.h. */
/* The made thing as JSON with its ETag. */
int api_governed(struct request *rq, const struct governed_kind *kind, const struct db_param *params, size_t n, int status);
/* The usual changes.  Parameters of the statement, in this order:
 * make    a new id, who asks, the fields of the body; 201
 * change  the id of the path, who asks, the version of If-Match, the fields of the body (n = 0: no body); 200
 * act     the id of the path, who asks; no body; 200 */
enum { API_GOVERNED_FIELDS = 12 }; /* at most */
int api_governed_make(struct request *rq, const struct governed_kind *kind, const struct api_field *fields, size_t n);
int api_governed_change(struct request *rq, const struct governed_kind *kind, const struct api_field *fields, size_t n);
int api_governed_act(struct request *rq, const struct governed_kind *kind);
/* A page: the statement answers JSON and n_keys keys; its last parameter is the limit, added here; those before it the keys. */
struct api_governed_page {
	const char *name; /* of the list in the answer */
	const struct query *query;
	const struct db_param *params;
	size_t n_params, n_keys;
	size_t after, limit; /* which of the route's parameters */
};
int api_governed_page(struct request *rq, const struct api_governed_page *page);
/* One object, or ERR_NOT_FOUND. */
int api_one(struct request *rq, const struct query *q, const struct db_param *params, size_t n);
/* What a supposed change would make of grants: its numbers, and a page of the differences. */
int api_supposed(struct request *rq, const struct governed_kind *kind, const struct db_param *params, size_t n);
/* The moment after a day ("2026-11-24"), or now for today; STR_NULL stays.  ERR_INVALID_VALUE for what is no day, or to come. */
int api_day_end(struct request *rq, struct str day, struct str *ret_at) _must_check_;
/* A new id in the arena. */
struct str api_new_id(struct request *rq);
/* The id in the path; ERR_NOT_FOUND when it is none. */
int api_path_id(struct request *rq, size_t at, struct str *ret_id) _must_check_;
/* An array of texts as text[]; STR_NULL when absent. */
int api_texts(struct request *rq, const char *name, struct str *ret_array) _must_check_;

/* Parameters of lists: every list has the first two. */
enum { P_LIST_AFTER, P_LIST_LIMIT, P_LIST_STATE, P_LIST_MINE, N_LIST_PARAMS };
extern const struct param_spec api_list_params[N_LIST_PARAMS];
enum { P_EXPLAIN_LOGIN, P_EXPLAIN_PLATFORM, P_EXPLAIN_ROLE, P_EXPLAIN_ON, N_EXPLAIN_PARAMS };
extern const struct param_spec api_explain_params[N_EXPLAIN_PARAMS];
enum { P_PREVIEW_AFTER, P_PREVIEW_LIMIT, P_PREVIEW_RETIRE, N_PREVIEW_PARAMS };
extern const struct param_spec api_rule_preview_params[N_PREVIEW_PARAMS];

int h_api_rules_list(struct request *rq);
int h_api_rules_add(struct request *rq);
int h_api_rules_get(struct request *rq);
int h_api_rules_change(struct request *rq);
int h_api_rules_preview(struct request *rq);
int h_api_rules_release(struct request *rq);
int h_api_rules_retire(struct request *rq);
int h_api_classes_list(struct request *rq);
int h_api_classes_set(struct request *rq);

int h_api_scopes_waiting(struct request *rq);
int h_api_requests_list(struct request *rq);
int h_api_requests_add(struct request *rq);
int h_api_requests_get(struct request *rq);
int h_api_requests_approve(struct request *rq);
int h_api_requests_refuse(struct request *rq);
int h_api_requests_withdraw(struct request *rq);
int h_api_requests_comment(struct request *rq);
int h_api_approvals_list(struct request *rq);
int h_api_deputies_list(struct request *rq);
int h_api_deputies_add(struct request *rq);
int h_api_deputies_end(struct request *rq);

int h_api_emergencies_list(struct request *rq);
int h_api_emergencies_add(struct request *rq);
int h_api_emergencies_release(struct request *rq);
int h_api_emergencies_review(struct request *rq);

int h_api_duties_list(struct request *rq);
int h_api_duties_add(struct request *rq);
int h_api_duties_retire(struct request *rq);
int h_api_duties_except(struct request *rq);
int h_api_exceptions_list(struct request *rq);
int h_api_exceptions_approve(struct request *rq);
int h_api_violations_list(struct request *rq);
int h_api_policies_list(struct request *rq);
int h_api_policies_set(struct request *rq);

int h_api_reviews_list(struct request *rq);
int h_api_reviews_add(struct request *rq);
int h_api_reviews_get(struct request *rq);
int h_api_reviews_items(struct request *rq);
int h_api_reviews_advance(struct request *rq);
int h_api_reviews_decide(struct request *rq);
int h_api_reviews_overdue(struct request *rq);

int h_api_explain(struct request *rq);
int h_api_explain_post(struct request *rq);
int h_api_explain_rule(struct request *rq);
int h_api_explain_unit(struct request *rq);

extern const struct route granting_routes[];
extern const size_t n_granting_routes;
