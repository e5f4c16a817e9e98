/* compare.h: one account as it is against as it should be, under the rules of its platform.  Pure. */
#pragma once

#include "provisioning/observe/judge_store.h"

struct policy {
	const struct attribute_rule *rules;
	size_t n;
};
/* "enforce", "report" or "ignore". */
struct str policy_rule(const struct policy *p, const char *attribute);

struct comparison {
	struct arena *arena;
	const struct connector *connector;
	void *instance;
};
void compare_account(const struct comparison *c, const struct policy *p, const struct desired *want, const struct suspect *s, struct judgement *j);
/* NULL: unknown. */
const struct account_facts *compare_facts(const struct account_facts *facts, size_t n, struct str account_id);
