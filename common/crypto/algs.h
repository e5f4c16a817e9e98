/*
 * algs.h (private to common/crypto): OpenSSL's algorithms, fetched once for the process.
 *
 * A fetch by name costs a look-up under a lock each time; what is fetched here is shared by
 * all threads and never changes.  Without these algorithms the process cannot do anything
 * safely, so a failure aborts.
 */
#pragma once

#include "common/base/op.h"

#include <openssl/evp.h>
#include <openssl/kdf.h>

struct algs {
	EVP_MD *sha256, *sha512;
	EVP_CIPHER *aes_128_gcm, *aes_256_gcm, *aes_256_wrap;
	EVP_KDF *hkdf;
	EVP_MAC *hmac;
	EVP_MAC_CTX *hmac_sha256; /* a context with the digest set, without a key: only to be copied */
};

const struct algs *algs_get(void);

/*
 * op_fail() with OpenSSL's reason as the detail.  Empties OpenSSL's error queue: a left-over
 * entry would later be taken for a fault of their own by libpq or libcurl on this thread.
 */
int algs_fail(struct op *op, enum err code, const char *text);

DEFINE_CLEANUP(EVP_MAC_CTX *, evp_mac_ctx_freep, EVP_MAC_CTX_free);
DEFINE_CLEANUP(EVP_MD_CTX *, evp_md_ctx_freep, EVP_MD_CTX_free);
DEFINE_CLEANUP(EVP_CIPHER_CTX *, evp_cipher_ctx_freep, EVP_CIPHER_CTX_free);
DEFINE_CLEANUP(EVP_KDF_CTX *, evp_kdf_ctx_freep, EVP_KDF_CTX_free);
DEFINE_CLEANUP(EVP_PKEY_CTX *, evp_pkey_ctx_freep, EVP_PKEY_CTX_free);
DEFINE_CLEANUP(EVP_PKEY *, evp_pkey_freep, EVP_PKEY_free);
