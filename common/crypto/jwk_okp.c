/*
 * EdDSA with Ed25519 (RFC 8032, RFC 8037).
 *
 * Not from a pool of prepared contexts: OpenSSL signs the message itself here, through a context
 * that later versions allow to be used once only, and preparing one is 7 % of a signature.
 */
#include "common/base/base64.h"
#include "common/crypto/jwk_family.h"

#include <string.h>

#define KEY_LEN 32
#define SIGNATURE_LEN 64


/*
 * The y of the points whose order divides 8, also in their second spelling above the prime (RFC 8032
 * §5.1.3 refuses that): with such a "key" one signature is good for many messages.
 */
static const uint8_t small_order[][KEY_LEN] = {
	{ 0 },
	{ 1 },
	{ 0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0,
	  0xd5, 0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05 },
	{ 0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f,
	  0x2a, 0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a },
	{ 0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xed, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
	{ 0xee, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
	  0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f },
};

static EVP_PKEY *eddsa_generate(void)
{
	return EVP_PKEY_Q_keygen(NULL, NULL, "ED25519");
}

static bool public_bytes(const EVP_PKEY *pkey, uint8_t ret_bytes[KEY_LEN])
{
	size_t len = KEY_LEN;

	return EVP_PKEY_get_raw_public_key(pkey, ret_bytes, &len) == 1 && len == KEY_LEN;
}

/* The private key alone determines the public one: halves that do not match cannot be written in PKCS#8. */
static bool eddsa_is_sound(EVP_PKEY *pkey, bool with_private)
{
	uint8_t y[KEY_LEN];

	(void)with_private;
	if (!EVP_PKEY_is_a(pkey, "ED25519") || !public_bytes(pkey, y))
		return false;
	y[KEY_LEN - 1] &= 0x7f; /* the sign of x */
	for (size_t i = 0; i < ARRAY_LEN(small_order); i++)
		if (memcmp(y, small_order[i], KEY_LEN) == 0)
			return false;
	return true;
}

static EVP_PKEY *eddsa_from_json(struct arena *a, const json_t *object)
{
	struct str x;

	if (!str_equal(json_get_str(object, "kty"), STR("OKP")) || !str_equal(json_get_str(object, "crv"), STR("Ed25519")) ||
	    !base64url_decode(a, json_get_str(object, "x"), &x) || x.len != KEY_LEN)
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "ED25519", NULL, (const uint8_t *)x.p, x.len);
}

static json_t *eddsa_to_json(struct arena *a, const EVP_PKEY *pkey)
{
	uint8_t bytes[KEY_LEN];
	json_t *object;

	if (!public_bytes(pkey, bytes))
		return NULL;
	object = json_new_object();
	json_set_str(object, "kty", STR("OKP"));
	json_set_str(object, "crv", STR("Ed25519"));
	json_set_str(object, "x", base64url_encode(a, str_n(bytes, sizeof(bytes))));
	return object;
}

static bool eddsa_sign(const struct jwk *key, struct str message, uint8_t *ret_signature)
{
	_cleanup_(evp_md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();
	size_t len = SIGNATURE_LEN;

	return ctx && EVP_DigestSignInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
	       EVP_DigestSign(ctx, ret_signature, &len, (const uint8_t *)message.p, message.len) == 1 && len == SIGNATURE_LEN;
}

static bool eddsa_verify(const struct jwk *key, struct str message, const uint8_t *signature)
{
	_cleanup_(evp_md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	return ctx && EVP_DigestVerifyInit_ex(ctx, NULL, NULL, NULL, NULL, key->pkey, NULL) == 1 &&
	       EVP_DigestVerify(ctx, signature, SIGNATURE_LEN, (const uint8_t *)message.p, message.len) == 1;
}

const struct jwk_family jwk_family_eddsa = {
	.alg = JWS_EDDSA,
	.name = "EdDSA",
	.generate = eddsa_generate,
	.is_sound = eddsa_is_sound,
	.from_json = eddsa_from_json,
	.to_json = eddsa_to_json,
	.sign = eddsa_sign,
	.verify = eddsa_verify,
};
