#include "server/oidc/authorize_response.h"

#include "common/base/json.h"
#include "common/crypto/token_sign.h"

#define LOCATION_MAX 16384
#define JARM_LIFE_S 300 /* JARM §2.1: "a maximum JWT lifetime of 10 minutes is RECOMMENDED" */

void response_params_add(struct response_params *params, const char *name, struct str value)
{
	if (str_is_null(value))
		return;
	assert(params->n < RESPONSE_PARAMS_MAX);
	params->list[params->n].name = name;
	params->list[params->n++].value = value;
}

/* JARM §2.1: iss, aud, exp and the parameters as claims. */
static int sign(struct op *op, const struct client *client, struct response_params *params)
{
	_json_ json_t *claims = json_new_object();
	struct str jwt;
	int r;

	for (size_t i = 0; i < params->n; i++)
		json_set_str(claims, params->list[i].name, params->list[i].value);
	json_set_str(claims, "aud", client->id);
	json_set_int(claims, "exp", op->now_s + JARM_LIFE_S);
	json_set_int(claims, "iat", op->now_s);
	r = token_sign(op, client->response_alg, "JWT", claims, &jwt);
	if (r < 0)
		return r;
	*params = (struct response_params){ 0 };
	response_params_add(params, "response", jwt);
	return 0;
}

static int make_location(struct op *op, const struct authorize_request *request, struct authorize_response *response)
{
	struct buf b = buf_new(op->arena, LOCATION_MAX);
	bool first = true;

	buf_add(&b, request->redirect_uri);
	if (response->mode.carrier == CARRY_FRAGMENT) {
		buf_add_char(&b, '#');
	} else {
		first = str_index(request->redirect_uri, '?') < 0;
		if (first)
			buf_add_char(&b, '?');
	}
	for (size_t i = 0; i < response->params.n; i++)
		form_append(&b, &first, str_c(response->params.list[i].name), response->params.list[i].value);
	if (!buf_ok(&b))
		return op_fail(op, ERR_LIMIT, "the answer is too long");
	response->location = buf_str(&b);
	return 0;
}

int authorize_response_make(struct op *op, const struct oidc_settings *settings, const struct client *client,
                            const struct authorize_request *request, struct response_params *params,
                            struct authorize_response *ret_response)
{
	struct authorize_response response = { 0 };
	int r = 0;

	/* A mode that was refused does not carry the error either: the default does. */
	(void)response_mode_read(request, client, &response.mode);
	response_params_add(params, "state", request->state);
	response_params_add(params, "iss", settings->issuer);
	if (response.mode.is_jwt)
		r = sign(op, client, params);
	if (r < 0)
		return r;
	response.params = *params;
	if (response.mode.carrier != CARRY_FORM_POST)
		r = make_location(op, request, &response);
	if (r < 0)
		return r;
	*ret_response = response;
	return 0;
}
