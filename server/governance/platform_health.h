/*
 * platform_health.h: platforms as the provisioning engine sees them, and what an administrator allows it there.
 *
 * No data of persons: counts, and words for what is wrong.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

/* Every platform that an engine serves or has limits, by code; or the one. */
int platform_health_list(struct op *op, const struct page_ask *ask, struct json_page *ret) _must_check_;
/* ERR_UNKNOWN_PLATFORM. */
int platform_health_get(struct op *op, struct str platform, json_t **ret) _must_check_;

struct platform_limits {
	struct str platform;
	struct str rate_count, rate_seconds, burst, concurrency; /* digits, or STR_NULL */
	const struct str *words;
	size_t n_words;
	struct str windows;      /* JSON as common/model/window.h reads it */
	int64_t version;         /* that was seen; 0: there was nothing */
};
int platform_limits_get(struct op *op, struct str platform, json_t **ret, int64_t *ret_version) _must_check_;
/* ERR_UNKNOWN_PLATFORM, ERR_OUT_OF_SCOPE (right "catalogue" over the managing unit), ERR_PRECONDITION_FAILED. */
int platform_limits_set(struct op *op, const struct principal *p, const struct platform_limits *limits) _must_check_;
