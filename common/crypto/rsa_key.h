/*
 * rsa_key.h (private to common/crypto): RSA keys as JWK (RFC 7518 §6.3), for signatures and for
 * encryption to a client.
 *
 * 2048 to 4096 bits, in whole bytes; the exponent odd, above 2^16 (FIPS 186-5 §A.1.1) and of at most
 * 64 bits, so that no key makes verifying dear.
 */
#pragma once

#include "common/base/json.h"
#include "common/crypto/algs.h"


#define RSA_MIN_BITS 2048
#define RSA_MAX_BITS 4096

/* With the private part: it also signs what the public part verifies. */
bool rsa_key_is_sound(EVP_PKEY *pkey, bool with_private);
EVP_PKEY *rsa_key_from_json(struct arena *a, const json_t *object); /* NULL: members missing or malformed */
json_t *rsa_key_to_json(struct arena *a, const EVP_PKEY *pkey);     /* kty, n, e */
