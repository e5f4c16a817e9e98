/* token_sign.h: claims into a signed JWT, with the active key of the algorithm that the receiver is to see. */
#pragma once

#include "common/base/json.h"
#include "common/crypto/keyring.h"

/* For receivers that registered nothing, and for access tokens. */
#define TOKEN_ALG_DEFAULT JWS_ES256

/* alg JWS_ALG_NONE_: the default.  ERR_UNAVAILABLE: there is no key of that algorithm at this moment. */
int token_sign(struct op *op, enum jws_alg alg, const char *typ, const json_t *claims, struct str *ret_token) _must_check_;
/* claims: the object's text. */
int token_sign_text(struct op *op, enum jws_alg alg, const char *typ, struct str claims, struct str *ret_token) _must_check_;
