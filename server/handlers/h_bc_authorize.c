/*
 * POST /bc-authorize: a client asks for an official who is elsewhere.  OpenID Connect CIBA Core 1.0 §7.
 *
 * acr_values are a wish here as anywhere: the level reached stands in the ID token.  user_code is not
 * offered and not looked at (§4: backchannel_user_code_parameter_supported is false).
 */
#include "server/handlers/handlers.h"
#include "server/oidc/ciba.h"
#include "server/oidc/decoupled.h"

struct param_spec bc_authorize_params[PARAMS_MAX];

size_t bc_authorize_params_declare(void)
{
	static const struct param_spec client[] = { CLIENT_PARAMS };
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(client); i++)
		bc_authorize_params[n++] = client[i];
	for (size_t i = 0; i < n_ciba_fields; i++) {
		const struct ciba_field *f = &ciba_fields[i];
		unsigned flags = PARAM_BODY_ONLY | (f->is_secret ? PARAM_SECRET | PARAM_PRINTABLE : 0u) | (f->many ? PARAM_MANY : 0u);

		bc_authorize_params[n++] = (struct param_spec){ f->name, f->max_bytes, (uint8_t)flags };
	}
	return n;
}

int h_bc_authorize(struct request *rq)
{
	struct op *op = &rq->op;
	struct ciba_request request = { .jkt = rq->proved_jkt };
	struct ciba_offer offer;
	_json_ json_t *answer = NULL;
	int r;

	for (size_t i = 0; i < n_ciba_fields; i++)
		*ciba_field_of(&request, i) = rq_param(rq, N_CLIENT_PARAMS + i);
	r = ciba_resolve(op, &rq->app->oidc, rq->client, &request);
	if (r >= 0)
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
