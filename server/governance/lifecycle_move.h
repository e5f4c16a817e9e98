/*
 * lifecycle_move.h: transitions of platforms on the database: facts, decision (lifecycle.h), the new state, its history and the audit
 * record in one transaction.
 *
 * Leaving the states in which accounts may exist ends what depends on it, by triggers: grants on the platform stop counting,
 * its part of every session ends (migration 0013), and the planner disables the accounts there, first of all work.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

#define LIFECYCLE_ANY_VERSION (-1)
struct lifecycle_request {
	struct str platform, to;
	int64_t version; /* as it was seen */
	struct str decision_no, decision_on, reason, completed_on;
	struct str replacement; /* code */
};

/*
 * ERR_UNKNOWN_PLATFORM, ERR_PRECONDITION_FAILED, ERR_WRONG_STATE (arguments state, wanted), ERR_OUT_OF_SCOPE, ERR_FOUR_EYES,
 * ERR_BLOCKED (argument by: names of needs, separated by commas).
 */
int lifecycle_move(struct op *op, const struct principal *p, const struct lifecycle_request *request) _must_check_;
/* As part of a transaction that decides more than this; its audit record included. */
int lifecycle_move_within(struct op *op, const struct principal *p, const struct lifecycle_request *request) _must_check_;
/* What may follow: array of { to, allowed, rights, asks, missing }.  A new reference. */
int lifecycle_outlook(struct op *op, const struct principal *p, struct str platform, json_t **ret_array) _must_check_;
/* Transitions, the latest first; one more than limit when there are more; before: id of the last one seen, or STR_NULL. */
int lifecycle_history(struct op *op, struct str platform, struct str before, size_t limit, json_t **ret_array) _must_check_;
