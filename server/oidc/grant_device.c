#include "server/oidc/device.h"
#include "server/oidc/grants.h"

int grant_device(struct op *op, const struct token_request *rq, struct authorization *ret)
{
	const struct device_poll poll = { .device_code = rq->device_code, .jkt = rq->jkt };
	int r;

	if (str_is_null(rq->device_code))
		return op_fail(op, ERR_INVALID_REQUEST, "device_code is missing");
	r = device_redeem(op, rq->settings, rq->client, &poll, ret);
	return r < 0 ? r : grant_narrow(op, rq, ret);
}
