/*
 * jwe.h: JWE compact serialisation (RFC 7516), outgoing only: an answer to a client, encrypted to a key
 * that the client has registered.
 *
 * alg: RSA-OAEP-256, ECDH-ES, ECDH-ES+A256KW (P-256, X25519); enc: A256GCM, A128GCM.  Not offered:
 * RSA1_5 (padding oracles), CBC with HMAC, PBES2, zip.  Nothing is ever decrypted here.
 */
#pragma once

#include "common/base/op.h"

#define JWE_PAYLOAD_MAX_LEN 32768

bool jwe_alg_is_offered(struct str alg);
bool jwe_enc_is_offered(struct str enc);

struct jwe_recipient {
	struct str jwks;     /* text of its JWK Set */
	struct str alg, enc; /* as registered; both offered here */
};

/*
 * Encrypts to the first key of the set that is meant for it ("use":"enc" before keys that do not say).
 * cty: "JWT" around a JWS; NULL for plain claims.  ERR_INVALID_VALUE: the set has no such key.
 */
int jwe_encrypt(struct op *op, const struct jwe_recipient *to, const char *cty, struct str payload, struct str *ret_compact) _must_check_;
