/* replacement_rules.h: which step of a replacement may be taken when.  Pure. */
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum replacement_step { REPLACEMENT_GRANT, REPLACEMENT_READ_ONLY, REPLACEMENT_REVOKE };

struct replacement_status {
	bool is_approved;      /* approved or finished: what came too late is carried over too */
	bool is_followed;      /* birthright rules follow the role map: the first batch makes them */
	bool is_to_be_cancelled; /* somebody asks for it */
	bool is_new_open;      /* the new platform admits accounts */
	bool has_read_only;    /* a role of the old platform that others become until the cut-over */
	bool is_read_only_day; /* today or past */
	bool is_cutover_day;   /* today or past */
	bool is_handed_over;   /* the data, or there are none */
	int64_t n_unmapped;    /* grants with a role that the plan does not know: it came after the approval */
	int64_t n_to_grant, n_to_read_only, n_to_revoke;
	int64_t n_waiting;     /* of n_to_revoke: for the new platform */
};

/*
 * 0, ERR_WRONG_STATE or ERR_BLOCKED with what is in the way: "approval", "cancellation", "new_platform", "role_map", "grant", "cutover",
 * "handover", "read_only_role".
 */
int replacement_may_run(const struct replacement_status *status, enum replacement_step step, const char **ret_by);
/* Whether a step is due that has something to do, and which one; revoke also when nothing is left, which ends the plan. */
bool replacement_next_step(const struct replacement_status *status, enum replacement_step *ret_step);
