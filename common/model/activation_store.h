/*
 * activation_store.h: one-time codes with which an official sets the first password.
 *
 * A code is "K7QM-2XVB-9TRA": 12 characters of 31 that are not taken for one another (no 0 O 1 I
 * L), 59 bits.  Only its keyed hash (KEY_HANDLE, "activation") is stored; it is shown once.
 * One code per account: a new one replaces the old.
 */
#pragma once

#include "common/db/db.h"

#define ACTIVATION_TTL_S (72 * 3600)

struct activation_code {
	struct str code;       /* with dashes, as shown */
	struct str expires_at; /* ISO 8601 */
};

/*
 * actor: an account; the statement asks sen.may_manage_account(actor, "activate", account).
 * ERR_OUT_OF_SCOPE, or ERR_ACCOUNT_STATE when the account is neither pending nor active.
 */
int activation_issue(struct op *op, struct str account_id, struct str actor, struct activation_code *ret_code) _must_check_;
/* The operator at the command line; issued_by as in audit: "operator:<login>". */
int activation_issue_by_operator(struct op *op, struct str account_id, struct str issued_by,
                                 struct activation_code *ret_code) _must_check_;

/* What was typed (lower case, without dashes, with spaces) in the form that is hashed; false when no code looks like that. */
bool activation_code_read(struct arena *a, struct str typed, struct str *ret_plain) _must_check_;
/* Of the plain form. */
struct str activation_hash(struct op *op, struct str plain);
/* A new code as people read it, "ABCD-EFGH-JKLM"; activation_code_read() gives the plain form back. */
struct str activation_code_make(struct arena *a);
