/*
 * observations.h: what listings of platforms have found, and what people decide about it.
 *
 * A run belongs to its platform: who reaches the platform sees it.  A finding about one of our accounts belongs to its
 * holder's unit; one about nobody's account to whoever reaches the platform.  Two persons decide on what a machine may not:
 * that a short list is right, and that an account which does not carry our id is one of ours.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

int observation_list(struct op *op, const struct principal *p, struct str platform, struct str after, size_t limit, struct json_page *ret) _must_check_;
/* Asks for a listing; *ret: that, or the one that is under way. */
int observation_request(struct op *op, const struct principal *p, struct str platform, json_t **ret) _must_check_;
/* The second person on a short listing.  ERR_FOUR_EYES: whoever asked for it; ERR_WRONG_STATE. */
int observation_decide(struct op *op, const struct principal *p, struct str id, bool is_released, struct str reason, json_t **ret) _must_check_;

int observe_plan_get(struct op *op, const struct principal *p, struct str platform, json_t **ret, int64_t *ret_version) _must_check_;
struct observe_plan_change {
	struct str platform, every_s, at, short_percent; /* as read; STR_NULL: not given */
	bool enabled;
	int64_t version;
	const json_t *attributes; /* [{attribute, rule}], all of them; NULL: as they are */
};
/* at: "HH:MM" in Việt Nam.  ERR_PRECONDITION_FAILED. */
int observe_plan_set(struct op *op, const struct principal *p, const struct observe_plan_change *change) _must_check_;

struct finding_filter {
	struct str platform, situation, after;
	struct str decision; /* "none", or one of those that there are; STR_NULL: whatever was decided */
	size_t limit;
};
int finding_list(struct op *op, const struct principal *p, const struct finding_filter *filter, struct json_page *ret) _must_check_;
struct finding_decision {
	struct str platform, id, reason;
	struct str login;  /* of the account whose it is; STR_NULL: as found */
	struct str decision; /* ignore, adopt, remove: whoever runs the platform is asked to remove it there, we do not touch it */
	int64_t version;   /* of the finding as it was seen */
};
/* What carries our id is adopted at once, anything else when a second person has confirmed it. */
int finding_decide(struct op *op, const struct principal *p, const struct finding_decision *decision, json_t **ret) _must_check_;
/* What was proposed, and seen: not what was proposed since. */
struct finding_confirmation {
	struct str platform, id;
	int64_t version;
};
int finding_confirm(struct op *op, const struct principal *p, const struct finding_confirmation *confirmation, json_t **ret) _must_check_;
