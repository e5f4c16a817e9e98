/* catalogue.h: endpoints of the catalogue of shared platforms (api_platforms.c and the files beside it). */
#pragma once

#include "server/handlers/api/api.h"

enum { P_PLATFORMS_KIND, P_PLATFORMS_STATE, P_PLATFORMS_UNIT, P_PLATFORMS_OVERDUE, P_PLATFORMS_Q, P_PLATFORMS_AFTER, P_PLATFORMS_LIMIT,
       N_PLATFORMS_PARAMS };
extern const struct param_spec api_platforms_params[N_PLATFORMS_PARAMS];
int h_api_platforms(struct request *rq);
int h_api_platform_add(struct request *rq);
int h_api_platform_get(struct request *rq);
int h_api_platform_edit(struct request *rq);
int h_api_platform_plan(struct request *rq);

int h_api_platform_role_add(struct request *rq);
int h_api_platform_role_get(struct request *rq);
int h_api_platform_role_edit(struct request *rq);
int h_api_platform_role_retire(struct request *rq);

int h_api_platform_transitions(struct request *rq);
int h_api_platform_move(struct request *rq);

int h_api_platform_gates(struct request *rq);
int h_api_platform_gate_submit(struct request *rq);
int h_api_platform_gate_decide(struct request *rq);
enum { P_DOCUMENTS_AFTER, P_DOCUMENTS_LIMIT, P_DOCUMENTS_KIND, P_DOCUMENTS_STATE, N_DOCUMENTS_PARAMS };
extern const struct param_spec api_documents_params[N_DOCUMENTS_PARAMS];
int h_api_documents(struct request *rq);
int h_api_document_add(struct request *rq);

int h_api_platform_lists(struct request *rq);
int h_api_platform_list_add(struct request *rq);
int h_api_platform_list_get(struct request *rq);
int h_api_platform_list_edit(struct request *rq);
int h_api_platform_list_sign(struct request *rq);
enum { P_DIFF_AGAINST, N_DIFF_PARAMS };
extern const struct param_spec api_diff_params[N_DIFF_PARAMS];
int h_api_platform_list_diff(struct request *rq);

enum { P_ROLLOUT_AFTER, P_ROLLOUT_LIMIT, P_ROLLOUT_STATE, N_ROLLOUT_PARAMS };
extern const struct param_spec api_rollout_params[N_ROLLOUT_PARAMS];
int h_api_platform_rollout(struct request *rq);
int h_api_platform_rollout_plan(struct request *rq);
int h_api_platform_rollout_set(struct request *rq);
int h_api_rollout(struct request *rq);
int h_api_rollout_platforms(struct request *rq);
int h_api_rollout_unit(struct request *rq);
enum { P_GUIDANCE_ALL, P_GUIDANCE_AFTER, P_GUIDANCE_LIMIT, N_GUIDANCE_PARAMS };
extern const struct param_spec api_guidance_params[N_GUIDANCE_PARAMS];
int h_api_platform_guidance(struct request *rq);
int h_api_platform_guidance_publish(struct request *rq);
int h_api_platform_guidance_acknowledge(struct request *rq);
enum { P_ACKNOWLEDGED_AFTER, P_ACKNOWLEDGED_LIMIT, P_ACKNOWLEDGED_MISSING, N_ACKNOWLEDGED_PARAMS };
extern const struct param_spec api_acknowledged_params[N_ACKNOWLEDGED_PARAMS];
int h_api_platform_guidance_report(struct request *rq);

/* catalogue_answers.c: what these endpoints share. */
/* Puts at most limit rows under name, and "next" from the members key_a and key_b (NULL: none) of the last. Takes over array. */
void catalogue_page(struct request *rq, json_t *body, const char *name, json_t *array, size_t limit, const char *const keys[2]);
/* listed: "a|b|c"; STR_NULL passes.  ERR_INVALID_VALUE. */
int catalogue_one_of(struct request *rq, const char *field, struct str value, const char *listed) _must_check_;
/* http or https; STR_NULL passes. */
int catalogue_url(struct request *rq, const char *field, struct str value) _must_check_;
/* "true", "false", or absent. */
int catalogue_flag(struct request *rq, const char *field, struct str value, bool *ret) _must_check_;
/* r of a change: what is missing (ERR_BLOCKED, argument by) in words of the reader's language, its names as argument needs. */
int catalogue_say(struct request *rq, int r) _must_check_;
/* A number in the path; ERR_NOT_FOUND. */
int catalogue_path_id(struct request *rq, size_t arg, int64_t *ret) _must_check_;
/* Adds to an entry what people read: words of its state, the mark of what is not verified, the expected date. */
void catalogue_describe(struct request *rq, json_t *entry);
