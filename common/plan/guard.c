#include "common/plan/guard.h"

#define SHORT_PERCENT 90

static bool is_above(int64_t n, int64_t percent, int64_t whole)
{
	return n * 100 > percent * whole;
}

bool guard_exceeds(const struct guard_limits *limits, const struct guard_count *count)
{
	switch (count->scope) {
	case GUARD_PLATFORM:
		return count->n_off > limits->max_n && is_above(count->n_off, limits->max_percent, count->n_live);
	case GUARD_UNIT:
		return count->n_live >= limits->unit_min && is_above(count->n_off, limits->unit_percent, count->n_live);
	case GUARD_ROLE:
		return count->n_live > limits->role_min && is_above(count->n_off, limits->role_percent, count->n_live);
	case GUARD_MEMBERSHIPS:
		return count->n_off > limits->max_n && is_above(count->n_off, limits->membership_percent, count->n_live);
	}
	return true;
}

struct guard_verdict guard_judge(const struct guard_limits *limits, const struct guard_count *counts, size_t n)
{
	struct guard_verdict verdict = { 0 };

	for (size_t i = 0; i < n; i++) {
		if (!guard_exceeds(limits, &counts[i]))
			continue;
		if (!verdict.why || counts[i].scope < verdict.why->scope)
			verdict.why = &counts[i];
		if (counts[i].scope == GUARD_ROLE)
			verdict.holds_roles = true;
		else if (counts[i].scope == GUARD_MEMBERSHIPS)
			verdict.holds_memberships = true;
		else
			verdict.holds_off = true;
	}
	return verdict;
}

const char *guard_scope_name(enum guard_scope scope)
{
	static const char *const names[] = { [GUARD_PLATFORM] = "platform", [GUARD_UNIT] = "unit", [GUARD_ROLE] = "role", [GUARD_MEMBERSHIPS] = "memberships" };

	return names[scope];
}

bool guard_list_is_short(int64_t n_before, int64_t n_now)
{
	return n_now * 100 < n_before * SHORT_PERCENT;
}
