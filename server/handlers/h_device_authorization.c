/* POST /device_authorization.  RFC 8628 §3.1, §3.2; RFC 8707; RFC 9396. */

#include "server/handlers/handlers.h"
#include "server/oidc/decoupled.h"
#include "server/oidc/device.h"

enum { P_SCOPE = N_CLIENT_PARAMS, P_RESOURCE, P_DETAILS };
const struct param_spec device_authorization_params[] = {
	CLIENT_PARAMS,
	[P_SCOPE] = { "scope", 1000, PARAM_PRINTABLE | PARAM_BODY_ONLY },
	[P_RESOURCE] = { "resource", 2048, PARAM_PRINTABLE | PARAM_MANY | PARAM_BODY_ONLY },
	[P_DETAILS] = { "authorization_details", 8192, PARAM_BODY_ONLY },
};
const size_t n_device_authorization_params = ARRAY_LEN(device_authorization_params);

int h_device_authorization(struct request *rq)
{
	struct op *op = &rq->op;
	const struct device_request request = {
		.scope = rq_param(rq, P_SCOPE),
		.resource = rq_param(rq, P_RESOURCE),
		.authorization_details = rq_param(rq, P_DETAILS),
		.jkt = rq->proved_jkt,
	};
	struct device_offer offer;
	_json_ json_t *answer = NULL;
	struct str uri;
	int r = device_begin(op, rq->client, &request, &offer);

	if (r >= 0)
		r = use_dpop(rq);
	if (r < 0)
		return r;
	uri = arena_printf(op->arena, "%.*s/device", STR_ARG(rq->app->oidc.issuer));
	answer = json_new_object();
	json_set_str(answer, "device_code", offer.device_code);
	json_set_str(answer, "user_code", offer.user_code);
	json_set_str(answer, "verification_uri", uri);
	json_set_str(answer, "verification_uri_complete", arena_printf(op->arena, "%.*s?user_code=%.*s", STR_ARG(uri), STR_ARG(offer.user_code)));
	json_set_int(answer, "expires_in", DEVICE_S);
	json_set_int(answer, "interval", DECOUPLED_INTERVAL_S);
	return respond_json(rq, 200, answer);
}
