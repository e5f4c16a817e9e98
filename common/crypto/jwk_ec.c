/*
 * ES256: ECDSA on P-256 with SHA-256 (RFC 7518 §3.4, §6.2).
 *
 * The nonce of a signature comes from OpenSSL, which mixes the private key and the message
 * into it (hedged), so that a weak moment of the generator does not give the key away.
 */
#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk_family.h"

#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include <string.h>

#define NUMBER_LEN 32           /* RFC 7518 §6.2.1.2: the full size of a coordinate, leading zeros too */
#define RAW_LEN (2 * NUMBER_LEN) /* RFC 7518 §3.4: r || s, big-endian */
#define DER_MAX_LEN 80
#define POINT_LEN (1 + RAW_LEN)  /* SEC 1 §2.3.3, uncompressed */
#define GROUP "prime256v1"

DEFINE_CLEANUP(ECDSA_SIG *, ecdsa_sig_freep, ECDSA_SIG_free);
DEFINE_CLEANUP(BIGNUM *, bn_freep, BN_free);

static EVP_PKEY *es256_generate(void)
{
	return EVP_EC_gen("P-256");
}

static bool es256_is_sound(EVP_PKEY *pkey, bool with_private)
{
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *ctx = NULL;
	char group[32] = "";

	if (!EVP_PKEY_is_a(pkey, "EC") || EVP_PKEY_get_group_name(pkey, group, sizeof(group), NULL) != 1)
		return false;
	if (!str_equal(str_c(group), STR(GROUP)))
		return false;
	ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	if (!ctx)
		return false;
	/* A point that is not on the curve gives the private key away or makes forgeries easy (CVE-2015-7940). */
	return (with_private ? EVP_PKEY_check(ctx) : EVP_PKEY_public_check(ctx)) == 1;
}

static bool read_coordinate(struct arena *a, const json_t *object, const char *name, uint8_t *ret_bytes)
{
	struct str bytes;

	if (!base64url_decode(a, json_get_str(object, name), &bytes) || bytes.len != NUMBER_LEN)
		return false;
	memcpy(ret_bytes, bytes.p, NUMBER_LEN);
	return true;
}

static EVP_PKEY *es256_from_json(struct arena *a, const json_t *object)
{
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *ctx = NULL;
	EVP_PKEY *pkey = NULL;
	char group[] = GROUP;
	uint8_t point[POINT_LEN] = { POINT_CONVERSION_UNCOMPRESSED };
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, group, 0),
		OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, point, sizeof(point)),
		OSSL_PARAM_construct_end(),
	};

	if (!str_equal(json_get_str(object, "kty"), STR("EC")) ||
	    !str_equal(json_get_str(object, "crv"), STR("P-256")) ||
	    !read_coordinate(a, object, "x", point + 1) ||
	    !read_coordinate(a, object, "y", point + 1 + NUMBER_LEN))
		return NULL;
	ctx = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
	if (!ctx || EVP_PKEY_fromdata_init(ctx) != 1 ||
	    EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

static struct str coordinate(struct arena *a, const EVP_PKEY *pkey, const char *param)
{
	_cleanup_(bn_freep) BIGNUM *number = NULL;
	uint8_t bytes[NUMBER_LEN];

	if (EVP_PKEY_get_bn_param(pkey, param, &number) != 1 ||
	    BN_bn2binpad(number, bytes, sizeof(bytes)) != (int)sizeof(bytes))
		return STR_NULL;
	return base64url_encode(a, str_n(bytes, sizeof(bytes)));
}

static json_t *es256_to_json(struct arena *a, const EVP_PKEY *pkey)
{
	struct str x = coordinate(a, pkey, OSSL_PKEY_PARAM_EC_PUB_X);
	struct str y = coordinate(a, pkey, OSSL_PKEY_PARAM_EC_PUB_Y);
	json_t *object;

	if (str_is_null(x) || str_is_null(y))
		return NULL;
	object = json_new_object();
	json_set_str(object, "kty", STR("EC"));
	json_set_str(object, "crv", STR("P-256"));
	json_set_str(object, "x", x);
	json_set_str(object, "y", y);
	return object;
}

static bool der_to_raw(const uint8_t *der, size_t len, uint8_t ret_raw[RAW_LEN])
{
	const uint8_t *p = der;
	_cleanup_(ecdsa_sig_freep) ECDSA_SIG *sig = d2i_ECDSA_SIG(NULL, &p, (long)len);

	return sig && BN_bn2binpad(ECDSA_SIG_get0_r(sig), ret_raw, NUMBER_LEN) == NUMBER_LEN &&
	       BN_bn2binpad(ECDSA_SIG_get0_s(sig), ret_raw + NUMBER_LEN, NUMBER_LEN) == NUMBER_LEN;
}

/* Returns the length, or 0. */
static size_t raw_to_der(const uint8_t raw[RAW_LEN], uint8_t ret_der[DER_MAX_LEN])
{
	_cleanup_(ecdsa_sig_freep) ECDSA_SIG *sig = ECDSA_SIG_new();
	_cleanup_(bn_freep) BIGNUM *r = BN_bin2bn(raw, NUMBER_LEN, NULL);
	_cleanup_(bn_freep) BIGNUM *s = BN_bin2bn(raw + NUMBER_LEN, NUMBER_LEN, NULL);
	uint8_t *p = ret_der;
	int len;

	if (!sig || !r || !s || ECDSA_SIG_set0(sig, r, s) != 1)
		return 0;
	r = s = NULL;
	len = i2d_ECDSA_SIG(sig, NULL);
	if (len <= 0 || len > DER_MAX_LEN)
		return 0;
	return i2d_ECDSA_SIG(sig, &p) == len ? (size_t)len : 0;
}

static bool es256_sign(const struct jwk *key, struct str message, uint8_t *ret_signature)
{
	EVP_PKEY_CTX *ctx = key_ctx_take(key->signers);
	uint8_t digest[SHA256_LEN], der[DER_MAX_LEN];
	size_t len = sizeof(der);

	if (!ctx)
		return false;
	sha256(message, digest);
	if (EVP_PKEY_sign(ctx, der, &len, digest, sizeof(digest)) != 1) {
		EVP_PKEY_CTX_free(ctx);
		return false;
	}
	key_ctx_give(key->signers, ctx);
	return der_to_raw(der, len, ret_signature);
}

static bool is_zero(const uint8_t *bytes, size_t len)
{
	uint8_t any = 0;

	for (size_t i = 0; i < len; i++)
		any |= bytes[i];
	return any == 0;
}

/*
 * r and s are in [1, n-1]: zero is refused here (CVE-2022-21449), n and above by OpenSSL.
 * s in the upper half is as good as in the lower: RFC 7518 §3.4 knows no low-S rule, and half
 * of all signers' signatures, also the one of RFC 7515 §A.3, are of that kind.  So a
 * signature is never to be used as the identity of a token.
 */
static bool es256_verify(const struct jwk *key, struct str message, const uint8_t *signature)
{
	EVP_PKEY_CTX *ctx;
	uint8_t digest[SHA256_LEN], der[DER_MAX_LEN];
	size_t len;
	int result;

	if (is_zero(signature, NUMBER_LEN) || is_zero(signature + NUMBER_LEN, NUMBER_LEN))
		return false;
	len = raw_to_der(signature, der);
	ctx = len > 0 ? key_ctx_take(key->verifiers) : NULL;
	if (!ctx)
		return false;
	sha256(message, digest);
	result = EVP_PKEY_verify(ctx, der, len, digest, sizeof(digest));
	if (result < 0) /* neither good nor bad: the context is in an unknown state */
		EVP_PKEY_CTX_free(ctx);
	else
		key_ctx_give(key->verifiers, ctx);
	return result == 1;
}

const struct jwk_family jwk_family_es256 = {
	.alg = JWS_ES256,
	.name = "ES256",
	.sign_init = EVP_PKEY_sign_init,
	.verify_init = EVP_PKEY_verify_init,
	.generate = es256_generate,
	.is_sound = es256_is_sound,
	.from_json = es256_from_json,
	.to_json = es256_to_json,
	.sign = es256_sign,
	.verify = es256_verify,
};
