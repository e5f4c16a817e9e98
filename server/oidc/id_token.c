#include "server/oidc/id_token.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/crypto/digest.h"
#include "common/crypto/keyring.h"
#include "server/oidc/acr.h"
#include "server/oidc/claims_request.h"
#include "server/oidc/client_answer.h"
#include "server/oidc/official.h"
#include "common/crypto/token_sign.h"

#define HINT_JSON_DEPTH 6
#define ACCOUNT_CLAIM "urn:sen:account"
#define ACCOUNT_PURPOSE "id-token-account"

/*
 * A pairwise subject cannot be turned back.  Where the client may show the token as a hint of whom to ask (CIBA §7.1), the account
 * stands in it for this server alone: sealed anew each time, so that two clients cannot compare what they have.
 */
static struct str seal_account(struct op *op, const struct client *client, struct str account_id)
{
	if (!client->pairwise || !client_may(client, GRANT_CIBA))
		return STR_NULL;
	return aead_seal(op->arena, keyring_key(op->keys, KEY_SEAL), ACCOUNT_PURPOSE, client->id, account_id);
}

struct str id_token_hint_account(struct op *op, const struct client *client, const struct id_token_hint *hint)
{
	struct str account_id;

	if (uuid_is_valid(hint->sub))
		return hint->sub;
	if (str_is_null(hint->account) ||
	    !aead_open(op->arena, keyring_key(op->keys, KEY_SEAL), ACCOUNT_PURPOSE, client->id, hint->account, &account_id) ||
	    !str_equal(client_subject(op, client, account_id), hint->sub))
		return STR_NULL;
	return account_id;
}

/* OIDC Core §3.1.3.6: base64url of the left half of the hash that the algorithm uses: SHA-512 with Ed25519, else SHA-256. */
static struct str half_hash(struct op *op, enum jws_alg alg, struct str token)
{
	struct str digest;

	if (str_is_null(token))
		return STR_NULL;
	digest = alg == JWS_EDDSA ? sha512_str(op->arena, token) : sha256_str(op->arena, token);
	digest.len /= 2;
	return base64url_encode(op->arena, digest);
}

static int add_official(struct op *op, const struct oidc_settings *settings, const struct client *client,
                        const struct authorization *auth, bool is_alone, struct json_out *claims)
{
	struct official_facts facts;
	_json_ json_t *request = NULL;
	struct official_wish wish = { .scope = auth->scope, .part = "id_token", .mail_by_scope = is_alone };
	int r = claims_request_read(op, auth->extra.claims, &request);

	if (r >= 0 && auth->official)
		facts = *auth->official;
	else if (r >= 0)
		r = official_facts_get(op, client->platform_id, auth->account_id, &facts);
	if (r < 0)
		return r;
	wish.claims = request;
	official_claims(op, settings, &facts, &wish, claims);
	return 0;
}

int id_token_make(struct op *op, const struct oidc_settings *settings, const struct client *client,
                  const struct authorization *auth, const struct id_token_company *company, struct str *ret_token)
{
	struct json_out claims = json_out_begin(op->arena);
	struct str signed_token;
	int r;

	json_out_str(&claims, "iss", settings->issuer);
	json_out_str(&claims, "sub", client_subject(op, client, auth->account_id));
	json_out_str(&claims, "aud", client->id);
	json_out_int(&claims, "iat", op->now_s);
	json_out_int(&claims, "exp", op->now_s + settings->id_token_s);
	json_out_int(&claims, "auth_time", auth->auth_time_s);
	json_out_str(&claims, "nonce", auth->nonce);
	json_out_str(&claims, "urn:openid:params:jwt:claim:auth_req_id", auth->auth_req_id);
	json_out_str(&claims, "sid", auth->session_id);
	json_out_str(&claims, "at_hash", half_hash(op, client->id_token_alg, company->access_token));
	json_out_str(&claims, "c_hash", half_hash(op, client->id_token_alg, company->code));
	json_out_str(&claims, "acr", str_c(acr_name(auth->level)));
	json_out_words(&claims, "amr", auth->amr); /* RFC 8176 */
	json_out_str(&claims, ACCOUNT_CLAIM, seal_account(op, client, auth->account_id));
	r = add_official(op, settings, client, auth, str_is_null(company->access_token) && str_is_null(company->code), &claims);
	if (r < 0)
		return r;
	r = token_sign_text(op, client->id_token_alg, "JWT", json_out_end(&claims), &signed_token);
	return r < 0 ? r : client_answer_encrypt(op, settings, client, &client->id_token_encryption, "JWT", signed_token, ret_token);
}

bool id_token_hint_read(struct op *op, struct str issuer, struct str token, struct id_token_hint *ret_hint)
{
	_json_ json_t *claims = NULL;
	struct str payload;

	if (!keyring_verify(op, token, "JWT", &payload))
		return false;
	claims = json_read(payload, HINT_JSON_DEPTH, NULL);
	if (!claims || !str_equal(json_get_str(claims, "iss"), issuer))
		return false;
	ret_hint->sub = arena_dup(op->arena, json_get_str(claims, "sub"));
	ret_hint->aud = arena_dup(op->arena, json_get_str(claims, "aud"));
	ret_hint->sid = arena_dup(op->arena, json_get_str(claims, "sid"));
	ret_hint->account = arena_dup(op->arena, json_get_str(claims, ACCOUNT_CLAIM));
	return !str_is_empty(ret_hint->sub) && !str_is_empty(ret_hint->aud);
}
