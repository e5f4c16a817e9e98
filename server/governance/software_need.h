/*
 * software_need.h: needs that units propose, and what they are answered.
 *
 * Proposing (right catalogue over the unit) brings back the common solutions that exist; somebody else with right appraise
 * answers: use a common platform, forwarded to the managing unit of the field, or declined.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/overlap.h"
#include "server/governance/principal.h"

struct software_need {
	struct str unit, name, description;
	struct str_list functions;
};
/* ERR_UNKNOWN_UNIT, ERR_OUT_OF_SCOPE. */
int software_need_propose(struct op *op, const struct principal *p, const struct software_need *need, struct str *ret_id) _must_check_;

struct software_need_answer {
	struct str id;
	int64_t version;
	struct str answer;   /* use_common, forwarded, declined */
	struct str platform; /* code, with use_common only */
	struct str text;
};
/* ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_FOUR_EYES (who proposed it), ERR_WRONG_STATE (answered), ERR_UNKNOWN_PLATFORM, ERR_PRECONDITION_FAILED. */
int software_need_answer(struct op *op, const struct principal *p, const struct software_need_answer *answer) _must_check_;

struct software_need_filter {
	struct str unit;         /* top of a subtree */
	struct str state;        /* open, answered */
	const struct str *after; /* 2 keys */
	size_t limit;
};
int software_need_list(struct op *op, const struct principal *p, const struct software_need_filter *filter, struct json_page *ret) _must_check_;
int software_need_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version) _must_check_; /* ERR_NOT_FOUND */
