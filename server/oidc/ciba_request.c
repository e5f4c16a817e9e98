/* ciba_request.c: where a CIBA request stands: in parameters, or in a signed object (CIBA §7.1.1). */

#include "server/oidc/ciba.h"
#include "server/oidc/request_object.h"

#include <string.h>

#define FIELD(name_, max) { #name_, offsetof(struct ciba_request, name_), max, false, false }
#define FIELD_MANY(name_, max) { #name_, offsetof(struct ciba_request, name_), max, true, false }
#define FIELD_SECRET(name_, max) { #name_, offsetof(struct ciba_request, name_), max, false, true }

const struct ciba_field ciba_fields[] = {
	FIELD(scope, 1000),
	FIELD_MANY(resource, 2048),
	FIELD(authorization_details, 8192),
	FIELD(login_hint, 128),
	FIELD_SECRET(id_token_hint, 8192),
	FIELD_SECRET(login_hint_token, 8192),
	FIELD(binding_message, 2048),
	FIELD(requested_expiry, 20),
	FIELD_SECRET(client_notification_token, 1024),
	FIELD_SECRET(request, 16384),
};
const size_t n_ciba_fields = ARRAY_LEN(ciba_fields);

struct str *ciba_field_of(struct ciba_request *rq, size_t i)
{
	return (struct str *)(void *)((char *)rq + ciba_fields[i].offset);
}

static int read_fields(struct op *op, const json_t *claims, struct ciba_request *rq)
{
	struct ciba_request inner = { .jkt = rq->jkt };

	for (size_t i = 0; i < n_ciba_fields; i++) {
		const struct ciba_field *f = &ciba_fields[i];
		struct str text = request_object_param(op, claims, f->name, f->many);

		if (json_object_get(claims, f->name) && (str_is_null(text) || text.len > f->max_bytes || memchr(text.p, 0, text.len)))
			return op_fail_detail(op, ERR_INVALID_REQUEST, "request object: a parameter is malformed or too long", "%s", f->name);
		*ciba_field_of(&inner, i) = str_is_empty(text) ? STR_NULL : text;
	}
	*rq = inner;
	return 0;
}

/* §7.1.1: "the authentication request parameters MUST NOT be present outside of the JWT". */
static bool is_alone(const struct ciba_request *rq)
{
	struct ciba_request copy = *rq;

	for (size_t i = 0; i < n_ciba_fields; i++)
		if (!str_equal(str_c(ciba_fields[i].name), STR("request")) && !str_is_null(*ciba_field_of(&copy, i)))
			return false;
	return true;
}

int ciba_resolve(struct op *op, const struct oidc_settings *settings, const struct client *client, struct ciba_request *rq)
{
	const struct request_object_rules rules = {
		.alg = client->ciba_request_alg,
		.names_times = true,
		.is_unique = true,
		.code = ERR_INVALID_REQUEST,
	};
	_json_ json_t *claims = NULL;
	int r;

	if (str_is_null(rq->request)) {
		if (client->ciba_request_alg != JWS_ALG_NONE_ || client->must_sign_request || client->profile != PROFILE_NONE)
			return op_fail(op, ERR_INVALID_REQUEST, "this client must send signed authentication requests");
		return 0;
	}
	if (!is_alone(rq))
		return op_fail(op, ERR_INVALID_REQUEST, "beside a signed request no other parameters are allowed");
	r = request_object_open(op, settings, client, rq->request, &rules, &claims);
	return r < 0 ? r : read_fields(op, claims, rq);
}
