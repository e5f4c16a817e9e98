/*
 * audit_list.h: reading the audit, within the reader's scope.
 *
 * A scope with right "audit" on every platform shows what concerns accounts whose home unit is in it; one at the root of the
 * tree shows everything.  Keyset: (at, chain, seq), oldest first.
 */
#pragma once

#include "common/db/db.h"

struct audit_filter {
	struct str viewer;                     /* account id */
	struct str from, to;                   /* timestamps; STR_NULL: open */
	struct str login, action;              /* action: "grant.add", or "grant." for all that begin so */
	struct str after_at, after_chain, after_seq;
	size_t limit;
};

struct audit_entry {
	struct str at, chain, seq, actor, action, account_id, login, object, request_id, data, hash;
};

/* One entry more than the limit says that there are more. */
int audit_list(struct op *op, const struct audit_filter *filter, const struct audit_entry **ret_entries, size_t *ret_n) _must_check_;

struct audit_checkpoint_row {
	struct str n, at, jws, jwk;
};
/* Of all chains, so only for whoever may read everything: ERR_OUT_OF_SCOPE. */
int audit_checkpoint_list(struct op *op, struct str viewer, struct str after, size_t limit, const struct audit_checkpoint_row **ret_rows,
                          size_t *ret_n) _must_check_;

/* STR_NULL: no such account, or the person has none yet. */
int audit_account_of(struct op *op, struct str login, struct str *ret_account_id) _must_check_;
int audit_account_of_employee(struct op *op, struct str employee_code, struct str *ret_account_id) _must_check_;
