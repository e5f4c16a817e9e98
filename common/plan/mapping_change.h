/* mapping_change.h: what another mapping would change for one account.  Pure. */
#pragma once

#include "common/plan/plan.h"

struct mapping_change {
	bool is_due;      /* the hash of the desired state is another: the platform is asked */
	size_t n_changes; /* user name, roles and values that would be written otherwise than now */
};

/*
 * current: NULL: what the connector does alone.  Both are seen as if the account were to be there, with these facts.
 * a is used up to the size of two desired states.
 */
struct mapping_change mapping_change_of(struct arena *a, const struct account_facts *facts, int64_t platform_id, struct str mail_domain,
                                        const struct mapping *current, const struct mapping *next);
