/*
 * jwk_set.h: the public keys of somebody else, from a JWK Set (RFC 7517 §5).
 *
 * What cannot be used here (other key types, other purposes, sizes out of range, malformed keys) is
 * skipped, as §5 asks.  Refused: a document that is none, more than JWK_SET_KEYS_MAX keys, a private
 * or symmetric key (somebody is giving it away), one kid for two usable keys.  Immutable and
 * thread-safe once made.
 */
#pragma once

#include "common/crypto/jwk.h"

#define JWK_SET_KEYS_MAX 20
#define JWK_SET_MAX_LEN 65536

struct jwk_set;

/* ERR_INVALID_VALUE; also for a set without any key of use. */
int jwk_set_read(struct op *op, struct str text, struct jwk_set **ret_set) _must_check_;
struct jwk_set *jwk_set_free(struct jwk_set *set); /* accepts NULL, returns NULL */
DEFINE_CLEANUP(struct jwk_set *, jwk_set_freep, jwk_set_free);

/* Context of jwk_set_find(): whose keys, and which algorithms the record of their owner allows. */
struct jwk_want {
	const struct jwk_set *set;
	unsigned algs; /* of JWS_ALG_BIT() */
};

/*
 * Find function for jws_verify(); context is a struct jwk_want.  The key of that kid; without one, or
 * where the set gives no names, the only key that fits alg.
 */
const struct jwk *jwk_set_find(void *want, struct str kid, enum jws_alg alg);
