/*
 * jws.h: JWS compact serialisation (RFC 7515), with the rules of RFC 8725.
 *
 * Verification: the key comes from the caller's own record, has one algorithm, and the header
 * must name the same; kid is only an index, printable ASCII of at most 128 characters; jku, x5u,
 * x5c and jwk are ignored; crit, b64, zip and duplicate members refuse; typ must be the one
 * expected; base64url canonical.  A verifier says true or false: no reason for outsiders, and no
 * error in op.
 */
#pragma once

#include "common/crypto/jwk.h"

#define JWS_MAX_LEN 16384

/* typ of the verifiers: one, or several separated by '|'. */
/* Among them: none, or "JWT" in any case, as foreign assertions have it (RFC 7519 §5.1). */
#define JWS_TYP_JWT_OR_NONE "?JWT"

/* {"alg","kid","typ"} . payload, signed.  typ such as "at+jwt"; "JWT" for ID tokens.  key NULL: ERR_UNAVAILABLE. */
int jws_sign(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct str *ret_compact) _must_check_;

/* The same for what carries other tokens in it, and is read by others only: up to JWS_DOCUMENT_MAX_LEN. */
#define JWS_DOCUMENT_MAX_LEN 262144
int jws_sign_document(struct op *op, const struct jwk *key, const char *typ, struct str payload, struct str *ret_compact) _must_check_;

/*
 * The payload bytes of a good signature.  typ NULL: the header must have no typ.
 *
 * find: the key of that kid (STR_NULL: the header has none) for alg, or NULL.  Both are the
 * header's: alg is believed only where the caller's record of the other side allows it.
 */
bool jws_verify(struct op *op, struct str compact, const char *typ,
                const struct jwk *(*find)(void *context, struct str kid, enum jws_alg alg), void *context,
                struct str *ret_payload) _must_check_;

/* HS256 with a secret that both sides know (client_secret_jwt), of 32 bytes at least. */
bool jws_verify_hs256(struct op *op, struct str compact, const char *typ, struct str secret, struct str *ret_payload) _must_check_;

/* The key comes in the header (DPoP, RFC 9449 §4.2): its thumbprint says whose the signature is. */
struct jws_embedded {
	struct str payload;
	struct str thumbprint; /* RFC 7638, as in jkt */
};
/* algs: what the caller accepts, of JWS_ALG_BIT(). */
bool jws_verify_embedded(struct op *op, struct str compact, const char *typ, unsigned algs, struct jws_embedded *ret) _must_check_;

/* The payload of what may be a forgery: to look up whose key to verify it with, and for nothing else. */
bool jws_peek_unverified(struct op *op, struct str compact, struct str *ret_payload) _must_check_;
