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
bool run_take_down(struct run *r);
bool run_take_away(struct run *r);

/* Nothing without a trace. */
void run_note_step(struct run *r, const char *name, enum verdict verdict, int64_t began_us);
void run_note_claim(struct call *c, const struct work *work, bool is_settled);
