#include "tests/unit/governance/working.h"

static const struct lc_handover handovers[] = { { PLATFORM, 10 } };
static const struct lc_grace graces[] = { { .role_id = 30, .months = 6, .rank = LC_STAFF }, { .role_id = 30, .months = 12, .rank = LC_DEPARTMENT_HEAD } };
static const struct lc_rules rules = { handovers, 1, graces, 2, 90 };

const struct lc_account own = { { "A", 1 }, { "annv", 4 }, { "operational", 11 }, { "active", 6 } };

int decide(const struct lc_person *person, const struct lc_event *e, struct lc_outcome *out)
{
	static struct arena *a;

	if (a)
		arena_free(a);
	a = arena_new(UNIT_ARENA_BYTES);
	return working_life_decide(a, person, e, &rules, out);
}
