/* operate_impl.h: between the parts of operate.c: one operation on its way to its end. */
#pragma once

#include "provisioning/operate.h"

struct run {
	const struct connector *connector;
	unsigned ops_allowed;
	struct call *call;
	const struct work *work;
	struct result *result;
	struct observed seen;
	int rounds;
	bool in_doubt;
	bool has_matched;
};

/* Each says that the run has ended, and how. */
bool run_ends(struct run *r, enum outcome outcome);
bool run_ends_without(struct run *r, enum verdict verdict); /* what an operation that was not done means for the binding */
bool run_ends_off(struct run *r, enum sight sight);
/* One call of the connector. */
enum verdict run_step(struct run *r, const char *name, enum verdict (*operation)(struct call *c, struct observed *ret));
bool run_may(struct run *r, unsigned op_bit, const char *name);
/* After a write: is it so?  What the platform said itself counts, unless it must be read back. */
bool run_confirm(struct run *r, bool must_read);
/* true: it is known now whether the account is there. */
bool run_look_up(struct run *r, enum verdict *ret_verdict);
/* Another round; false: there have been too many, and the run has ended. */
bool run_begins_again(struct run *r);
bool run_is_as_wanted(const struct run *r); /* what was seen last */
/* Names, roles, and being active again. */
bool run_change(struct run *r);
bool run_take_down(struct run *r);
/* It shall be off and is not where it was: looked for, and taken down where it is. */
bool run_follow(struct run *r);
bool run_take_away(struct run *r);

/* operate_match.c.  True: that was the end of it. */
bool run_can_match(const struct run *r);
bool run_match_first(struct run *r); /* before a first creation, where the mapping says so, or a person */
bool run_match_or_block(struct run *r, enum verdict verdict);

/* Nothing without a trace. */
void run_note_step(struct run *r, const char *name, enum verdict verdict, int64_t began_us);
void run_note_claim(struct call *c, const struct work *work, bool is_settled);
