#include "common/crypto/jwk.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/pkcs11_impl.h"

#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/x509.h>

#include <stdlib.h>
#include <string.h>

static const struct jwk_family *const families[] = {
	&jwk_family_es256,
	&jwk_family_ps256,
	&jwk_family_rs256,
	&jwk_family_eddsa,
};

DEFINE_CLEANUP(PKCS8_PRIV_KEY_INFO *, pkcs8_freep, PKCS8_PRIV_KEY_INFO_free);

#define CURVE_SIGNATURE_LEN 64 /* of P-256 and of Ed25519 */

static const struct jwk_family *family_of(enum jws_alg alg)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (families[i]->alg == alg)
			return families[i];
	return NULL;
}

const char *jws_alg_name(enum jws_alg alg)
{
	const struct jwk_family *family = family_of(alg);

	return family ? family->name : "none";
}

enum jws_alg jws_alg_from_name(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(families); i++)
		if (str_equal(name, str_c(families[i]->name)))
			return families[i]->alg;
	return JWS_ALG_NONE_;
}

/* RFC 7638 §3: the required members alone, sorted, without white space. */
static void set_kid(struct jwk *key, struct arena *a, const json_t *required)
{
	struct str kid = base64url_encode(a, sha256_str(a, json_write(a, required, true)));

	assert(kid.len == JWK_KID_LEN);
	memcpy(key->kid, kid.p, kid.len);
	key->kid[kid.len] = '\0';
}

/* Takes pkey over.  The caller has found it sound. */
static int jwk_make(struct op *op, const struct jwk_family *family, EVP_PKEY *pkey, bool has_private,
                    struct jwk **ret_key)
{
	struct jwk *key = calloc(1, sizeof(*key));

	if (!key)
		abort();
	key->family = family;
	key->pkey = pkey;
	key->has_private = has_private;
	key->signature_len = EVP_PKEY_is_a(pkey, "RSA") ? (size_t)EVP_PKEY_get_size(pkey) : CURVE_SIGNATURE_LEN;
	key->public_json = family->to_json(op->arena, pkey);
	if (!key->public_json) {
		jwk_free(key);
		return algs_fail(op, ERR_CRYPTO, "the public key cannot be written");
	}
	set_kid(key, op->arena, key->public_json);
	json_set_str(key->public_json, "use", STR("sig"));
	json_set_str(key->public_json, "alg", str_c(family->name));
	json_set_str(key->public_json, "kid", jwk_kid(key));
	if (has_private && family->sign_init)
		key->signers = key_ctx_pool_new(pkey, family->sign_init);
	if (family->verify_init)
		key->verifiers = key_ctx_pool_new(pkey, family->verify_init);
	*ret_key = key;
	return 0;
}

int jwk_generate(struct op *op, enum jws_alg alg, struct jwk **ret_key)
{
	const struct jwk_family *family = family_of(alg);
	EVP_PKEY *pkey;

	assert(family);
	pkey = family->generate();
	if (!pkey)
		return algs_fail(op, ERR_CRYPTO, "a key cannot be generated");
	return jwk_make(op, family, pkey, true, ret_key);
}

int jwk_from_token(struct op *op, enum jws_alg alg, struct pkcs11_token *token, struct str label, const json_t *public_json,
                   struct jwk **ret_key)
{
	struct jwk *key;
	int r;

	if (label.len != PKCS11_LABEL_LEN)
		return op_fail(op, ERR_CRYPTO, "not the label of a key in a token");
	r = jwk_from_json(op, public_json, alg, &key);
	if (r < 0)
		return r;
	key->in_token = calloc(1, sizeof(*key->in_token));
	if (!key->in_token)
		abort();
	key->in_token->token = token;
	memcpy(key->in_token->label, label.p, label.len);
	key->has_private = true;
	*ret_key = key;
	return 0;
}

int jwk_generate_in_token(struct op *op, enum jws_alg alg, struct pkcs11_token *token, struct jwk **ret_key)
{
	_json_ json_t *public = NULL;
	struct str label;
	int r = pkcs11_generate(op, token, alg, &label, &public);

	return r < 0 ? r : jwk_from_token(op, alg, token, label, public, ret_key);
}

int jwk_destroy_in_token(struct op *op, struct pkcs11_token *token, struct str label)
{
	return pkcs11_destroy(op, token, label);
}

struct str jwk_token_label(const struct jwk *key)
{
	return key->in_token ? str_c(key->in_token->label) : STR_NULL;
}

int jwk_private_der(struct op *op, const struct jwk *key, struct str *ret_der)
{
	_cleanup_(pkcs8_freep) PKCS8_PRIV_KEY_INFO *info = NULL;
	unsigned char *der = NULL;
	int len;

	assert(key->has_private && !key->in_token);
	info = EVP_PKEY2PKCS8(key->pkey);
	len = info ? i2d_PKCS8_PRIV_KEY_INFO(info, &der) : -1;
	if (len <= 0)
		return algs_fail(op, ERR_CRYPTO, "the private key cannot be written");
	*ret_der = arena_dup(op->arena, str_n(der, (size_t)len));
	OPENSSL_clear_free(der, (size_t)len);
	return 0;
}

static EVP_PKEY *read_pkcs8(struct str der)
{
	const unsigned char *p = (const unsigned char *)der.p;
	_cleanup_(pkcs8_freep) PKCS8_PRIV_KEY_INFO *info = NULL;

	if (der.len == 0 || der.len > 8192)
		return NULL;
	info = d2i_PKCS8_PRIV_KEY_INFO(NULL, &p, (long)der.len);
	if (!info || p != (const unsigned char *)der.p + der.len)
		return NULL;
	return EVP_PKCS82PKEY(info);
}

int jwk_from_private_der(struct op *op, enum jws_alg alg, struct str der, struct jwk **ret_key)
{
	const struct jwk_family *family = family_of(alg);
	_cleanup_(evp_pkey_freep) EVP_PKEY *pkey = NULL;

	assert(family);
	pkey = read_pkcs8(der);
	if (!pkey || !family->is_sound(pkey, true))
		return algs_fail(op, ERR_CRYPTO, "not a private key of this algorithm");
	return jwk_make(op, family, TAKE_PTR(pkey), true, ret_key);
}

/* The private members of all key types: RFC 7518 §6.2.2, §6.3.2, §6.4.1, RFC 8037 §2. */
bool jwk_has_private_member(const json_t *object)
{
	static const char *const names[] = { "d", "p", "q", "dp", "dq", "qi", "oth", "k" };

	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		if (json_object_get(object, names[i]))
			return true;
	return false;
}

/* RFC 7517 §4.2, §4.3: a key that says what it is for must not be used for something else. */
static bool is_for_verifying(const json_t *object)
{
	const json_t *use = json_object_get(object, "use");
	const json_t *ops = json_object_get(object, "key_ops");
	const json_t *value;
	size_t i;

	if (use && !str_equal(json_get_str(object, "use"), STR("sig")))
		return false;
	if (!ops)
		return true;
	json_array_foreach(ops, i, value)
		if (json_is_string(value) && str_equal(str_c(json_string_value(value)), STR("verify")))
			return true;
	return false;
}

/* Of the family that is wanted (or of any) and, where the key names one, of that one. */
static EVP_PKEY *read_public(struct arena *a, const json_t *object, enum jws_alg wanted, const struct jwk_family **ret_family)
{
	const json_t *alg = json_object_get(object, "alg");

	for (size_t i = 0; i < ARRAY_LEN(families); i++) {
		EVP_PKEY *pkey;

		if (wanted != JWS_ALG_NONE_ && wanted != families[i]->alg)
			continue;
		if (alg && !str_equal(json_get_str(object, "alg"), str_c(families[i]->name)))
			continue;
		pkey = families[i]->from_json(a, object);
		if (pkey && families[i]->is_sound(pkey, false)) {
			*ret_family = families[i];
			return pkey;
		}
		EVP_PKEY_free(pkey);
	}
	return NULL;
}

int jwk_from_json(struct op *op, const json_t *object, enum jws_alg wanted, struct jwk **ret_key)
{
	const struct jwk_family *family = NULL;
	EVP_PKEY *pkey;

	if (!json_is_object(object))
		return op_fail(op, ERR_INVALID_VALUE, "a JWK is a JSON object");
	if (jwk_has_private_member(object))
		return op_fail(op, ERR_INVALID_VALUE, "the JWK contains a private or symmetric key");
	if (!is_for_verifying(object))
		return op_fail(op, ERR_INVALID_VALUE, "the JWK is not meant for verifying signatures");
	pkey = read_public(op->arena, object, wanted, &family);
	if (!pkey)
		return algs_fail(op, ERR_INVALID_VALUE, "the JWK is not a valid key of an algorithm offered here");
	return jwk_make(op, family, pkey, false, ret_key);
}

json_t *jwk_public_json(const struct jwk *key)
{
	json_t *copy = json_deep_copy(key->public_json);

	if (!copy)
		abort();
	return copy;
}

struct str jwk_kid(const struct jwk *key)
{
	return str_n(key->kid, JWK_KID_LEN);
}

enum jws_alg jwk_alg(const struct jwk *key)
{
	return key->family->alg;
}

bool jwk_has_private(const struct jwk *key)
{
	return key->has_private;
}

struct jwk *jwk_free(struct jwk *key)
{
	if (!key)
		return NULL;
	/* The contexts first: they hold references to the key, and the last one wipes it. */
	key_ctx_pool_free(key->signers);
	key_ctx_pool_free(key->verifiers); /* accepts NULL */
	EVP_PKEY_free(key->pkey);
	json_decref(key->public_json);
	free(key->in_token);
	free(key);
	return NULL;
}

/* Not believed before it is verified: the token might hold another key under that label. */
static int sign_in_token(struct op *op, const struct jwk *key, struct str message, uint8_t *ret_signature)
{
	int r = pkcs11_sign(op, key->in_token, jwk_alg(key), message, ret_signature, key->signature_len);

	if (r == 0 && !jwk_verify(key, message, str_n(ret_signature, key->signature_len)))
		return op_fail(op, ERR_UNAVAILABLE, "the token has made a signature that is not good");
	return r;
}

int jwk_sign(struct op *op, const struct jwk *key, struct str message, struct str *ret_signature)
{
	uint8_t *signature = arena_alloc(op->arena, key->signature_len);

	assert(key->has_private);
	if (key->in_token) {
		int r = sign_in_token(op, key, message, signature);

		if (r < 0)
			return r;
	} else if (!key->family->sign(key, message, signature)) {
		return algs_fail(op, ERR_CRYPTO, "signing failed");
	}
	*ret_signature = str_n(signature, key->signature_len);
	return 0;
}

bool jwk_verify(const struct jwk *key, struct str message, struct str signature)
{
	bool is_good;

	if (signature.len != key->signature_len)
		return false;
	is_good = key->family->verify(key, message, (const uint8_t *)signature.p);
	if (!is_good)
		ERR_clear_error();
	return is_good;
}
