/*
 * personnel_due.h: what becomes true by time alone, carried out: accounts take the status that is due, accounts that
 * nobody uses are reported and disabled, check-outs of shared accounts end, reviews come again, are built and concluded.  The database's clock
 * decides; each is safe to run as often and from as many places as one likes.
 */
#pragma once

#include "common/db/db.h"

/* At most 500 at a time. */
int account_due_run(struct op *op, size_t *ret_n) _must_check_;
int unused_run(struct op *op, size_t *ret_n) _must_check_;
int shared_use_expire(struct op *op, size_t *ret_n) _must_check_;
/* Birthright rules for those from whom separation of duties withheld a role, as far as what stood against it is gone. */
int rules_again_run(struct op *op, size_t *ret_n) _must_check_;
/* Begins what comes again (platform_reviews_run()), then tells whom something concerns what has come to be since: sen.notice. */
int notices_run(struct op *op, size_t *ret_n) _must_check_;
/* Begins the reviews of platforms whose turn has come again. */
int platform_reviews_run(struct op *op, size_t *ret_n) _must_check_;
/* Begins the reviews of accounts and grants that are due; then a number of batches of those that are being built or are over. */
int reviews_run(struct op *op, size_t *ret_n_begun, size_t *ret_n_batches) _must_check_;
