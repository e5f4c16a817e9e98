/* GET, POST /userinfo.  OIDC Core §5.3, RFC 6750. */

#include "server/handlers/handlers.h"
#include "server/oidc/access_token.h"
#include "common/crypto/token_sign.h"
#include "server/oidc/claims_request.h"
#include "server/oidc/client_answer.h"

enum { P_ACCESS_TOKEN };
const struct param_spec userinfo_params[] = {
	[P_ACCESS_TOKEN] = { "access_token", 8192, PARAM_SECRET | PARAM_PRINTABLE | PARAM_BODY_ONLY },
};
const size_t n_userinfo_params = ARRAY_LEN(userinfo_params);

/* The token, its client, and in one statement the state and the facts behind it. */
static int check(struct request *rq, struct str token, struct access_claims *claims, const struct client **ret_client,
                 struct family_official *ret_official)
{
	struct op *op = &rq->op;
	struct str issuer = rq->app->oidc.issuer;
	int r;

	if (!access_token_read(op, issuer, token, claims) || !claims->has_account || !str_equal(claims->aud, issuer))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "not an access token for this endpoint");
	rq->log_account_id = claims->family.account_id;
	*ret_client = snapshot_client(rq->snapshot, claims->client_id);
	if (!*ret_client)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "client is gone");
	rq->log_client_id = (*ret_client)->id;
	r = access_token_check_time(op, claims);
	if (r >= 0)
		r = access_check_binding(rq, token, claims);
	if (r >= 0)
		r = family_live_official(op, &claims->family, *ret_client, ret_official);
	return r;
}

/* OIDC Core §5.3.2: as JSON, signed, encrypted, or both, as registered. */
static int respond(struct request *rq, const struct client *client, struct json_out *answer)
{
	struct op *op = &rq->op;
	bool is_signed = client->userinfo_alg != JWS_ALG_NONE_;
	struct str payload, sealed;
	int r = 0;

	if (!is_signed && str_is_null(client->userinfo_encryption.alg))
		return respond_json_text(rq, 200, json_out_end(answer));
	json_out_str(answer, "iss", rq->app->oidc.issuer);
	json_out_str(answer, "aud", client->id);
	payload = json_out_end(answer);
	if (is_signed)
		r = token_sign_text(op, client->userinfo_alg, "JWT", payload, &payload);
	if (r >= 0)
		r = client_answer_encrypt(op, &rq->app->oidc, client, &client->userinfo_encryption, is_signed ? "JWT" : NULL, payload, &sealed);
	return r < 0 ? r : respond_bytes(rq, 200, "application/jwt", sealed);
}

int h_userinfo(struct request *rq)
{
	struct op *op = &rq->op;
	const struct client *client = NULL;
	struct authorization_extra extra;
	struct family_official official;
	struct access_claims claims;
	struct official_wish wish = { .part = "userinfo", .mail_by_scope = true };
	_json_ json_t *request = NULL;
	struct json_out answer;
	struct str token;
	int r = access_token_of(rq, rq_param(rq, P_ACCESS_TOKEN), &token);

	if (r >= 0 && str_is_null(token))
		return op_fail(op, ERR_INVALID_TOKEN, "an access token is required");
	if (r >= 0)
		r = check(rq, token, &claims, &client, &official);
	if (r >= 0 && !scope_has(claims.scope, STR("openid")))
		return op_fail(op, ERR_INSUFFICIENT_SCOPE, "scope openid is required");
	if (r >= 0)
		r = authorization_extra_read(op, official.extra, &extra);
	if (r >= 0)
		r = claims_request_read(op, extra.claims, &request);
	if (r < 0)
		return r;
	answer = json_out_begin(op->arena);
	json_out_str(&answer, "sub", claims.sub);
	wish.scope = claims.scope;
	wish.claims = request;
	official_claims(op, &rq->app->oidc, &official.facts, &wish, &answer);
	return respond(rq, client, &answer);
}
