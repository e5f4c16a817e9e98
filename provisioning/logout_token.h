/*
 * logout_token.h: OpenID Connect Back-Channel Logout 1.0 §2.4: who has been signed out, towards one
 * relying party.  A new token, with a jti of its own, for every attempt.
 */
#pragma once

#include "common/model/outbox_store.h"
#include "provisioning/destination.h"

#define LOGOUT_TOKEN_LIFE_S 120 /* §2.4: at most two minutes */

/* Signed with op->keys.  ERR_UNAVAILABLE: there is no key of the algorithm that the client wants. */
int logout_token_make(struct op *op, struct str issuer, const struct destination *to, const struct outbox_item *item,
                      struct str *ret_token) _must_check_;
