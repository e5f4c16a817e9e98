/*
 * PS256 and RS256: RSA with SHA-256, as RSASSA-PSS (RFC 7518 §3.5) and RSASSA-PKCS1-v1_5 (§3.3);
 * keys of §6.3.
 *
 * Both take the same keys; which of the two a key signs with is part of the key here (RFC 8725 §3.1,
 * RFC 8017 §8.1: one key, one scheme).
 */
#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/rsa_key.h"

#include <openssl/rsa.h>

#define GENERATED_BITS 3072

static EVP_PKEY *rsa_generate(void)
{
	return EVP_RSA_gen(GENERATED_BITS);
}

static bool set_scheme(EVP_PKEY_CTX *ctx, int padding)
{
	return EVP_PKEY_CTX_set_rsa_padding(ctx, padding) == 1 && EVP_PKEY_CTX_set_signature_md(ctx, algs_get()->sha256) == 1;
}

/* RFC 7518 §3.5: MGF1 with the same hash, a salt as long as the hash, no other length accepted. */
static bool set_pss(EVP_PKEY_CTX *ctx)
{
	return set_scheme(ctx, RSA_PKCS1_PSS_PADDING) && EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, algs_get()->sha256) == 1 &&
	       EVP_PKEY_CTX_set_rsa_pss_saltlen(ctx, RSA_PSS_SALTLEN_DIGEST) == 1;
}

static int ps256_sign_init(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_sign_init(ctx) == 1 && set_pss(ctx);
}

static int ps256_verify_init(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_verify_init(ctx) == 1 && set_pss(ctx);
}

static int rs256_sign_init(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_sign_init(ctx) == 1 && set_scheme(ctx, RSA_PKCS1_PADDING);
}

static int rs256_verify_init(EVP_PKEY_CTX *ctx)
{
	return EVP_PKEY_verify_init(ctx) == 1 && set_scheme(ctx, RSA_PKCS1_PADDING);
}

static bool rsa_sign(const struct jwk *key, struct str message, uint8_t *ret_signature)
{
	EVP_PKEY_CTX *ctx = key_ctx_take(key->signers);
	uint8_t digest[SHA256_LEN];
	size_t len = key->signature_len;

	if (!ctx)
		return false;
	sha256(message, digest);
	if (EVP_PKEY_sign(ctx, ret_signature, &len, digest, sizeof(digest)) != 1 || len != key->signature_len) {
		EVP_PKEY_CTX_free(ctx);
		return false;
	}
	key_ctx_give(key->signers, ctx);
	return true;
}

static bool rsa_verify(const struct jwk *key, struct str message, const uint8_t *signature)
{
	EVP_PKEY_CTX *ctx = key_ctx_take(key->verifiers);
	uint8_t digest[SHA256_LEN];
	int result;

	if (!ctx)
		return false;
	sha256(message, digest);
	result = EVP_PKEY_verify(ctx, signature, key->signature_len, digest, sizeof(digest));
	if (result < 0)
		EVP_PKEY_CTX_free(ctx);
	else
		key_ctx_give(key->verifiers, ctx);
	return result == 1;
}

const struct jwk_family jwk_family_ps256 = {
	.alg = JWS_PS256,
	.name = "PS256",
	.sign_init = ps256_sign_init,
	.verify_init = ps256_verify_init,
	.generate = rsa_generate,
	.is_sound = rsa_key_is_sound,
	.from_json = rsa_key_from_json,
	.to_json = rsa_key_to_json,
	.sign = rsa_sign,
	.verify = rsa_verify,
};

const struct jwk_family jwk_family_rs256 = {
	.alg = JWS_RS256,
	.name = "RS256",
	.sign_init = rs256_sign_init,
	.verify_init = rs256_verify_init,
	.generate = rsa_generate,
	.is_sound = rsa_key_is_sound,
	.from_json = rsa_key_from_json,
	.to_json = rsa_key_to_json,
	.sign = rsa_sign,
	.verify = rsa_verify,
};
