/* jwe_impl.h (private to common/crypto): the steps of jwe_encrypt(). */
#pragma once

#include "common/base/json.h"
#include "common/crypto/algs.h"

#define JWE_KEY_MAX_LEN 32
#define JWE_IV_LEN 12  /* RFC 7518 §5.3 */
#define JWE_TAG_LEN 16

/* The recipient's public key, found sound. */
struct jwe_key {
	EVP_PKEY *pkey;
	const char *curve; /* "P-256", "X25519"; NULL: RSA */
	struct str kid;    /* STR_NULL: none */
};

/* false: the set has none. */
bool jwe_key_find(struct op *op, const json_t *jwks, struct str alg, struct jwe_key *ret_key);
void jwe_key_done(struct jwe_key *key);

/* RSA-OAEP-256 (RFC 7518 §4.3). */
bool jwe_wrap_rsa(struct arena *a, EVP_PKEY *pkey, struct str cek, struct str *ret_wrapped);
/* A fresh key on the recipient's curve: the secret that both share, and the epk for the header (§4.6.1.1). */
bool jwe_agree(struct arena *a, const struct jwe_key *key, struct str *ret_secret, json_t **ret_epk);
/* A256KW (§4.4, RFC 3394). */
bool jwe_wrap_aes(struct arena *a, const uint8_t kek[32], struct str cek, struct str *ret_wrapped);

struct kdf_info {
	struct str algorithm; /* the value of enc, or of alg when a key is wrapped */
	struct str apu, apv;
};
/* Concat KDF with SHA-256, one round (§4.6.2).  len at most 32. */
void jwe_concat_kdf(struct arena *a, struct str secret, const struct kdf_info *info, uint8_t *ret_key, size_t len);

/* AES-GCM (§5.3) with a key of 16 or 32 bytes; the output is as long as the payload. */
bool jwe_seal(struct str cek, const uint8_t iv[JWE_IV_LEN], struct str aad, struct str payload, uint8_t *ret_cipher,
              uint8_t ret_tag[JWE_TAG_LEN]);
