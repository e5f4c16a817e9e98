#include "common/crypto/digest.h"

#include "common/crypto/algs.h"

#include <openssl/core_names.h>
#include <openssl/kdf.h>
#include <openssl/params.h>

#include <stdlib.h>
#include <string.h>

/* Length of an absent part: no real part is as long, so STR_NULL and "" give different MACs. */
#define ABSENT UINT64_MAX

/*
 * These functions return nothing that could be ignored: a digest can fail only for want of
 * memory, and then the process stops, as in arena_alloc().
 */

void sha256(struct str data, uint8_t ret_digest[SHA256_LEN])
{
	if (EVP_Digest(data.p, data.len, ret_digest, NULL, algs_get()->sha256, NULL) != 1)
		abort();
}

void sha256_two(struct str first, struct str second, uint8_t ret_digest[SHA256_LEN])
{
	_cleanup_(evp_md_ctx_freep) EVP_MD_CTX *ctx = EVP_MD_CTX_new();

	if (!ctx || EVP_DigestInit_ex2(ctx, algs_get()->sha256, NULL) != 1 || EVP_DigestUpdate(ctx, first.p, first.len) != 1 ||
	    EVP_DigestUpdate(ctx, second.p, second.len) != 1 || EVP_DigestFinal_ex(ctx, ret_digest, NULL) != 1)
		abort();
}

struct str sha256_str(struct arena *a, struct str data)
{
	uint8_t *digest = arena_alloc(a, SHA256_LEN);

	sha256(data, digest);
	return str_n(digest, SHA256_LEN);
}

struct str sha512_str(struct arena *a, struct str data)
{
	uint8_t *digest = arena_alloc(a, SHA512_LEN);

	if (EVP_Digest(data.p, data.len, digest, NULL, algs_get()->sha512, NULL) != 1)
		abort();
	return str_n(digest, SHA512_LEN);
}

/* The context holds the key and is wiped by EVP_MAC_CTX_free(): one per use, none is kept. */
static EVP_MAC_CTX *mac_begin(struct str key)
{
	EVP_MAC_CTX *ctx = EVP_MAC_CTX_dup(algs_get()->hmac_sha256);

	/* Not NULL for an empty key: NULL would mean "keep the key that is set". */
	if (!ctx || EVP_MAC_init(ctx, (const uint8_t *)(key.len > 0 ? key.p : ""), key.len, NULL) != 1)
		abort();
	return ctx;
}

static void mac_add(EVP_MAC_CTX *ctx, struct str data)
{
	if (data.len > 0 && EVP_MAC_update(ctx, (const uint8_t *)data.p, data.len) != 1)
		abort();
}

static void mac_end(EVP_MAC_CTX *ctx, uint8_t ret_mac[SHA256_LEN])
{
	size_t len = 0;

	if (EVP_MAC_final(ctx, ret_mac, &len, SHA256_LEN) != 1 || len != SHA256_LEN)
		abort();
}

void hmac_sha256(struct str key, struct str data, uint8_t ret_mac[SHA256_LEN])
{
	_cleanup_(evp_mac_ctx_freep) EVP_MAC_CTX *ctx = mac_begin(key);

	mac_add(ctx, data);
	mac_end(ctx, ret_mac);
}

static void mac_add_part(EVP_MAC_CTX *ctx, struct str part)
{
	uint64_t len = str_is_null(part) ? ABSENT : part.len;
	char prefix[8];

	for (size_t i = 0; i < sizeof(prefix); i++)
		prefix[i] = (char)(len >> (56 - 8 * i) & 0xff);
	mac_add(ctx, str_n(prefix, sizeof(prefix)));
	mac_add(ctx, part);
}

struct str hmac_parts(struct arena *a, struct str key, const char *purpose, const struct str *parts, size_t n_parts)
{
	_cleanup_(evp_mac_ctx_freep) EVP_MAC_CTX *ctx = mac_begin(key);
	uint8_t *mac = arena_alloc(a, SHA256_LEN);

	mac_add_part(ctx, str_c(purpose));
	for (size_t i = 0; i < n_parts; i++)
		mac_add_part(ctx, parts[i]);
	mac_end(ctx, mac);
	return str_n(mac, SHA256_LEN);
}

void hkdf_sha256(struct str secret, const char *purpose, uint8_t *ret_key, size_t len)
{
	_cleanup_(evp_kdf_ctx_freep) EVP_KDF_CTX *ctx = EVP_KDF_CTX_new(algs_get()->hkdf);
	char digest[] = "SHA256";
	/* OSSL_PARAM has no const; these are only read. */
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_KDF_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_KEY, (void *)(uintptr_t)secret.p, secret.len),
		OSSL_PARAM_construct_octet_string(OSSL_KDF_PARAM_INFO, (void *)(uintptr_t)purpose, strlen(purpose)),
		OSSL_PARAM_construct_end(),
	};

	/* RFC 5869 §2.3: at most 255 blocks. */
	assert(secret.len > 0 && len > 0 && len <= 255 * SHA256_LEN);
	if (!ctx || EVP_KDF_derive(ctx, ret_key, len, params) != 1)
		abort();
}
