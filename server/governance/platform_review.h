/*
 * platform_review.h: campaigns in which managing units look at the platforms they have: a task per platform with a form of four
 * headings (features, functions, operation, scope), a deadline, and a conclusion: keep, integrate, replace, stop.
 *
 * Right review over the unit begins a campaign; right catalogue over the platform fills a form; right appraise concludes, never
 * the one who filled it.  Reminders are rows laid with the task; they are due by their date as long as the task is open.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct platform_review {
	struct str title, unit /* code: managing units in this subtree */, due_on;
	struct str period_months; /* digits: again every so many months, by itself; STR_NULL: once */
};
#define PLATFORM_REVIEW_PERIOD_MAX 60
/* ERR_UNKNOWN_UNIT, ERR_OUT_OF_SCOPE, ERR_NOT_FOUND (no platform there), ERR_INVALID_VALUE (a deadline that has passed). */
int platform_review_begin(struct op *op, const struct principal *p, const struct platform_review *review, struct str *ret_id, int64_t *ret_tasks) _must_check_;

/* 0: not again.  ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_WRONG_STATE (another follows already), ERR_PRECONDITION_FAILED. */
int platform_review_period(struct op *op, const struct principal *p, struct str id, int64_t version, int64_t months) _must_check_;
int platform_review_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version) _must_check_; /* ERR_NOT_FOUND */

struct platform_review_form {
	struct str review_id, platform; /* id, code */
	int64_t version;
	struct str features, functions, operation, scope;
};
/* Again as long as it is not concluded.  ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_WRONG_STATE, ERR_PRECONDITION_FAILED. */
int platform_review_answer(struct op *op, const struct principal *p, const struct platform_review_form *form) _must_check_;

struct platform_review_conclusion {
	struct str review_id, platform;
	int64_t version;
	struct str conclusion, target /* platform code, with integrate and replace */, because;
};
/* The same, and ERR_FOUR_EYES, ERR_UNKNOWN_PLATFORM. */
int platform_review_conclude(struct op *op, const struct principal *p, const struct platform_review_conclusion *conclusion) _must_check_;

int platform_review_list(struct op *op, const struct principal *p, const struct str *after, size_t limit, struct json_page *ret) _must_check_;
struct platform_review_filter {
	struct str review_id, unit;
	struct str state;        /* open, answered, concluded, overdue */
	const struct str *after; /* due date, review id, platform code */
	size_t limit;
};
int platform_review_tasks(struct op *op, const struct principal *p, const struct platform_review_filter *filter, struct json_page *ret) _must_check_;
/* Due until today, of tasks still open, the latest first; keys: day, platform, review. */
int platform_review_reminders(struct op *op, const struct principal *p, const struct page_ask *ask, struct json_page *ret) _must_check_;
int platform_review_task_get(struct op *op, const struct principal *p, struct str review_id, struct str platform, json_t **ret_json,
                             int64_t *ret_version) _must_check_; /* ERR_NOT_FOUND */
