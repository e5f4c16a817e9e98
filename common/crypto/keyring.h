/*
 * keyring.h: the keys that a program holds in memory: signing keys with their states, and the
 * symmetric keys derived from its master secret, one per purpose.
 *
 * Immutable after loading; replaced whole.  No other floor sees key bytes but through this.
 */
#pragma once

#include "common/crypto/aead.h"
#include "common/crypto/jws.h"

enum keyring_purpose {
	KEY_FLOW,      /* sealed state of a sign-in flow */
	KEY_HANDLE,    /* keyed hash of session handles, codes, activation codes */
	KEY_REFRESH,   /* refresh tokens are derived from family and generation */
	KEY_PAIRWISE,  /* pairwise subjects */
	KEY_CSRF,
	KEY_SEAL,      /* sealed handles: sessions, codes, token ids */
	KEY_AT_REST,   /* signing keys and personal numbers in the database */
	KEY_LOOKUP,    /* keyed hash of personal numbers and sign-in names */
	KEY_CLIENT,    /* keyed hash of client secrets */
	KEY_PURPOSE_COUNT,
};

struct keyring;

/* Where keys come from. */
struct key_source {
	struct str master_secret;
	struct pkcs11_token *token; /* in which signing keys live (pkcs11.h); NULL: in the database, sealed */
};

/* master_secret: at least 32 bytes, else ERR_CONFIG. */
int keyring_new(struct op *op, struct str master_secret, struct keyring **ret_keyring) _must_check_;
/* The same with the token of the source. */
int keyring_open(struct op *op, const struct key_source *source, struct keyring **ret_keyring) _must_check_;
struct keyring *keyring_free(struct keyring *k);
struct pkcs11_token *keyring_token(const struct keyring *k);

/* Takes over the key.  active: the one that signs with its algorithm; the others only verify and stand in the JWKS. */
void keyring_add_signing(struct keyring *k, struct jwk *key, bool active);
const struct jwk *keyring_signing(const struct keyring *k, enum jws_alg alg); /* NULL: none */
/* find function for jws_verify(); context is the keyring. */
const struct jwk *keyring_find(void *keyring, struct str kid, enum jws_alg alg);
/*
 * The payload of a JWT of our own: a good signature by a key of op->keys, or one that was found good before.
 * typ: one kind.  What was good is remembered as long as these keys are in use.
 */
bool keyring_verify(struct op *op, struct str compact, const char *typ, struct str *ret_payload) _must_check_;
/* {"keys":[…]}, a new reference. */
json_t *keyring_jwks(const struct keyring *k);

const uint8_t *keyring_key(const struct keyring *k, enum keyring_purpose purpose); /* 32 bytes */
/* HMAC with the key of that purpose over parts, 32 bytes (hmac_parts). */
struct str keyring_mac(struct arena *a, const struct keyring *k, enum keyring_purpose purpose, const char *use,
                       const struct str *parts, size_t n_parts);
/* Keyed hash of one value: what stores keep instead of a handle, code or secret. */
struct str keyring_hash(struct arena *a, const struct keyring *k, enum keyring_purpose purpose, const char *use, struct str value);
