#include "server/oidc/client_jws.h"

#include "common/crypto/jws.h"

unsigned client_algs(const struct client *c, enum jws_alg registered)
{
	if (registered != JWS_ALG_NONE_)
		return JWS_ALG_BIT(registered);
	/* FAPI 2.0 §5.4.1 */
	return c->profile == PROFILE_NONE ? JWS_ALGS_ALL : JWS_ALGS_ALL & ~JWS_ALG_BIT(JWS_RS256);
}

static bool verify_with(struct op *op, const struct jwk_set *set, const struct client_jws *jws, struct str *ret_payload)
{
	struct jwk_want want = { set, jws->algs };

	return set && jws_verify(op, jws->compact, jws->typ, jwk_set_find, &want, ret_payload);
}

int client_jws_verify(struct op *op, struct remote_keys *remote, const struct client *c, const struct client_jws *jws, enum err code,
                      struct str *ret_payload)
{
	static const char bad[] = "the signature of the JWT is not good, or its header is not as registered";

	if (str_is_null(c->jwks_uri))
		return verify_with(op, c->keys, jws, ret_payload) ? 0 : op_fail(op, code, bad);
	/* Once with what is cached, once with what is there now: the client may have a new key. */
	for (int i = 0; i < 2; i++) {
		_cleanup_(remote_set_releasep) struct remote_set *held = NULL;
		int r = remote_keys_take(op, remote, c->jwks_uri, i > 0, &held);

		if (r < 0)
			return r;
		if (verify_with(op, remote_set_keys(held), jws, ret_payload))
			return 0;
	}
	return op_fail(op, code, bad);
}
