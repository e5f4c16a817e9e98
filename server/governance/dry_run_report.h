/* dry_run_report.h: the answer to a dry run: what would be sent, in numbers and one by one. */
#pragma once

#include "server/governance/dry_run_store.h"

#define DRY_ACCOUNTS_MAX 5000 /* looked at; what is more makes the report incomplete */
#define DRY_LISTED_MAX 100    /* operations that are listed, of one page; all are counted */

/*
 * Call when the change has been made within db_dry_run(): reads what it left behind, ends the dry run, compares.  Adds to report:
 * accounts, complete, sends_nothing, platforms, messages, operations, left_off, next, units, units_left_off, later, not_before.
 */
struct dry_question {
	struct str mail_domain;
	struct str after; /* "next" of the page before, of the same request; STR_NULL: the first */
};
int dry_run_report(struct op *op, const struct principal *p, const struct dry_question *question, json_t *report) _must_check_;
