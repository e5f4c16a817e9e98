#include "common/crypto/jwe.h"

#include "common/base/base64.h"
#include "common/base/buf.h"
#include "common/base/random.h"
#include "common/crypto/jwe_impl.h"

#include <string.h>

#define JWKS_MAX_LEN 65536
#define JWKS_MAX_DEPTH 6

static const struct enc {
	const char *name;
	size_t key_len;
} encs[] = { { "A256GCM", 32 }, { "A128GCM", 16 } };

static const char *const algs[] = { "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW" };

bool jwe_alg_is_offered(struct str alg)
{
	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (str_equal(alg, str_c(algs[i])))
			return true;
	return false;
}

static const struct enc *enc_of(struct str name)
{
	for (size_t i = 0; i < ARRAY_LEN(encs); i++)
		if (str_equal(name, str_c(encs[i].name)))
			return &encs[i];
	return NULL;
}

bool jwe_enc_is_offered(struct str enc)
{
	return enc_of(enc) != NULL;
}

/* The content encryption key and how it reaches the recipient: wrapped stays empty for plain ECDH-ES. */
struct key_delivery {
	struct str cek, wrapped;
	json_t *header;
};

static struct str random_key(struct arena *a, size_t len)
{
	uint8_t *key = arena_alloc(a, len);

	random_bytes(key, len);
	return str_n(key, len);
}

/* RFC 7518 §4.6: the agreed key is the content key, or wraps one. */
static bool deliver_by_agreement(struct arena *a, const struct jwe_key *key, const struct jwe_recipient *to,
                                 const struct enc *enc, struct key_delivery *d)
{
	bool is_direct = str_equal(to->alg, STR("ECDH-ES"));
	struct kdf_info info = { is_direct ? to->enc : to->alg, STR(""), STR("") };
	uint8_t *derived = arena_alloc(a, JWE_KEY_MAX_LEN);
	struct str secret;
	json_t *epk;

	if (!jwe_agree(a, key, &secret, &epk))
		return false;
	json_set_take(d->header, "epk", epk);
	jwe_concat_kdf(a, secret, &info, derived, is_direct ? enc->key_len : JWE_KEY_MAX_LEN);
	if (is_direct) {
		d->cek = str_n(derived, enc->key_len);
		d->wrapped = STR("");
		return true;
	}
	d->cek = random_key(a, enc->key_len);
	return jwe_wrap_aes(a, derived, d->cek, &d->wrapped);
}

static bool deliver(struct arena *a, const struct jwe_key *key, const struct jwe_recipient *to, const struct enc *enc,
                    struct key_delivery *d)
{
	if (key->curve)
		return deliver_by_agreement(a, key, to, enc, d);
	d->cek = random_key(a, enc->key_len);
	return jwe_wrap_rsa(a, key->pkey, d->cek, &d->wrapped);
}

bool jwe_seal(struct str cek, const uint8_t iv[JWE_IV_LEN], struct str aad, struct str payload, uint8_t *ret_cipher,
              uint8_t ret_tag[JWE_TAG_LEN])
{
	const EVP_CIPHER *cipher = cek.len == 32 ? algs_get()->aes_256_gcm : algs_get()->aes_128_gcm;
	_cleanup_(evp_cipher_ctx_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	int n = 0;

	return ctx && EVP_EncryptInit_ex2(ctx, cipher, (const uint8_t *)cek.p, iv, NULL) == 1 &&
	       EVP_EncryptUpdate(ctx, NULL, &n, (const uint8_t *)aad.p, (int)aad.len) == 1 &&
	       EVP_EncryptUpdate(ctx, ret_cipher, &n, (const uint8_t *)payload.p, (int)payload.len) == 1 && n == (int)payload.len &&
	       EVP_EncryptFinal_ex(ctx, ret_tag, &n) == 1 && EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, JWE_TAG_LEN, ret_tag) == 1;
}

/* RFC 7516 §3.1, §5.1: header . encrypted key . IV . ciphertext . tag */
static int write_compact(struct op *op, const struct key_delivery *d, struct str payload, struct str *ret_compact)
{
	struct arena *a = op->arena;
	struct str header = base64url_encode(a, json_write(a, d->header, false));
	uint8_t *cipher = arena_alloc(a, payload.len);
	uint8_t iv[JWE_IV_LEN], tag[JWE_TAG_LEN];

	random_bytes(iv, sizeof(iv));
	if (!jwe_seal(d->cek, iv, header, payload, cipher, tag))
		return algs_fail(op, ERR_CRYPTO, "the answer cannot be encrypted");
	*ret_compact = arena_printf(a, "%.*s.%.*s.%.*s.%.*s.%.*s", STR_ARG(header), STR_ARG(base64url_encode(a, d->wrapped)),
	                            STR_ARG(base64url_encode(a, str_n(iv, sizeof(iv)))),
	                            STR_ARG(base64url_encode(a, str_n(cipher, payload.len))),
	                            STR_ARG(base64url_encode(a, str_n(tag, sizeof(tag)))));
	return 0;
}

int jwe_encrypt(struct op *op, const struct jwe_recipient *to, const char *cty, struct str payload, struct str *ret_compact)
{
	const struct enc *enc = enc_of(to->enc);
	_json_ json_t *jwks = to->jwks.len <= JWKS_MAX_LEN ? json_read(to->jwks, JWKS_MAX_DEPTH, NULL) : NULL;
	_json_ json_t *header = json_new_object();
	struct key_delivery d = { .header = header };
	struct jwe_key key;
	bool is_delivered;

	if (payload.len == 0 || payload.len > JWE_PAYLOAD_MAX_LEN)
		return op_fail(op, ERR_LIMIT, "the payload is empty or too large");
	if (!enc || !jwe_alg_is_offered(to->alg) || !jwe_key_find(op, jwks, to->alg, &key))
		return op_fail(op, ERR_INVALID_VALUE, "there is no key of the client for this encryption");
	json_set_str(header, "alg", to->alg);
	json_set_str(header, "enc", to->enc);
	json_set_str(header, "kid", key.kid);
	json_set_str(header, "cty", str_c(cty));
	is_delivered = deliver(op->arena, &key, to, enc, &d);
	jwe_key_done(&key);
	if (!is_delivered)
		return algs_fail(op, ERR_INVALID_VALUE, "the key of the client cannot be encrypted to");
	return write_compact(op, &d, payload, ret_compact);
}
