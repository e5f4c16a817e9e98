#include "server/oidc/access_token.h"

#include "common/base/json.h"
#include "common/crypto/keyring.h"
#include "server/oidc/family.h"
#include "server/session/handle.h"

#define TOKEN_JSON_DEPTH 4

int access_token_make(struct op *op, const struct access_token_request *rq, struct str *ret_token)
{
	const struct authorization *auth = rq->authorization;
	_json_ json_t *claims = json_new_object();

	json_set_str(claims, "iss", rq->issuer);
	json_set_str(claims, "sub", client_subject(op, rq->client, auth->account_id));
	json_set_str(claims, "aud", rq->issuer);
	json_set_str(claims, "client_id", rq->client->id);
	json_set_str(claims, "scope", auth->scope);
	json_set_int(claims, "iat", op->now_s);
	json_set_int(claims, "exp", op->now_s + rq->lifetime_s);
	json_set_int(claims, "auth_time", auth->auth_time_s);
	json_set_str(claims, "jti", handle_token_id(op, auth->account_id, auth->family_on, auth->family_id));
	return jws_sign(op, keyring_signing(op->keys), "at+jwt", json_write(op->arena, claims, false), ret_token);
}

bool access_token_read(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims)
{
	_json_ json_t *claims = NULL;
	struct str payload;
	struct handle h;

	if (!jws_verify(op, token, "at+jwt", keyring_find, (void *)(uintptr_t)op->keys, &payload))
		return false;
	claims = json_read(payload, TOKEN_JSON_DEPTH, NULL);
	if (!claims || !str_equal(json_get_str(claims, "iss"), issuer) || !str_equal(json_get_str(claims, "aud"), issuer) ||
	    !handle_read(op, HANDLE_TOKEN_ID, json_get_str(claims, "jti"), &h))
		return false;
	*ret_claims = (struct access_claims){
		.sub = arena_dup(op->arena, json_get_str(claims, "sub")),
		.client_id = arena_dup(op->arena, json_get_str(claims, "client_id")),
		.scope = arena_dup(op->arena, json_get_str(claims, "scope")),
		.jti = arena_dup(op->arena, json_get_str(claims, "jti")),
		.account_id = h.account_id,
		.family_on = h.on,
		.family_id = h.family_id,
		.iat_s = json_get_int(claims, "iat", 0),
		.exp_s = json_get_int(claims, "exp", 0),
	};
	return true;
}

int access_token_check(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims)
{
	struct access_claims c;
	struct family_state state;
	int r;

	if (!access_token_read(op, issuer, token, &c))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "not an access token of this issuer");
	if (c.exp_s <= op->now_s)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "expired");
	r = family_live(op, &(struct family_key){ c.account_id, c.family_on, c.family_id, c.client_id }, &state);
	if (r < 0)
		return r;
	c.person_id = state.person_id;
	c.login = state.login;
	c.auth_time_s = state.auth_time_s;
	*ret_claims = c;
	return 0;
}
