/* Whom a JWE is for: the recipient's key, and what is done with it. */
#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/crypto/digest.h"
#include "common/crypto/jwe_impl.h"
#include "common/crypto/jwk_family.h"
#include "common/crypto/rsa_key.h"

#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/rsa.h>
#include <string.h>

#define X25519_LEN 32
#define KID_MAX_LEN 128
#define WRAP_EXTRA_LEN 8 /* RFC 3394 §2.2.1 */

/* A point of P-256 is the same whatever it is for. */
static EVP_PKEY *read_p256(struct arena *a, const json_t *object)
{
	return jwk_family_es256.from_json(a, object);
}

static bool p256_is_sound(EVP_PKEY *pkey, bool with_private)
{
	return jwk_family_es256.is_sound(pkey, with_private);
}

static EVP_PKEY *read_x25519(struct arena *a, const json_t *object)
{
	struct str x;

	if (!str_equal(json_get_str(object, "kty"), STR("OKP")) || !str_equal(json_get_str(object, "crv"), STR("X25519")) ||
	    !base64url_decode(a, json_get_str(object, "x"), &x) || x.len != X25519_LEN)
		return NULL;
	return EVP_PKEY_new_raw_public_key_ex(NULL, "X25519", NULL, (const uint8_t *)x.p, x.len);
}

/* Of a point of small order the agreement itself tells: the secret would be zero (RFC 8037 §3.2), and OpenSSL refuses. */
static bool x25519_is_sound(EVP_PKEY *pkey, bool with_private)
{
	(void)with_private;
	return EVP_PKEY_is_a(pkey, "X25519");
}

static const struct kind {
	const char *algs; /* "|a|b|" */
	const char *curve;
	EVP_PKEY *(*read)(struct arena *a, const json_t *object);
	bool (*is_sound)(EVP_PKEY *pkey, bool with_private);
} kinds[] = {
	{ "|RSA-OAEP-256|", NULL, rsa_key_from_json, rsa_key_is_sound },
	{ "|ECDH-ES|ECDH-ES+A256KW|", "P-256", read_p256, p256_is_sound },
	{ "|ECDH-ES|ECDH-ES+A256KW|", "X25519", read_x25519, x25519_is_sound },
};

/* RFC 7517 §4.2 to §4.4. */
static bool is_meant_for(const json_t *object, struct str alg, bool must_say_enc)
{
	struct str use = json_get_str(object, "use");
	const json_t *ops = json_object_get(object, "key_ops"), *value;
	size_t i;

	if (json_object_get(object, "use") ? !str_equal(use, STR("enc")) : must_say_enc)
		return false;
	if (json_object_get(object, "alg") && !str_equal(json_get_str(object, "alg"), alg))
		return false;
	if (!ops)
		return true;
	json_array_foreach(ops, i, value) {
		struct str operation = str_c(json_string_value(value));

		if (str_equal(operation, STR("wrapKey")) || str_equal(operation, STR("encrypt")) ||
		    str_equal(operation, STR("deriveKey")) || str_equal(operation, STR("deriveBits")))
			return true;
	}
	return false;
}

static bool read_key(struct arena *a, const json_t *object, struct str alg, struct jwe_key *ret_key)
{
	struct str wanted = arena_printf(a, "|%.*s|", STR_ARG(alg)), kid = json_get_str(object, "kid");

	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		const struct kind *k = &kinds[i];
		EVP_PKEY *pkey = str_contains(str_c(k->algs), wanted) ? k->read(a, object) : NULL;

		if (pkey && k->is_sound(pkey, false)) {
			bool is_usable = kid.len <= KID_MAX_LEN && str_is_printable_ascii(kid);

			*ret_key = (struct jwe_key){ pkey, k->curve, is_usable ? kid : STR_NULL };
			return true;
		}
		EVP_PKEY_free(pkey);
	}
	ERR_clear_error();
	return false;
}

bool jwe_key_find(struct op *op, const json_t *jwks, struct str alg, struct jwe_key *ret_key)
{
	const json_t *object;
	size_t i;

	for (int must_say_enc = 1; must_say_enc >= 0; must_say_enc--)
		json_array_foreach(json_object_get(jwks, "keys"), i, object)
			if (!jwk_has_private_member(object) && is_meant_for(object, alg, must_say_enc) &&
			    read_key(op->arena, object, alg, ret_key))
				return true;
	return false;
}

void jwe_key_done(struct jwe_key *key)
{
	EVP_PKEY_free(key->pkey);
	key->pkey = NULL;
}

bool jwe_wrap_rsa(struct arena *a, EVP_PKEY *pkey, struct str cek, struct str *ret_wrapped)
{
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *ctx = EVP_PKEY_CTX_new_from_pkey(NULL, pkey, NULL);
	size_t len = (size_t)EVP_PKEY_get_size(pkey);
	uint8_t *wrapped = arena_alloc(a, len);

	if (!ctx || EVP_PKEY_encrypt_init(ctx) != 1 || EVP_PKEY_CTX_set_rsa_padding(ctx, RSA_PKCS1_OAEP_PADDING) != 1 ||
	    EVP_PKEY_CTX_set_rsa_oaep_md(ctx, algs_get()->sha256) != 1 || EVP_PKEY_CTX_set_rsa_mgf1_md(ctx, algs_get()->sha256) != 1 ||
	    EVP_PKEY_encrypt(ctx, wrapped, &len, (const uint8_t *)cek.p, cek.len) != 1)
		return false;
	*ret_wrapped = str_n(wrapped, len);
	return true;
}

static json_t *epk_json(struct arena *a, EVP_PKEY *pkey, const char *curve)
{
	uint8_t x[X25519_LEN];
	size_t len = sizeof(x);
	json_t *epk;

	if (!str_equal(str_c(curve), STR("X25519")))
		return jwk_family_es256.to_json(a, pkey);
	if (EVP_PKEY_get_raw_public_key(pkey, x, &len) != 1 || len != sizeof(x))
		return NULL;
	epk = json_new_object();
	json_set_str(epk, "kty", STR("OKP"));
	json_set_str(epk, "crv", STR("X25519"));
	json_set_str(epk, "x", base64url_encode(a, str_n(x, sizeof(x))));
	return epk;
}

static EVP_PKEY *make_ephemeral(const char *curve)
{
	return str_equal(str_c(curve), STR("X25519")) ? EVP_PKEY_Q_keygen(NULL, NULL, "X25519") : EVP_EC_gen(curve);
}

bool jwe_agree(struct arena *a, const struct jwe_key *key, struct str *ret_secret, json_t **ret_epk)
{
	_cleanup_(evp_pkey_freep) EVP_PKEY *ephemeral = make_ephemeral(key->curve);
	_cleanup_(evp_pkey_ctx_freep) EVP_PKEY_CTX *ctx = ephemeral ? EVP_PKEY_CTX_new_from_pkey(NULL, ephemeral, NULL) : NULL;
	size_t len = JWE_KEY_MAX_LEN; /* of P-256 and X25519 both */
	uint8_t *secret = arena_alloc(a, len);
	json_t *epk;

	if (!ctx || EVP_PKEY_derive_init(ctx) != 1 || EVP_PKEY_derive_set_peer_ex(ctx, key->pkey, 0) != 1 ||
	    EVP_PKEY_derive(ctx, secret, &len) != 1 || len != JWE_KEY_MAX_LEN)
		return false;
	epk = epk_json(a, ephemeral, key->curve);
	if (!epk)
		return false;
	*ret_secret = str_n(secret, len);
	*ret_epk = epk;
	return true;
}

bool jwe_wrap_aes(struct arena *a, const uint8_t kek[32], struct str cek, struct str *ret_wrapped)
{
	_cleanup_(evp_cipher_ctx_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	uint8_t *wrapped = arena_alloc(a, cek.len + WRAP_EXTRA_LEN);
	int n = 0;

	if (!ctx)
		return false;
	EVP_CIPHER_CTX_set_flags(ctx, EVP_CIPHER_CTX_FLAG_WRAP_ALLOW);
	if (EVP_EncryptInit_ex2(ctx, algs_get()->aes_256_wrap, kek, NULL, NULL) != 1 ||
	    EVP_EncryptUpdate(ctx, wrapped, &n, (const uint8_t *)cek.p, (int)cek.len) != 1 || n != (int)cek.len + WRAP_EXTRA_LEN)
		return false;
	*ret_wrapped = str_n(wrapped, (size_t)n);
	return true;
}

static void add_number(struct buf *b, size_t value)
{
	for (int shift = 24; shift >= 0; shift -= 8)
		buf_add_char(b, (char)(value >> shift & 0xff));
}

static void add_data(struct buf *b, struct str data)
{
	add_number(b, data.len);
	buf_add(b, data);
}

void jwe_concat_kdf(struct arena *a, struct str secret, const struct kdf_info *info, uint8_t *ret_key, size_t len)
{
	struct buf b = buf_new(a, 1024);
	uint8_t digest[SHA256_LEN];

	assert(len <= SHA256_LEN);
	add_number(&b, 1); /* the first round and the last */
	buf_add(&b, secret);
	add_data(&b, info->algorithm);
	add_data(&b, info->apu);
	add_data(&b, info->apv);
	add_number(&b, len * 8); /* SuppPubInfo */
	assert(buf_ok(&b));
	sha256(buf_str(&b), digest);
	memcpy(ret_key, digest, len);
	explicit_bzero(digest, sizeof(digest));
}
