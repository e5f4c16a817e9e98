#include "common/crypto/algs.h"

#include <openssl/core_names.h>
#include <openssl/err.h>
#include <openssl/params.h>

#include <pthread.h>
#include <stdlib.h>

static struct algs algs;
static pthread_once_t algs_once = PTHREAD_ONCE_INIT;

static void algs_fetch(void)
{
	char digest[] = "SHA256";
	OSSL_PARAM params[] = {
		OSSL_PARAM_construct_utf8_string(OSSL_MAC_PARAM_DIGEST, digest, 0),
		OSSL_PARAM_construct_end(),
	};

	algs.sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
	algs.sha512 = EVP_MD_fetch(NULL, "SHA512", NULL);
	algs.aes_128_gcm = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
	algs.aes_256_wrap = EVP_CIPHER_fetch(NULL, "AES-256-WRAP", NULL);
	algs.aes_256_gcm = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
	algs.hkdf = EVP_KDF_fetch(NULL, "HKDF", NULL);
	algs.hmac = EVP_MAC_fetch(NULL, "HMAC", NULL);
	if (!algs.sha256 || !algs.sha512 || !algs.aes_256_gcm || !algs.hkdf || !algs.hmac)
		abort();
	algs.hmac_sha256 = EVP_MAC_CTX_new(algs.hmac);
	if (!algs.hmac_sha256 || EVP_MAC_CTX_set_params(algs.hmac_sha256, params) != 1)
		abort();
}

const struct algs *algs_get(void)
{
	if (pthread_once(&algs_once, algs_fetch) != 0)
		abort();
	return &algs;
}

int algs_fail(struct op *op, enum err code, const char *text)
{
	const char *reason = ERR_reason_error_string(ERR_peek_last_error());

	ERR_clear_error();
	return op_fail_detail(op, code, text, "OpenSSL: %s", reason ? reason : "no reason given");
}
