/*
 * reorg_run.h: carrying out approved reorganisations, whose time has come, step by step (schema/migrations: reorganisation_advance).
 *
 * Each step is one transaction with its record: the beginning, batches of whole persons, the end.  Killed at any moment it goes on
 * where the last commit was.  What is carried out is the plan that was approved; when its facts have changed since, it becomes stale.
 */
#pragma once

#include "common/db/db.h"

#define REORG_BATCH 4000 /* operations */

struct reorg_step_done {
	struct str id;   /* STR_NULL: nothing is due */
	struct str step; /* begin, stale, batch, finish */
	int64_t n_from, n_to;
};

int reorg_run_step(struct op *op, int64_t batch, struct reorg_step_done *ret) _must_check_;
