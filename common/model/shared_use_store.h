/*
 * shared_use_store.h: who uses a shared account now.  A check-out is one row, at most one open per account; its
 * code is what is typed as the password, so that a sign-in is by the member who has it.
 */
#pragma once

#include "common/db/db.h"

struct shared_use {
	struct str id, account_id, member_login, member_name, purpose;
	struct str out_at, until_at, in_at; /* ISO 8601; in_at STR_NULL: open */
};
struct shared_checkout {
	struct str login;      /* of the shared account */
	struct str member_id;  /* account */
	struct str purpose;
	int64_t minutes;
};
/* *ret_code once, never again.  ERR_CONFLICT: another has it; ERR_OUT_OF_SCOPE: not a member, or not in use. */
int shared_use_begin(struct op *op, const struct shared_checkout *out, struct shared_use *ret_use, struct str *ret_code) _must_check_;
/* By the member; ends the sessions.  *ret_changed false: there was no check-out of this member. */
int shared_use_end(struct op *op, struct str login, struct str member_id, bool *ret_changed) _must_check_;
/* The same in an open transaction, in whosever name: without a record of its own. */
int shared_use_cut(struct op *op, struct str account_id, struct str member_id, bool *ret_changed) _must_check_;
/* Whether typed is the code of the open check-out. */
int shared_use_check(struct op *op, struct str account_id, struct str typed, bool *ret_ok) _must_check_;
