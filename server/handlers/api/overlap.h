/* overlap.h: endpoints about overlap, local software, needs, reviews and replacements of platforms. */
#pragma once

#include "server/governance/json_rows.h"
#include "server/handlers/api/api.h"

/* api_overlap_answers.c: what these endpoints answer alike. */
/* {name: items, "next": …}; takes over page->items. */
int api_page(struct request *rq, const char *name, const struct json_page *page, size_t n_keys);
/* Parameters after and limit of a list whose rows have n_keys keys. */
int api_page_ask(struct request *rq, size_t after, size_t limit, size_t n_keys, struct page_ask *ret) _must_check_;
/* r of reading the page: a key that is not what this list's keys are is the caller's fault. */
int api_page_read(struct request *rq, int r) _must_check_;
/* A versioned thing with its ETag; takes over body. */
int api_thing(struct request *rq, int status, json_t *body, int64_t version);
/* The id in the path; ERR_NOT_FOUND when it is none. */
int api_path_uuid(struct request *rq, size_t arg, struct str *ret) _must_check_;
/* One of "a|b|c" or absent; ERR_INVALID_VALUE. */
int api_one_of(struct request *rq, const char *field, struct str value, const char *listed) _must_check_;
/* An array of at most 16 tags (any text of at most 64 bytes); absent: none. */
int api_tags(struct request *rq, const char *name, struct str_list *ret) _must_check_;

enum { P_OVERLAPS_STATE, P_OVERLAPS_KIND, P_OVERLAPS_PLATFORM, P_OVERLAPS_AFTER, P_OVERLAPS_LIMIT, N_OVERLAPS_PARAMS };
extern const struct param_spec api_overlaps_params[N_OVERLAPS_PARAMS];
int h_api_overlap_list(struct request *rq);
int h_api_overlap_get(struct request *rq);
int h_api_overlap_compare(struct request *rq);
int h_api_overlap_close(struct request *rq);

enum { P_LOCAL_UNIT, P_LOCAL_STATE, P_LOCAL_PLATFORM, P_LOCAL_AFTER, P_LOCAL_LIMIT, N_LOCAL_PARAMS };
extern const struct param_spec api_local_params[N_LOCAL_PARAMS];
int h_api_local_software_list(struct request *rq);
int h_api_local_software_csv(struct request *rq);
int h_api_local_software_get(struct request *rq);
int h_api_local_software_add(struct request *rq);
int h_api_local_software_edit(struct request *rq);
int h_api_local_software_decide(struct request *rq);

enum { P_NEEDS_UNIT, P_NEEDS_STATE, P_NEEDS_AFTER, P_NEEDS_LIMIT, N_NEEDS_PARAMS };
extern const struct param_spec api_needs_params[N_NEEDS_PARAMS];
int h_api_need_list(struct request *rq);
int h_api_need_get(struct request *rq);
int h_api_need_add(struct request *rq);
int h_api_need_answer(struct request *rq);

enum { P_REVIEWS_AFTER, P_REVIEWS_LIMIT, N_REVIEWS_PARAMS };
extern const struct param_spec api_reviews_params[N_REVIEWS_PARAMS];
enum { P_TASKS_REVIEW, P_TASKS_STATE, P_TASKS_UNIT, P_TASKS_AFTER, P_TASKS_LIMIT, N_TASKS_PARAMS };
extern const struct param_spec api_tasks_params[N_TASKS_PARAMS];
int h_api_platform_review_list(struct request *rq);
int h_api_platform_review_add(struct request *rq);
int h_api_platform_review(struct request *rq);
int h_api_platform_review_period(struct request *rq);
int h_api_platform_review_tasks(struct request *rq);
int h_api_platform_review_reminders(struct request *rq);
int h_api_platform_review_task(struct request *rq);
int h_api_platform_review_answer(struct request *rq);
int h_api_platform_review_conclude(struct request *rq);

enum { P_REPLACEMENTS_STATE, P_REPLACEMENTS_AFTER, P_REPLACEMENTS_LIMIT, N_REPLACEMENTS_PARAMS };
extern const struct param_spec api_replacements_params[N_REPLACEMENTS_PARAMS];
enum { P_PREVIEW_STEP, P_PREVIEW_AFTER, P_PREVIEW_LIMIT, N_PREVIEW_PARAMS };
extern const struct param_spec api_preview_params[N_PREVIEW_PARAMS];
int h_api_replacement_list(struct request *rq);
int h_api_replacement_add(struct request *rq);
int h_api_replacement_get(struct request *rq);
int h_api_replacement_submit(struct request *rq);
int h_api_replacement_approve(struct request *rq);
int h_api_replacement_cancel(struct request *rq);
int h_api_replacement_ask(struct request *rq);
int h_api_replacement_agree(struct request *rq);
int h_api_replacement_withdraw(struct request *rq);
int h_api_replacement_hand_over(struct request *rq);
int h_api_replacement_preview(struct request *rq);
int h_api_replacement_run(struct request *rq);
