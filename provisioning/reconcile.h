/*
 * reconcile.h: takes accounts out of the dirty set, reads their facts, plans, and writes what is
 * wanted into the bindings: one transaction, so that nothing woken is lost and two planners
 * never overwrite each other (the row of the dirty set is the lock of its account).
 */
#pragma once

#include "common/base/op.h"

struct reconcile_report {
	size_t n_accounts; /* looked at */
	size_t n_changed;  /* bindings that are due now */
};

/* Up to one batch.  op's arena is used up to about 20 kB per account. */
int reconcile_batch(struct op *op, struct str mail_domain, struct reconcile_report *ret) _must_check_;
