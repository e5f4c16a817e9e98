#include "server/oidc/client_answer.h"

#include "common/crypto/jwe.h"
#include "server/oidc/remote_keys.h"

static int encrypt(struct op *op, const struct client_encryption *how, const char *cty, struct str jwks, struct str payload,
                   struct str *ret_answer)
{
	const struct jwe_recipient to = { jwks, how->alg, how->enc };
	int r = jwe_encrypt(op, &to, cty, payload, ret_answer);

	if (r != ERR_INVALID_VALUE)
		return r;
	/* The client's keys, not this request's values, are what is wrong. */
	op_forgive(op);
	return op_fail(op, ERR_UNAVAILABLE, "the client has no key for the encryption that it registered");
}

int client_answer_encrypt(struct op *op, const struct oidc_settings *settings, const struct client *c,
                          const struct client_encryption *how, const char *cty, struct str payload, struct str *ret_answer)
{
	_cleanup_(remote_set_releasep) struct remote_set *held = NULL;
	int r;

	if (str_is_null(how->alg)) {
		*ret_answer = payload;
		return 0;
	}
	if (str_is_null(c->jwks_uri))
		return encrypt(op, how, cty, c->jwks, payload, ret_answer);
	r = remote_keys_take(op, settings->remote_keys, c->jwks_uri, false, &held);
	return r < 0 ? r : encrypt(op, how, cty, remote_set_text(held), payload, ret_answer);
}
