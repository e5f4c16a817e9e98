/*
 * guard_store.h: bindings in state HELD, and the counts that hold them (sen.hold; those of units are units/guard.h's).
 *
 * The planner lets nothing pass that takes access away from many: it writes HELD with hold_id 0.  guard_run() counts all of
 * a platform at once, in the database, under one lock a platform: planners side by side share one count.
 */
#pragma once

#include "common/db/db.h"
#include "common/plan/guard.h"

/* A hold that began, for the log. */
struct guard_opened {
	struct str platform;
	int64_t id;
	const char *reason;
	struct str about;       /* the unit or role, or STR_NULL */
	int64_t n_disable, n_delete, n_change;
};
/*
 * Judges the platform that waits for it longest; waits while accounts of the same kind of causes are still to be planned, but at
 * most 30 s.  *ret_judged false: none waits, or another provisioner is at it.  opened->id 0: all of it passed, or joined.
 */
int guard_run(struct op *op, bool *ret_judged, struct guard_opened *ret_opened) _must_check_;
/* Carries out what was decided on holds, up to one batch; *ret_n: bindings that are due now. */
int guard_apply(struct op *op, size_t *ret_n) _must_check_;
/* Causes and passed counts of yesterday. */
int guard_forget(struct op *op) _must_check_;
