/*
 * guard.h: is this more harm than one decision should do?  Pure: counts in, verdict out.
 *
 * Counted is what takes access away and is nobody's decision about one person by name; an account that is taken down and one that
 * is deleted count alike.  Percentages are of who is active there now.
 */
#pragma once

#include "common/base/str.h"

/* In force on one platform: sen.provisioning_rule. */
struct guard_limits {
	int64_t max_n, max_percent;       /* the whole platform: more than both */
	int64_t unit_min, unit_percent;   /* a unit with at least so many people there: more than that share of it */
	int64_t role_min, role_percent;   /* a role with more members than that: more than that share of them */
	int64_t membership_percent;       /* all roles together, of accounts that stay: more than max_n, and than that share */
};

enum guard_scope { GUARD_PLATFORM, GUARD_UNIT, GUARD_ROLE, GUARD_MEMBERSHIPS };

struct guard_count {
	enum guard_scope scope;
	int64_t id;               /* of the unit or role */
	struct str code;
	int64_t n_live, n_off;    /* n_off: lose it, within the last hour; n_live: had it before */
};

struct guard_verdict {
	const struct guard_count *why; /* the first that is too much, the platform before units before roles before memberships; NULL: let it pass */
	bool holds_off;                /* every account that would be taken down or deleted */
	bool holds_roles;              /* accounts that lose a role of which too many would lose it */
	bool holds_memberships;        /* every account that loses a role, whichever */
};

bool guard_exceeds(const struct guard_limits *limits, const struct guard_count *count) _pure_;
struct guard_verdict guard_judge(const struct guard_limits *limits, const struct guard_count *counts, size_t n) _pure_;

/* "platform", "unit", "role", "memberships" */
const char *guard_scope_name(enum guard_scope scope) _pure_;

/*
 * Whether a list (of a feed, of a platform's accounts) has so few rows against the last good one that nothing may be concluded
 * from what is not in it: less than 90 %.
 */
bool guard_list_is_short(int64_t n_before, int64_t n_now) _pure_;
