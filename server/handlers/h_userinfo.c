/* GET, POST /userinfo.  OIDC Core §5.3, RFC 6750. */

#include "server/handlers/handlers.h"
#include "server/oidc/access_token.h"
#include "server/oidc/official.h"

enum { P_ACCESS_TOKEN };
const struct param_spec userinfo_params[] = {
	[P_ACCESS_TOKEN] = { "access_token", 4096, PARAM_SECRET | PARAM_PRINTABLE | PARAM_BODY_ONLY },
};
const size_t n_userinfo_params = ARRAY_LEN(userinfo_params);

static int bearer(struct request *rq, struct str *ret_token)
{
	struct str header = rq_bearer(rq), body = rq_param(rq, P_ACCESS_TOKEN);

	if (!str_is_null(header) && !str_is_null(body))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "more than one way of sending the access token");
	*ret_token = str_is_null(header) ? body : header;
	if (str_is_null(*ret_token))
		return op_fail(&rq->op, ERR_INVALID_TOKEN, "an access token is required");
	return 0;
}

int h_userinfo(struct request *rq)
{
	struct op *op = &rq->op;
	const struct client *client;
	struct access_claims claims;
	struct str token;
	_json_ json_t *answer = NULL;
	int r = bearer(rq, &token);

	if (r >= 0)
		r = access_token_check(op, rq->app->oidc.issuer, token, &claims);
	if (r < 0)
		return r;
	rq->log_account_id = claims.account_id;
	client = snapshot_client(rq->snapshot, claims.client_id);
	if (!client)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "client is gone");
	rq->log_client_id = client->id;
	if (!scope_has(claims.scope, STR("openid")))
		return op_fail(op, ERR_INSUFFICIENT_SCOPE, "scope openid is required");
	answer = json_new_object();
	json_set_str(answer, "sub", claims.sub);
	r = official_claims(op, client, claims.account_id, claims.scope, answer);
	return r < 0 ? r : respond_json(rq, 200, answer);
}
