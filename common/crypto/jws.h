/*
 * jws.h: JWS compact serialisation (RFC 7515), with the rules of RFC 8725.
 *
 * Verification: the key comes from our own store and fixes the algorithm, the header must
 * name the same; kid is only an index; jku, x5u, x5c, jwk are ignored; crit, b64, zip and
 * duplicate members refuse; typ must be the one expected; base64url canonical.
 */
#pragma once

#include "common/crypto/jwk.h"

#define JWS_MAX_LEN 16384

/* {"alg","kid","typ"} . payload, signed.  typ such as "at+jwt"; "JWT" for ID tokens. */
int jws_sign(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct str *ret_compact) _must_check_;

/*
 * The payload bytes of a good signature.  false: anything else, no reason for outsiders and
 * no error in op.  find: called with the kid of the header (may be STR_NULL); returns the key
 * or NULL.  typ NULL: the header must have no typ, for foreign assertions that carry none.
 */
bool jws_verify(struct op *op, struct str compact, const char *typ,
                const struct jwk *(*find)(void *context, struct str kid), void *context,
                struct str *ret_payload) _must_check_;
