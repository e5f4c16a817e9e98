#include "common/crypto/rsa_key.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"

#include <openssl/core_names.h>
#include <openssl/param_build.h>
#include <openssl/rsa.h>

#define EXPONENT_MIN_BITS 17
#define EXPONENT_MAX_BITS 64
#define NUMBER_MAX_LEN (RSA_MAX_BITS / 8)

DEFINE_CLEANUP(BIGNUM *, bn_freep, BN_free);
DEFINE_CLEANUP(OSSL_PARAM_BLD *, param_bld_freep, OSSL_PARAM_BLD_free);
DEFINE_CLEANUP(OSSL_PARAM *, params_freep, OSSL_PARAM_free);

static BIGNUM *number_of(const EVP_PKEY *pkey, const char *param)
{
	BIGNUM *number = NULL;

	return EVP_PKEY_get_bn_param(pkey, param, &number) == 1 ? number : NULL;
}

/*
 * Whether n is a product of two primes is not tested: that is the business of the key's owner, and
 * a test of every key that a stranger sends would be an invitation.
 */
static bool is_public_sound(const EVP_PKEY *pkey)
{
	_cleanup_(bn_freep) BIGNUM *n = number_of(pkey, OSSL_PKEY_PARAM_RSA_N);
	_cleanup_(bn_freep) BIGNUM *e = number_of(pkey, OSSL_PKEY_PARAM_RSA_E);

	if (!n || !e)
		return false;
	return BN_is_odd(n) && BN_num_bits(n) >= RSA_MIN_BITS && BN_num_bits(n) <= RSA_MAX_BITS && BN_num_bits(n) % 8 == 0 &&
	       BN_is_odd(e) && BN_num_bits(e) >= EXPONENT_MIN_BITS && BN_num_bits(e) <= EXPONENT_MAX_BITS;
}

/* A few milliseconds, where the primality tests of EVP_PKEY_check() take many at every start. */
static bool halves_match(EVP_PKEY *pkey)
{
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *signer = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *verifier = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	uint8_t digest[SHA256_LEN], signature[NUMBER_MAX_LEN];
	size_t len = sizeof(signature);

	sha256(STR("do both halves belong together?"), digest);
	return signer && verifier && EVP_PKEY_sign_init(signer) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(signer, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(signer, algs_get()->sha256) == 1 &&
	       EVP_PKEY_sign(signer, signature, &len, digest, sizeof(digest)) == 1 && EVP_PKEY_verify_init(verifier) == 1 &&
	       EVP_PKEY_CTX_set_rsa_padding(verifier, RSA_PKCS1_PADDING) == 1 &&
	       EVP_PKEY_CTX_set_signature_md(verifier, algs_get()->sha256) == 1 &&
	       EVP_PKEY_verify(verifier, signature, len, digest, sizeof(digest)) == 1;
}

bool rsa_key_is_sound(EVP_PKEY *pkey, bool with_private)
{
	return EVP_PKEY_is_a(pkey, "RSA") && is_public_sound(pkey) && (!with_private || halves_match(pkey));
}

/* Base64urlUInt (RFC 7518 §2): big-endian, no leading zero bytes, so that a number has one spelling. */
static BIGNUM *read_number(struct arena *a, const json_t *object, const char *name)
{
	struct str bytes;

	if (!base64url_decode(a, json_get_str(object, name), &bytes) || bytes.len == 0 || bytes.len > NUMBER_MAX_LEN ||
	    bytes.p[0] == '\0')
		return NULL;
	return BN_bin2bn((const uint8_t *)bytes.p, (int)bytes.len, NULL);
}

static EVP_PKEY *make_public(const BIGNUM *n, const BIGNUM *e)
{
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_name(NULL, "RSA", NULL);
	_cleanup_(param_bld_freep) OSSL_PARAM_BLD *builder = OSSL_PARAM_BLD_new();
	_cleanup_(params_freep) OSSL_PARAM *params = NULL;
	EVP_PKEY *pkey = NULL;

	if (!ctx || !builder || OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_N, n) != 1 ||
	    OSSL_PARAM_BLD_push_BN(builder, OSSL_PKEY_PARAM_RSA_E, e) != 1)
		return NULL;
	params = OSSL_PARAM_BLD_to_param(builder);
	if (!params || EVP_PKEY_fromdata_init(ctx) != 1 || EVP_PKEY_fromdata(ctx, &pkey, EVP_PKEY_PUBLIC_KEY, params) != 1)
		return NULL;
	return pkey;
}

EVP_PKEY *rsa_key_from_json(struct arena *a, const json_t *object)
{
	_cleanup_(bn_freep) BIGNUM *n = NULL, *e = NULL;

	if (!str_equal(json_get_str(object, "kty"), STR("RSA")))
		return NULL;
	n = read_number(a, object, "n");
	e = read_number(a, object, "e");
	return n && e ? make_public(n, e) : NULL;
}

static struct str write_number(struct arena *a, const EVP_PKEY *pkey, const char *param)
{
	_cleanup_(bn_freep) BIGNUM *number = number_of(pkey, param);
	uint8_t bytes[NUMBER_MAX_LEN];

	if (!number || BN_num_bytes(number) > NUMBER_MAX_LEN)
		return STR_NULL;
	return base64url_encode(a, str_n(bytes, (size_t)BN_bn2bin(number, bytes)));
}

json_t *rsa_key_to_json(struct arena *a, const EVP_PKEY *pkey)
{
	struct str n = write_number(a, pkey, OSSL_PKEY_PARAM_RSA_N);
	struct str e = write_number(a, pkey, OSSL_PKEY_PARAM_RSA_E);
	json_t *object;

	if (str_is_null(n) || str_is_null(e))
		return NULL;
	object = json_new_object();
	json_set_str(object, "kty", STR("RSA"));
	json_set_str(object, "n", n);
	json_set_str(object, "e", e);
	return object;
}
