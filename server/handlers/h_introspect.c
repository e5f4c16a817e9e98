/* POST /introspect.  RFC 7662; as a signed JWT to those who ask for it, RFC 9701. */

#include "common/base/json_out.h"
#include "server/handlers/handlers.h"
#include "server/handlers/token_query.h"
#include "common/crypto/token_sign.h"
#include "server/oidc/introspection.h"

const struct param_spec token_query_params[] = {
	CLIENT_PARAMS,
	[P_TOKEN] = { "token", 8192, PARAM_REQUIRED | PARAM_SECRET | PARAM_BODY_ONLY },
	[P_TOKEN_TYPE_HINT] = { "token_type_hint", 64, PARAM_BODY_ONLY },
};
const size_t n_token_query_params = ARRAY_LEN(token_query_params);

#define JWT_TYPE "application/token-introspection+jwt"

/* RFC 9701 §5: the answer is one member among those that say who it is from and for. */
static int respond_signed(struct request *rq, struct str answer)
{
	struct op *op = &rq->op;
	struct json_out claims = json_out_begin(op->arena);
	struct str jwt;
	int r;

	json_out_str(&claims, "iss", rq->app->oidc.issuer);
	json_out_str(&claims, "aud", rq->client->id);
	json_out_int(&claims, "iat", op->now_s);
	json_out_raw(&claims, "token_introspection", answer);
	r = token_sign_text(op, rq->client->introspection_alg, "token-introspection+jwt", json_out_end(&claims), &jwt);
	return r < 0 ? r : respond_bytes(rq, 200, JWT_TYPE, jwt);
}

int h_introspect(struct request *rq)
{
	struct str answer;
	const struct introspection in = { rq->app->oidc.issuer, rq->snapshot, rq->client };
	int r = introspect(&rq->op, &in, rq_param(rq, P_TOKEN), &answer);

	if (r < 0)
		return r;
	if (str_contains(rq_header(rq, "Accept"), STR(JWT_TYPE)))
		return respond_signed(rq, answer);
	return respond_json_text(rq, 200, answer);
}
