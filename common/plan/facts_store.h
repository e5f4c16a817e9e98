/* facts_store.h: everything that decides what accounts accounts should have where, for many at once. */
#pragma once

#include "common/base/op.h"
#include "common/plan/plan.h"

/* In a batch of the planner or of a worker. */
#define FACTS_BATCH 500

/*
 * Unknown accounts are left out.  What an account is and has is of one moment; the active mappings are of the one before, what
 * roles and units are called of the one after.  Whoever changes anything of it wakes the account.
 */
int facts_read(struct op *op, const struct str *accounts, size_t n, const struct account_facts **ret_facts,
               size_t *ret_n) _must_check_;
/*
 * As far as plan_platform() needs them on a platform where they are bound: grants there (the directory: all), no boundary, no
 * digest.
 */
int facts_read_on(struct op *op, int64_t platform_id, const struct str *accounts, size_t n, const struct account_facts **ret_facts,
                  size_t *ret_n) _must_check_;
/*
 * Remembers when each account must be looked at again, where its row says otherwise.  Whoever changes an account's row right
 * now is not waited for; that account is woken instead.
 */
int facts_set_next_eval(struct op *op, const struct account_facts *facts, size_t n) _must_check_;
