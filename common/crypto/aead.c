#include "common/crypto/aead.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/crypto/algs.h"
#include "common/crypto/digest.h"

#include <openssl/err.h>

#include <limits.h>
#include <stdlib.h>
#include <string.h>

/*
 * Sealed: nonce || ciphertext || tag.  The tag has always its full 16 bytes: a shorter one
 * is never accepted (CVE-2023-37464 of cjose).
 *
 * With random 96-bit nonces one key serves for 2^32 messages (NIST SP 800-38D §8.3).
 */
#define NONCE_LEN 12
#define TAG_LEN ((size_t)16)

/* out NULL: additional data. */
static bool feed(EVP_CIPHER_CTX *ctx, uint8_t *out, const void *in, size_t len)
{
	int n = 0;

	if (len == 0)
		return true;
	if (len > INT_MAX)
		return false;
	return EVP_CipherUpdate(ctx, out, &n, in, (int)len) == 1 && n == (int)len;
}

/* The lengths go in front, so that no purpose and binding can be read as another pair. */
static bool feed_bound(EVP_CIPHER_CTX *ctx, const char *purpose, struct str bound)
{
	size_t lens[2] = { strlen(purpose), bound.len };
	uint8_t prefix[16];

	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix[i] = (uint8_t)((uint64_t)lens[i / 8] >> (56 - 8 * (i % 8)) & 0xff);
	return feed(ctx, NULL, prefix, sizeof(prefix)) && feed(ctx, NULL, purpose, lens[0]) &&
	       feed(ctx, NULL, bound.p, bound.len);
}

static struct str seal_with(struct arena *a, const uint8_t *key, const uint8_t nonce[NONCE_LEN], const char *purpose,
                            struct str bound, struct str plain)
{
	_cleanup_(evp_cipher_ctx_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	size_t len = NONCE_LEN + plain.len + TAG_LEN;
	uint8_t *sealed = arena_alloc(a, len);
	uint8_t *tag = sealed + NONCE_LEN + plain.len;
	int n = 0;

	memcpy(sealed, nonce, NONCE_LEN);
	/* Fails only for want of memory or on a plain text of gigabytes, never on a value of input. */
	if (!ctx || EVP_EncryptInit_ex2(ctx, algs_get()->aes_256_gcm, key, sealed, NULL) != 1 ||
	    !feed_bound(ctx, purpose, bound) || !feed(ctx, sealed + NONCE_LEN, plain.p, plain.len) ||
	    EVP_EncryptFinal_ex(ctx, tag, &n) != 1 ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_GET_TAG, (int)TAG_LEN, tag) != 1)
		abort();
	return base64url_encode(a, str_n(sealed, len));
}

struct str aead_seal(struct arena *a, const uint8_t key[AEAD_KEY_LEN], const char *purpose, struct str bound,
                     struct str plain)
{
	uint8_t nonce[NONCE_LEN];

	random_bytes(nonce, NONCE_LEN);
	return seal_with(a, key, nonce, purpose, bound, plain);
}

struct str aead_seal_derived(struct arena *a, const uint8_t key[AEAD_KEY_LEN], const char *purpose, struct str bound,
                             struct str plain)
{
	/*
	 * The nonce comes of a key of its own.  HKDF's second step (RFC 5869 §2.3) by hand: the first
	 * one may be left out for a key that is uniform already (§3.3), and one block is enough.
	 */
	uint8_t nonce_key[SHA256_LEN];
	struct str mac;

	hmac_sha256(str_n(key, AEAD_KEY_LEN), STR("aead-derived-nonce\x01"), nonce_key);
	mac = hmac_parts(a, str_n(nonce_key, sizeof(nonce_key)), purpose, (const struct str[]){ bound, plain }, 2);
	explicit_bzero(nonce_key, sizeof(nonce_key));
	return seal_with(a, key, (const uint8_t *)mac.p, purpose, bound, plain);
}

bool aead_open(struct arena *a, const uint8_t key[AEAD_KEY_LEN], const char *purpose, struct str bound,
               struct str sealed, struct str *ret_plain)
{
	_cleanup_(evp_cipher_ctx_freep) EVP_CIPHER_CTX *ctx = EVP_CIPHER_CTX_new();
	struct str bytes;
	uint8_t tag[TAG_LEN];
	int n = 0;

	if (!ctx)
		abort();
	if (!base64url_decode(a, sealed, &bytes) || bytes.len < NONCE_LEN + TAG_LEN)
		return false;

	size_t len = bytes.len - NONCE_LEN - TAG_LEN;
	const uint8_t *nonce = (const uint8_t *)bytes.p;
	uint8_t *plain = arena_alloc(a, len + 1);

	memcpy(tag, nonce + NONCE_LEN + len, TAG_LEN);
	if (EVP_DecryptInit_ex2(ctx, algs_get()->aes_256_gcm, key, nonce, NULL) != 1 ||
	    !feed_bound(ctx, purpose, bound) || !feed(ctx, plain, nonce + NONCE_LEN, len) ||
	    EVP_CIPHER_CTX_ctrl(ctx, EVP_CTRL_AEAD_SET_TAG, (int)TAG_LEN, tag) != 1 ||
	    EVP_DecryptFinal_ex(ctx, plain + len, &n) != 1) {
		/* What came out is not authentic: nobody may see it. */
		explicit_bzero(plain, len);
		ERR_clear_error();
		return false;
	}
	*ret_plain = str_n(plain, len);
	return true;
}
