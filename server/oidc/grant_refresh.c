#include "server/oidc/family.h"
#include "server/oidc/grants.h"

int grant_refresh(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	const struct refresh_request request = { .token = rq->refresh_token, .jkt = rq->jkt };
	int r;

	if (str_is_null(rq->refresh_token))
		return op_fail(op, ERR_INVALID_REQUEST, "refresh_token is missing");
	r = family_refresh(op, rq->settings, rq->client, &request, ret);
	return r < 0 ? r : grant_narrow(op, rq, ret);
}
