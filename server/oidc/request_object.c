#include "server/oidc/request_object.h"

int request_object_resolve(struct op *op, const struct oidc_settings *settings, const struct client *client,
                           struct authorize_request *rq, struct authorize_origin *ret_origin)
{
	(void)settings;
	(void)client;
	if (!str_is_null(rq->request))
		return op_fail(op, ERR_REQUEST_NOT_SUPPORTED, "request objects are not supported");
	ret_origin->is_signed = false;
	return 0;
}
