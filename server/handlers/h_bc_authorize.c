/*
 * POST /bc-authorize: a client asks for an official who is elsewhere.  OpenID Connect CIBA Core 1.0 §7.
 *
 * acr_values are a wish here as anywhere: the level reached stands in the ID token.  user_code is not
 * offered and not looked at (§4: backchannel_user_code_parameter_supported is false).
 */
#include "server/handlers/handlers.h"
#include "server/oidc/ciba.h"
#include "server/oidc/decoupled.h"

#define FIELD(name_, max, flags_) { { #name_, max, (flags_) | PARAM_BODY_ONLY }, offsetof(struct ciba_request, name_) }

static const struct {
	struct param_spec spec;
	size_t offset;
} fields[] = {
	FIELD(scope, 1000, PARAM_PRINTABLE),
	FIELD(resource, 2048, PARAM_PRINTABLE | PARAM_MANY),
	FIELD(authorization_details, 8192, 0),
	FIELD(login_hint, 128, 0),
	FIELD(id_token_hint, 8192, PARAM_SECRET | PARAM_PRINTABLE),
	FIELD(login_hint_token, 8192, PARAM_SECRET | PARAM_PRINTABLE),
	FIELD(binding_message, 2048, 0),
	FIELD(requested_expiry, 20, PARAM_PRINTABLE),
	FIELD(client_notification_token, 1024, PARAM_SECRET | PARAM_PRINTABLE),
	FIELD(request, 16384, PARAM_SECRET | PARAM_PRINTABLE),
};

struct param_spec bc_authorize_params[PARAMS_MAX];

size_t bc_authorize_params_declare(void)
{
	static const struct param_spec client[] = { CLIENT_PARAMS };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		bc_authorize_params[n++] = client[i];
	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		bc_authorize_params[n++] = fields[i].spec;
	return n;
}

int h_bc_authorize(struct request *rq)
{
	struct op *op = &rq->op;
	struct ciba_request request = { .jkt = rq->proved_jkt };
	struct ciba_offer offer;
	_json_ json_t *answer = NULL;
	int r;

	for (size_t i = 0; i < ARRAY_LEN(fields); i++)
		*(struct str *)(void *)((char *)&request + fields[i].offset) = rq_param(rq, N_CLIENT_PARAMS + i);
	r = ciba_check(op, rq->client, &request);
	if (r >= 0)
		r = ciba_begin(op, &rq->app->oidc, rq->client, &request, &offer);
	if (r < 0)
		return r;
	answer = json_new_object();
	json_set_str(answer, "auth_req_id", offer.auth_req_id);
	json_set_int(answer, "expires_in", offer.expires_s);
	json_set_int(answer, "interval", DECOUPLED_INTERVAL_S);
	return respond_json(rq, 200, answer);
}
