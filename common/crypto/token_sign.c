#include "common/crypto/token_sign.h"

int token_sign(struct op *op, enum jws_alg alg, const char *typ, const json_t *claims, struct str *ret_token)
{
	return token_sign_text(op, alg, typ, json_write(op->arena, claims, false), ret_token);
}

int token_sign_text(struct op *op, enum jws_alg alg, const char *typ, struct str claims, struct str *ret_token)
{
	enum jws_alg used = alg == JWS_ALG_NONE_ ? TOKEN_ALG_DEFAULT : alg;
	const struct jwk *key = keyring_signing(op->keys, used);

	if (!key)
		return op_fail_detail(op, ERR_UNAVAILABLE, "tokens cannot be signed at this moment", "no active key for %s", jws_alg_name(used));
	return jws_sign(op, key, typ, claims, ret_token);
}
