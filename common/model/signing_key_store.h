/*
 * signing_key_store.h: signing keys at rest, sealed with the at-rest key, and their way into a
 * keyring.  Programs load them anew when the cache version of signing_key has been raised.
 */
#pragma once

#include "common/crypto/keyring.h"
#include "common/db/db.h"

/* All of them, into the ring; *ret_n: how many.  ERR_CONFIG: one does not open with this master secret. */
int signing_keys_load(struct op *op, struct keyring *ring, size_t *ret_n) _must_check_;
/* Makes an active key unless there is one already. */
int signing_keys_make_first(struct op *op, const struct keyring *ring) _must_check_;

/* What caches poll: raised in the transaction that changes what is cached. */
struct cache_versions {
	int64_t clients, keys;
};
int cache_versions_get(struct op *op, struct cache_versions *ret_versions) _must_check_;
