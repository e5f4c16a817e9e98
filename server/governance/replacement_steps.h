/* replacement_steps.h (private): the statements of one batch of a step; within the transaction that holds the plan's row. */
#pragma once

#include "server/governance/replacement.h"

struct replacement_batch {
	struct str plan_id, id; /* of this batch */
	enum replacement_step step;
	size_t limit;
	struct str actor;       /* "account:<uuid>" for audit */
};
/* *ret_n: grants dealt with. */
int replacement_do_batch(struct op *op, const struct replacement_batch *batch, int64_t *ret_n) _must_check_;
/* The records of the batch, the last statement before commit. */
int replacement_audit_batch(struct op *op, const struct replacement_batch *batch) _must_check_;
int replacement_count_left(struct op *op, struct str plan_id, struct replacement_left *ret) _must_check_;
