/*
 * guard.h: of units too, nothing is taken away from many at once without a second person (decision 0013).
 *
 * The entries are brought to what stands in sen.unit_shown, and this is where a change of sen.unit gets there.  New units, and
 * one that lasts longer, pass at once, and so does what was done by name (up to five units in a transaction) or was approved
 * before.  What ends, renames or moves units otherwise is counted with what passed within the hour; too many of all that are
 * there, by max_n and max_percent of the platform's rules: they are held (sen.hold, reason "units"), and so is what comes later.
 */
#pragma once

#include "provisioning/units/store.h"

/* A hold that began; id 0: none did. */
struct units_hold {
	int64_t id, n_close, n_change;
};
/* Also carries out what was decided.  Errors: as store.h. */
int units_guard(struct op *op, const struct units_lease *l, struct units_hold *ret_opened) _must_check_;
