/*
 * account_admin.h: what administrators do with whole accounts: activation codes, unlocking,
 * disabling and enabling.  Each is decided by delegation_check_account() on the account's home
 * unit and its own scopes, and recorded in its transaction.
 *
 * ERR_UNKNOWN_ACCOUNT, ERR_SELF_GRANT, ERR_OUT_OF_SCOPE, ERR_ACCOUNT_STATE.
 */
#pragma once

#include "common/model/account_store.h"
#include "common/model/activation_store.h"
#include "server/governance/principal.h"

/* A code that is shown once; the one before is void. */
int account_admin_activation(struct op *op, const struct principal *p, struct str login, struct activation_code *ret_code) _must_check_;
/* Forgets failed sign-ins. */
int account_admin_unlock(struct op *op, const struct principal *p, struct str login) _must_check_;
/* Ends all sessions and tokens.  Already so: no change, no record. */
int account_admin_disable(struct op *op, const struct principal *p, struct str login, struct str reason, bool *ret_changed) _must_check_;
struct account_enabling {
	struct str login, reason;
	int64_t seen; /* the epoch of what was looked at, or EPOCH_ANY */
};
/* ERR_PRECONDITION_FAILED: what shut it since then was not seen. */
int account_admin_enable(struct op *op, const struct principal *p, const struct account_enabling *enabling, bool *ret_changed) _must_check_;
