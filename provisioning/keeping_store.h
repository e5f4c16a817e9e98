/*
 * keeping_store.h: how long the engine keeps its records.  What is partitioned is dropped by the day (sen.partition_plan); these
 * are deleted by age, some at a time:
 *
 *   runs of the observer     90 days, but the last complete one of a platform stays
 *   holds that were decided  366 days, unless accounts still wait in them
 *   uploaded lists           366 days; an upload that was never ended, a day
 *   proofs of ended access   366 days, once they are of a state that is not wanted any more
 */
#pragma once

#include "common/base/op.h"

/* *ret_n: how many were deleted; when it is not 0 there may be more. */
int keeping_run(struct op *op, size_t *ret_n) _must_check_;
