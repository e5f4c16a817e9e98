/*
 * parties.h: relying parties as administrators of the whole province see them: clients and their secrets, who may register some,
 * whom the province vouches for in a federation, and what is on its way to them.
 *
 * The right is "catalogue" over everything (sen.scope_everywhere).  A client that may ask for the scope of administrators is the
 * operator's: who can have it point elsewhere gets the administrators' tokens.  The database refuses it to the server too (0077).
 *
 * Lists answer JSON and their keys; parameters: who asks, filters, keys, limit.
 */
#pragma once

#include "server/governance/governed.h"

/* 0 or ERR_OUT_OF_SCOPE: for lists, which would be empty without. */
int parties_reach(struct op *op, const struct principal *p) _must_check_;

/* clients.c: platform, id; after id */
extern const struct query *const client_list, *const client_one /* who asks, id */;
/* id, who asks, platform, home_url, secret's hash, secret sealed, metadata */
extern const struct governed_kind client_add;
/* id, who asks, version, and the same; keeps: the secret stays; seals: the secret itself is used */
extern const struct governed_kind client_change;
/* id, who asks, version */
extern const struct governed_kind client_remove, client_disable, client_enable;

/*
 * client_secrets.c: a client goes over from one secret to another without a moment in which it cannot sign in: both are good until
 * somebody says that it has gone over, or will not.
 */
/* id, who asks, hash, sealed: ERR_CONFLICT: there is another second one, or it is the present one */
extern const struct governed_kind client_secret_rotate;
/* id, who asks, version: from now on the second alone, or the first alone */
extern const struct governed_kind client_secret_finish, client_secret_cancel;

/* registrants.c: initial access tokens, and issuers of software statements. */
extern const struct query *const client_token_list; /* -; after moment and id */
/* id, who asks, hash, label, platform, policy, uses, days */
extern const struct governed_kind client_token_add;
extern const struct governed_kind client_token_revoke; /* id, who asks */
extern const struct query *const client_issuer_list;   /* iss; after iss */
extern const struct governed_kind client_issuer_add;    /* id, who asks, iss, jwks */
extern const struct governed_kind client_issuer_change; /* id, who asks, version, jwks */
extern const struct governed_kind client_issuer_remove; /* id, who asks, version */

/* subordinates.c: server/federation/subordinate.h */
extern const struct query *const subordinates_list;   /* entity_id; after entity_id */
extern const struct governed_kind subordinate_add;    /* id, who asks, entity_id, jwks, metadata_policy, enabled */
extern const struct governed_kind subordinate_change; /* id, who asks, version, and the same */
extern const struct governed_kind subordinate_remove; /* id, who asks, version */

/* messages.c: what is on its way, and what was sent. */
/* What is not delivered: destination; after moment and id.  Everything to an account: destination, login; after moment and id. */
extern const struct query *const outbox_waiting, *const outbox_of_account;
extern const struct governed_kind outbox_retry;  /* id or NULL, who asks, destination or NULL */
extern const struct query *const webhook_replay; /* platform's code, from which number on; after number */
