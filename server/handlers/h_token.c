/* POST /token.  RFC 6749 §3.2, §4.1.3, §6; RFC 7636 §4.6; OIDC Core §3.1.3, §12. */

#include "server/handlers/handlers.h"
#include "server/oidc/family.h"
#include "server/oidc/issue.h"

enum { P_GRANT_TYPE = P_CLIENT_SECRET + 1, P_CODE, P_REDIRECT_URI, P_CODE_VERIFIER, P_REFRESH_TOKEN, P_SCOPE };
const struct param_spec token_params[] = {
	CLIENT_PARAMS,
	[P_GRANT_TYPE] = { "grant_type", 64, PARAM_REQUIRED | PARAM_PRINTABLE | PARAM_BODY_ONLY },
	[P_CODE] = { "code", 256, PARAM_SECRET | PARAM_PRINTABLE | PARAM_BODY_ONLY },
	[P_REDIRECT_URI] = { "redirect_uri", 512, PARAM_BODY_ONLY },
	[P_CODE_VERIFIER] = { "code_verifier", 256, PARAM_SECRET | PARAM_BODY_ONLY },
	[P_REFRESH_TOKEN] = { "refresh_token", 256, PARAM_SECRET | PARAM_PRINTABLE | PARAM_BODY_ONLY },
	[P_SCOPE] = { "scope", 1000, PARAM_PRINTABLE | PARAM_BODY_ONLY },
};
const size_t n_token_params = ARRAY_LEN(token_params);

static int authorize_by_code(struct request *rq, struct authorization *auth)
{
	struct code_redemption redemption = {
		.code = rq_param(rq, P_CODE),
		.redirect_uri = rq_param(rq, P_REDIRECT_URI),
		.code_verifier = rq_param(rq, P_CODE_VERIFIER),
	};

	if (str_is_null(redemption.code))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "code is missing");
	if (str_is_null(redemption.redirect_uri))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "redirect_uri is missing");
	return code_redeem(&rq->op, rq->client, &redemption, auth);
}

/* RFC 6749 §6: the scope may be narrowed, never widened. */
static int narrow(struct op *op, struct str requested, struct authorization *auth)
{
	struct str rest = requested, part;

	if (str_is_null(requested))
		return 0;
	while (str_split(&rest, ' ', &part))
		if (!str_is_empty(part) && !scope_has(auth->scope, part))
			return op_fail(op, ERR_INVALID_SCOPE, "scope exceeds what was granted");
	auth->scope = requested;
	return 0;
}

static int authorize_by_refresh(struct request *rq, struct authorization *auth)
{
	int r;

	if (str_is_null(rq_param(rq, P_REFRESH_TOKEN)))
		return op_fail(&rq->op, ERR_INVALID_REQUEST, "refresh_token is missing");
	r = family_refresh(&rq->op, &rq->app->oidc, rq->client, rq_param(rq, P_REFRESH_TOKEN), auth);
	return r < 0 ? r : narrow(&rq->op, rq_param(rq, P_SCOPE), auth);
}

/* How each grant proves its authorization; what follows is the same for all. */
static const struct {
	const char *grant_type;
	int (*authorize)(struct request *rq, struct authorization *auth);
} grants[] = {
	{ "authorization_code", authorize_by_code },
	{ "refresh_token", authorize_by_refresh },
};

int h_token(struct request *rq)
{
	struct authorization auth;
	_json_ json_t *response = NULL;
	int r = ERR_UNSUPPORTED_GRANT_TYPE;

	for (size_t i = 0; i < ARRAY_LEN(grants); i++) {
		if (!str_equal(rq_param(rq, P_GRANT_TYPE), str_c(grants[i].grant_type)))
			continue;
		r = grants[i].authorize(rq, &auth);
		if (r < 0)
			return r;
		break;
	}
	if (r < 0)
		return op_fail(&rq->op, ERR_UNSUPPORTED_GRANT_TYPE, "grant_type is not supported");
	rq->log_account_id = auth.account_id;
	r = issue_tokens(&rq->op, &rq->app->oidc, rq->client, &auth, &response);
	if (r < 0)
		return r;
	response_header(rq, "Pragma", STR("no-cache"));
	return respond_json(rq, 200, response);
}
