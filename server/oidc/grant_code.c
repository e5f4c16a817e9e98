#include "server/oidc/code.h"
#include "server/oidc/grants.h"

int grant_code(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	const struct code_redemption redemption = {
		.code = rq->code,
		.redirect_uri = rq->redirect_uri,
		.code_verifier = rq->code_verifier,
		.jkt = rq->jkt,
	};
	int r;

	if (str_is_null(rq->code))
		return op_fail(op, ERR_INVALID_REQUEST, "code is missing");
	if (str_is_null(rq->redirect_uri))
		return op_fail(op, ERR_INVALID_REQUEST, "redirect_uri is missing");
	r = code_redeem(op, rq->settings, rq->client, &redemption, ret);
	return r < 0 ? r : grant_narrow(op, rq, ret);
}
