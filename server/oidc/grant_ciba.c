#include "server/oidc/ciba.h"
#include "server/oidc/grants.h"

int grant_ciba(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	const struct ciba_poll poll = { .auth_req_id = rq->auth_req_id, .jkt = rq->jkt };
	int r;

	if (str_is_null(rq->auth_req_id))
		return op_fail(op, ERR_INVALID_REQUEST, "auth_req_id is missing");
	r = ciba_redeem(op, rq->settings, rq->client, &poll, ret);
	return r < 0 ? r : grant_narrow(op, rq, ret);
}
