/*
 * remote_keys.h: key sets that clients publish at their jwks_uri: fetched when they are needed, kept for
 * some minutes, fetched anew when a key is asked for that is not there (a client that rotates).
 *
 * An address that fails is left alone for some seconds.  Thread-safe.
 */
#pragma once

#include "common/crypto/jwk_set.h"
#include "server/oidc/remote_document.h"

struct remote_keys;
struct remote_keys *remote_keys_new(struct remote_documents *documents);
void remote_keys_free(struct remote_keys *rk); /* accepts NULL */

/* A set that is held: it lives until it is given back, whatever is fetched meanwhile. */
struct remote_set;
const struct jwk_set *remote_set_keys(const struct remote_set *set); /* NULL: none that verifies signatures */
struct str remote_set_text(const struct remote_set *set);            /* the document */
void remote_set_release(struct remote_set *set); /* accepts NULL */
DEFINE_CLEANUP(struct remote_set *, remote_set_releasep, remote_set_release);

/*
 * is_stale: what the cache holds did not have the key; look again, unless it was fetched a moment ago.
 * ERR_UNAVAILABLE: not to be had now, with the reason; ERR_OVERLOADED.
 */
int remote_keys_take(struct op *op, struct remote_keys *rk, struct str uri, bool is_stale, struct remote_set **ret_set) _must_check_;
