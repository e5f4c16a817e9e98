/* replacement_rules.h: which step of a replacement may be taken when.  Pure. */
#pragma once

#include "common/base/err.h"

#include <stdbool.h>
#include <stdint.h>

enum replacement_step { REPLACEMENT_GRANT, REPLACEMENT_READ_ONLY, REPLACEMENT_REVOKE };

struct replacement_status {
	bool is_approved;      /* approved or finished: what came too late is carried over too */
	bool has_read_only;    /* a role of the old platform that others become until the cut-over */
	bool is_cutover_day;   /* today or past */
	int64_t n_unmapped;    /* grants with a role that the plan does not know: it came after the approval */
	int64_t n_to_grant;
};

/* 0, ERR_WRONG_STATE or ERR_BLOCKED with what is in the way: "approval", "role_map", "grant", "cutover", "read_only_role". */
int replacement_may_run(const struct replacement_status *status, enum replacement_step step, const char **ret_by);
