/* guard_ssf.c: who may use the endpoints of the Shared Signals Framework: an OAuth client for itself (SSF 1.0 §7.1.1). */

#include "server/handlers/ssf.h"

#include "server/oidc/access_token.h"

const struct param_spec ssf_params[] = { [P_STREAM_ID] = { "stream_id", 64, PARAM_PRINTABLE | PARAM_QUERY_ONLY } };
const size_t n_ssf_params = ARRAY_LEN(ssf_params);

static int guard(struct request *rq, bool reads)
{
	struct op *op = &rq->op;
	struct access_claims claims;
	struct str token;
	int r = access_token_of(rq, STR_NULL, &token);

	if (r >= 0 && str_is_null(token))
		return op_fail(op, ERR_INVALID_TOKEN, "an access token is required");
	if (r >= 0)
		r = access_token_check(op, rq->app->oidc.issuer, token, &claims);
	if (r < 0)
		return r;
	if (claims.has_account || !str_equal(claims.aud, rq->app->oidc.issuer))
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "not a client's own token for this server");
	r = access_check_binding(rq, token, &claims);
	if (r < 0)
		return r;
	rq->client = (struct client *)(uintptr_t)snapshot_client(rq->snapshot, claims.client_id);
	if (!rq->client)
		return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "client is gone");
	rq->log_client_id = rq->client->id;
	if (scope_has(claims.scope, STR(SSF_SCOPE_MANAGE)) || (reads && scope_has(claims.scope, STR(SSF_SCOPE_READ))))
		return 0;
	return op_fail(op, ERR_INSUFFICIENT_SCOPE, reads ? "scope ssf.read is required" : "scope ssf.manage is required");
}

int guard_ssf_manage(struct request *rq)
{
	return guard(rq, false);
}

int guard_ssf_read(struct request *rq)
{
	return guard(rq, true);
}

int ssf_stream_named(struct request *rq, struct ssf_stream *ret_stream)
{
	struct str in_query = rq_param(rq, P_STREAM_ID), in_body = rq->json ? json_get_str(rq->json, "stream_id") : STR_NULL;

	if (!str_is_null(in_query) && !str_is_null(in_body) && !str_equal(in_query, in_body))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "stream_id has two values");
	if (str_is_null(in_query) && str_is_null(in_body))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "stream_id is missing");
	return ssf_stream_get(&rq->op, rq->client->id, str_is_null(in_body) ? in_query : in_body, ret_stream);
}
