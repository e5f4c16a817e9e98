/*
 * personnel_policy.h: the rules that an authority sets for persons and accounts: one record with a version, the
 * hand-over days of platforms, the months of grace of roles.  Changing them needs the right "rules" over everything.
 *
 * ERR_PRECONDITION_FAILED, ERR_OUT_OF_SCOPE, ERR_INVALID_VALUE, ERR_UNKNOWN_PLATFORM, ERR_UNKNOWN_ROLE.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/principal.h"

struct personnel_policy {
	bool admin_accounts_only;
	bool review_automatic, review_suspends; /* reviews begin by themselves; no answer suspends */
	int64_t unused_report_days, unused_disable_days, reapprove_after_days, vanished_max_n, vanished_max_percent, checkout_max_minutes;
	int64_t review_accounts_months, review_answer_days;
	int64_t version;
};
struct handover_rule {
	struct str platform;
	int64_t days;
	int64_t version; /* to be set: of the policy that was seen; rules are part of it */
};
struct grace_rule {
	struct str platform, role, rank;
	int64_t months;
	int64_t version; /* as above */
};
struct personnel_rules {
	struct personnel_policy policy;
	const struct handover_rule *handovers;
	size_t n_handovers;
	const struct grace_rule *graces;
	size_t n_graces;
};

int personnel_rules_get(struct op *op, struct personnel_rules *ret) _must_check_;
/* new->version: what was seen. */
int personnel_policy_set(struct op *op, const struct principal *p, const struct personnel_policy *new) _must_check_;
/* days 0, months 0: no such rule. */
int handover_rule_set(struct op *op, const struct principal *p, const struct handover_rule *rule) _must_check_;
int grace_rule_set(struct op *op, const struct principal *p, const struct grace_rule *rule) _must_check_;
