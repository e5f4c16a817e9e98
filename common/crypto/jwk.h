/*
 * jwk.h: signature keys as JSON Web Keys (RFC 7517, RFC 7518 §6, RFC 8037 §2): ES256, PS256, RS256
 * and EdDSA (Ed25519).  A further family gets a file jwk_<family>.c and a row in the table of jwk.c.
 *
 * A key signs or verifies with one algorithm, fixed when it is made.  kid is the RFC 7638
 * thumbprint (SHA-256, base64url); what a client calls its key is known to jwk_set.h only.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

enum jws_alg { JWS_ALG_NONE_ = 0, JWS_ES256, JWS_PS256, JWS_RS256, JWS_EDDSA };
#define JWS_ALG_COUNT (JWS_EDDSA + 1)

/* A set of algorithms: what a caller accepts. */
#define JWS_ALG_BIT(alg) (1u << (alg))
#define JWS_ALGS_ALL (JWS_ALG_BIT(JWS_ES256) | JWS_ALG_BIT(JWS_PS256) | JWS_ALG_BIT(JWS_RS256) | JWS_ALG_BIT(JWS_EDDSA))

struct jwk; /* immutable once made; freed with jwk_free */
struct pkcs11_token;

const char *jws_alg_name(enum jws_alg alg);
enum jws_alg jws_alg_from_name(struct str name); /* JWS_ALG_NONE_: not offered */

int jwk_generate(struct op *op, enum jws_alg alg, struct jwk **ret_key) _must_check_;
/* Private key as PKCS#8 DER, for sealing at rest. */
int jwk_private_der(struct op *op, const struct jwk *key, struct str *ret_der) _must_check_;
int jwk_from_private_der(struct op *op, enum jws_alg alg, struct str der, struct jwk **ret_key) _must_check_;
/* A key whose private part is made in the token and stays there; jwk_private_der() is not for it. */
int jwk_generate_in_token(struct op *op, enum jws_alg alg, struct pkcs11_token *token, struct jwk **ret_key) _must_check_;
/* That key again, by its public part and the label that it has in the token. */
int jwk_from_token(struct op *op, enum jws_alg alg, struct pkcs11_token *token, struct str label, const json_t *public_json,
                   struct jwk **ret_key) _must_check_;
/* By its label: no key of it can sign any more.  That it is gone already is no error. */
int jwk_destroy_in_token(struct op *op, struct pkcs11_token *token, struct str label) _must_check_;
struct str jwk_token_label(const struct jwk *key); /* STR_NULL: it is not in a token */
/*
 * A public key from its JWK object, for the algorithm wanted; refuses points off the curve, wrong
 * sizes, private members.  A key that names an algorithm is for that one only.  JWS_ALG_NONE_: what
 * the key names, else the first that fits (PS256 for RSA).
 */
int jwk_from_json(struct op *op, const json_t *object, enum jws_alg wanted, struct jwk **ret_key) _must_check_;
/* The members of the key type, "use":"sig", "alg", "kid"; a new reference. */
json_t *jwk_public_json(const struct jwk *key);
struct str jwk_kid(const struct jwk *key); /* also the value of jkt (RFC 9449 §6.1) */
enum jws_alg jwk_alg(const struct jwk *key);
bool jwk_has_private(const struct jwk *key);
struct jwk *jwk_free(struct jwk *key);
DEFINE_CLEANUP(struct jwk *, jwk_freep, jwk_free);
