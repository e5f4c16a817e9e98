/*
 * key_ctx.h (private to common/crypto): prepared EVP_PKEY_CTX of one key.
 *
 * Preparing a context costs about a fifth of an ES256 signature, so each key keeps the ones
 * that threads have given back.  They belong to the key and not to a thread: with the key go
 * all its contexts and with them the last reference to the private number, whatever threads
 * still live.  Thread-safe; a context is with one thread at a time.
 */
#pragma once

#include <openssl/evp.h>

struct key_ctx_pool;

/* init: EVP_PKEY_sign_init or EVP_PKEY_verify_init, with what the algorithm has to have set. */
struct key_ctx_pool *key_ctx_pool_new(EVP_PKEY *pkey, int (*init)(EVP_PKEY_CTX *ctx));
void key_ctx_pool_free(struct key_ctx_pool *pool); /* accepts NULL */

/* NULL: OpenSSL refuses, e.g. the key has no private part. */
EVP_PKEY_CTX *key_ctx_take(struct key_ctx_pool *pool);
/* Only a context whose last operation went well; the others are freed by the caller. */
void key_ctx_give(struct key_ctx_pool *pool, EVP_PKEY_CTX *ctx);
