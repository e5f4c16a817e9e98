/*
 * facts_words.h (private to common/plan): what roles and units are called, read once for many accounts.
 *
 * Accounts come with the numbers of what they are granted; each role and unit is written out once a batch.  Where a platform is
 * closed nothing is live, whatever is granted.
 */
#pragma once

#include "common/base/op.h"
#include "common/plan/plan.h"

/* The grants of one account, in no order. */
struct granted {
	const uint64_t *list; /* role << 32 | unit */
	size_t n;
};

/* An array of positive integers as the database writes it; STR_NULL: none. */
int facts_numbers(struct op *op, struct str cell, const uint64_t **ret_numbers, size_t *ret_n) _must_check_;
/* Into the facts: sorted by platform, role code and unit code, each once. */
int facts_name_grants(struct op *op, const struct granted *granted, struct account_facts *facts, size_t n) _must_check_;
