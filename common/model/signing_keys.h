/*
 * signing_keys.h: the signing keys of the installation, from their rows into a key ring, and through
 * their lives.
 *
 * Private keys are sealed with the at-rest key of the master secret.  What changes keys holds one
 * advisory lock, writes all steps in one transaction, each with its audit record.
 */
#pragma once

#include "common/crypto/keyring.h"
#include "common/model/signing_key_store.h"

/* The JWKS may be cached for 600 s (server/handlers/h_discovery.c); a minute for clocks and for what was under way. */
#define SIGNING_KEY_PUBLISH_S 660
/* What a key signed lives for this long, beside what the configuration says of ID tokens and sessions. */
#define SIGNING_KEY_RETIRE_MIN_S 660

/* "ES256 PS256", each once, ES256 among them; 0: it is no such list. */
unsigned signing_algs_read(struct str list);

/* Adds all that are not destroyed; only active ones keep their private part.  ERR_CONFIG: one does not open with this master secret. */
int signing_keys_load(struct op *op, struct keyring *ring) _must_check_;

/*
 * Does what is due (key_schedule.h).  op->keys seals new keys.  ret_n_steps: how many were done;
 * ret_is_busy (may be NULL): something is due, and another program is at it.
 */
int signing_keys_maintain(struct op *op, const struct key_policy *policy, size_t *ret_n_steps, bool *ret_is_busy) _must_check_;

/*
 * By an operator: publishes a successor for alg, which takes over after SIGNING_KEY_PUBLISH_S.
 * ERR_CONFLICT: there is one already, or somebody else is changing keys.
 */
int signing_key_publish(struct op *op, enum jws_alg alg, struct str actor) _must_check_;
/* The published key of alg takes over at once. */
int signing_key_activate(struct op *op, enum jws_alg alg, struct str actor) _must_check_;
/* A retiring key is gone at once, with all that it signed. */
int signing_key_destroy(struct op *op, struct str kid, struct str actor) _must_check_;
