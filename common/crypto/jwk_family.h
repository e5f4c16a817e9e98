/*
 * jwk_family.h (private to common/crypto): what a key type must be able to do, and what a
 * struct jwk consists of.
 *
 * A further algorithm is a file jwk_<family>.c with such a table and a row in jwk.c.
 */
#pragma once

#include "common/crypto/algs.h"
#include "common/crypto/jwk.h"
#include "common/crypto/key_ctx.h"

#define JWK_KID_LEN 43 /* base64url of SHA-256 */

struct jwk_family {
	enum jws_alg alg;
	const char *name; /* as in "alg" */
	/* Prepare the contexts of the key's pools; NULL: the family has no use for pools. */
	int (*sign_init)(EVP_PKEY_CTX *ctx);
	int (*verify_init)(EVP_PKEY_CTX *ctx);

	EVP_PKEY *(*generate)(void);
	/* The type, curve and size that alg demands; with_private: and both halves belong together. */
	bool (*is_sound)(EVP_PKEY *pkey, bool with_private);
	/* A public key, not checked yet; NULL when members are missing or malformed. */
	EVP_PKEY *(*from_json)(struct arena *a, const json_t *object);
	/* The members that RFC 7638 §3.2 takes for the thumbprint; NULL on failure. */
	json_t *(*to_json)(struct arena *a, const EVP_PKEY *pkey);
	/* ret_signature has key->signature_len bytes, in the form of RFC 7518 §3. */
	bool (*sign)(const struct jwk *key, struct str message, uint8_t *ret_signature);
	/* signature has been found to have key->signature_len bytes. */
	bool (*verify)(const struct jwk *key, struct str message, const uint8_t *signature);
};

struct pkcs11_key; /* pkcs11_impl.h */

struct jwk {
	const struct jwk_family *family;
	EVP_PKEY *pkey;
	bool has_private;
	struct pkcs11_key *in_token; /* where the private part lives; NULL: in pkey */
	size_t signature_len; /* exactly; an RSA key's modulus, else 64 */
	char kid[JWK_KID_LEN + 1];
	json_t *public_json;
	struct key_ctx_pool *signers; /* NULL without the private part or without a use for it */
	struct key_ctx_pool *verifiers;
};

extern const struct jwk_family jwk_family_es256, jwk_family_ps256, jwk_family_rs256, jwk_family_eddsa;

/* The raw signature of signature_len bytes over message. */
int jwk_sign(struct op *op, const struct jwk *key, struct str message, struct str *ret_signature) _must_check_;
bool jwk_verify(const struct jwk *key, struct str message, struct str signature) _must_check_;

/* Is there a private or symmetric part in the JWK, of whatever key type? */
bool jwk_has_private_member(const json_t *object);
