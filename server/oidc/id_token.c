#include "server/oidc/id_token.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "server/oidc/official.h"

#define HINT_JSON_DEPTH 6

/* OIDC Core §3.1.3.6: base64url of the left half of the hash, SHA-256 for ES256. */
static struct str at_hash(struct op *op, struct str access_token)
{
	struct str digest = sha256_str(op->arena, access_token);

	digest.len = SHA256_LEN / 2;
	return base64url_encode(op->arena, digest);
}

int id_token_make(struct op *op, const struct oidc_settings *settings, const struct client *client,
                  const struct authorization *auth, struct str access_token, struct str *ret_token)
{
	_json_ json_t *claims = json_new_object();
	json_t *amr = json_new_array();
	int r;

	json_set_str(claims, "iss", settings->issuer);
	json_set_str(claims, "sub", client_subject(op, client, auth->account_id));
	json_set_str(claims, "aud", client->id);
	json_set_int(claims, "iat", op->now_s);
	json_set_int(claims, "exp", op->now_s + settings->id_token_s);
	json_set_int(claims, "auth_time", auth->auth_time_s);
	json_set_str(claims, "nonce", auth->nonce);
	json_set_str(claims, "sid", auth->session_id);
	json_set_str(claims, "at_hash", at_hash(op, access_token));
	/* RFC 8176: the one method there is so far. */
	json_array_append_new(amr, json_from_str(STR("pwd")));
	json_set_take(claims, "amr", amr);
	r = official_claims(op, client, auth->account_id, auth->scope, claims);
	if (r < 0)
		return r;
	return jws_sign(op, keyring_signing(op->keys), "JWT", json_write(op->arena, claims, false), ret_token);
}

bool id_token_hint_read(struct op *op, struct str issuer, struct str token, struct id_token_hint *ret_hint)
{
	_json_ json_t *claims = NULL;
	struct str payload;

	if (!jws_verify(op, token, "JWT", keyring_find, (void *)(uintptr_t)op->keys, &payload))
		return false;
	claims = json_read(payload, HINT_JSON_DEPTH, NULL);
	if (!claims || !str_equal(json_get_str(claims, "iss"), issuer))
		return false;
	ret_hint->sub = arena_dup(op->arena, json_get_str(claims, "sub"));
	ret_hint->aud = arena_dup(op->arena, json_get_str(claims, "aud"));
	ret_hint->sid = arena_dup(op->arena, json_get_str(claims, "sid"));
	return !str_is_empty(ret_hint->sub) && !str_is_empty(ret_hint->aud);
}
