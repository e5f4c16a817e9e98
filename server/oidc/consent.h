/*
 * consent.h: what an official agreed to give to a client: remembered until it is taken back, and asked
 * again when a client wants more.  Taking it back ends the client's tokens of that official.
 */
#pragma once

#include "common/db/db.h"

/* The remembered scope, or STR_NULL. */
int consent_get(struct op *op, struct str account_id, struct str client_id, struct str *ret_scope) _must_check_;
/* Adds to what is remembered; audited. */
int consent_give(struct op *op, struct str account_id, struct str client_id, struct str scope) _must_check_;
/* Forgets it and revokes the token families; nothing to forget is no error.  Audited. */
int consent_take_back(struct op *op, struct str account_id, struct str client_id) _must_check_;

struct consent {
	struct str client_id, client_name, scope, given_on;
};
int consent_list(struct op *op, struct str account_id, const struct consent **ret_consents, size_t *ret_n) _must_check_;
