/* signing_key_store.h: rows of sen.signing_key.  The private keys in them are sealed (signing_keys.h). */
#pragma once

#include "common/db/db.h"
#include "common/model/key_schedule.h"

struct signing_key {
	struct str kid;
	struct key_facts facts;
	struct str sealed;   /* STR_NULL: destroyed */
	int64_t published_s, activated_s, retiring_s, destroyed_s; /* 0: not yet */
};

/* All of them, the newest first, and the database's time. */
int signing_key_all(struct op *op, const struct signing_key **ret_keys, size_t *ret_n, int64_t *ret_now_s) _must_check_;
/* In a transaction: is this the only program that changes keys now?  Held until its end. */
int signing_key_lock(struct op *op, bool *ret_is_mine) _must_check_;
/* state: KEY_PUBLISHED or KEY_ACTIVE. */
int signing_key_add(struct op *op, struct str kid, enum jws_alg alg, enum key_state state, struct str sealed) _must_check_;
/* ERR_CONFLICT when it is not in the state from any more.  To KEY_DESTROYED the private key is wiped. */
int signing_key_move(struct op *op, struct str kid, enum key_state from, enum key_state to) _must_check_;

/* What caches poll: raised in the transaction that changes what is cached. */
struct cache_versions {
	int64_t clients, keys, streams;
};
int cache_versions_get(struct op *op, struct cache_versions *ret_versions) _must_check_;
