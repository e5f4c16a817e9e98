/*
 * mapping_store.h: the active mappings, compiled once per version and program.
 *
 * Compiled mappings are kept until the program ends: there is one more for each activation, which are acts of people.
 */
#pragma once

#include "common/base/op.h"
#include "common/plan/plan.h"

/* Of this moment; NULL when there is none.  *ret_needs_path: one of them asks for unit.path. */
int mapping_set_read(struct op *op, const struct mapping_set **ret_set, bool *ret_needs_path) _must_check_;
/*
 * A batch of accounts of a mapping that was activated is woken; no more than `ceiling` wait at a time.
 * *ret_n: how many; 0: none, or not now.
 */
int mapping_wake_step(struct op *op, int64_t batch, int64_t ceiling, size_t *ret_n) _must_check_;
