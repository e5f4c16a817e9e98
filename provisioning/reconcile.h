/*
 * reconcile.h: takes accounts out of the dirty set, reads their facts, plans, and writes what is
 * wanted into the bindings: one transaction, so that nothing woken is lost and two planners
 * never overwrite each other (the row of the dirty set is the lock of its account).
 *
 * The digest of what an account was planned from is remembered (sen.account_plan): while it is the same, so are its bindings.
 */
#pragma once

#include "provisioning/binding_store.h"

struct reconcile_report {
	size_t n_accounts;   /* looked at */
	size_t n_as_planned; /* of them: nothing that the plan rests on has changed, so the bindings were not looked at */
	size_t n_changed;    /* bindings that are due now */
	struct plan_changes changes; /* in the arena of op */
};

/* Up to one batch.  op's arena is used up to about 20 kB per account. */
int reconcile_batch(struct op *op, struct str mail_domain, struct reconcile_report *ret) _must_check_;
