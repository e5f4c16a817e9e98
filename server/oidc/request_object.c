#include "server/oidc/request_object.h"

#include "common/crypto/jws.h"
#include "server/oidc/client_jws.h"
#include "server/oidc/jwt_time.h"
#include "server/oidc/remote_document.h"

#include <string.h>

#define DEPTH 8
#define LIFE_MAX_S 3600 /* FAPI 2.0 Message Signing §5.3.1: exp at most 60 minutes after nbf, nbf at most 60 minutes old */
#define SKEW_S 10

/* iss and aud: RFC 9101 §6.3 with OIDC Core §6.1: there when the object is meant to be checked by them. */
static bool audience_fits(const json_t *aud, struct str issuer)
{
	const json_t *item;
	size_t i;

	if (json_is_string(aud))
		return str_equal(str_n(json_string_value(aud), json_string_length(aud)), issuer);
	json_array_foreach(aud, i, item)
		if (json_is_string(item) && audience_fits(item, issuer))
			return true;
	return false;
}

static const char *find_time_fault(const struct op *op, const struct request_object_rules *rules, const json_t *claims)
{
	int64_t exp_s = 0, nbf_s = 0;
	bool has_exp = jwt_time_get(claims, "exp", &exp_s), has_nbf = jwt_time_get(claims, "nbf", &nbf_s);

	if ((json_object_get(claims, "exp") && !has_exp) || !jwt_has_begun(claims, op->now_s))
		return "request object: a time is malformed or ahead";
	if (has_exp && exp_s + SKEW_S <= op->now_s)
		return "request object: it has expired";
	if (!rules->names_times)
		return NULL;
	if (!has_exp || !has_nbf)
		return "request object: exp and nbf are required";
	if (op->now_s - nbf_s > LIFE_MAX_S || exp_s - nbf_s > LIFE_MAX_S)
		return "request object: nbf and exp must be within 60 minutes";
	return NULL;
}

static const char *find_fault(const struct op *op, struct str issuer, const struct client *client,
                              const struct request_object_rules *rules, const json_t *claims)
{
	const json_t *aud = json_object_get(claims, "aud"), *iss = json_object_get(claims, "iss");

	if (json_object_get(claims, "request") || json_object_get(claims, "request_uri"))
		return "request object: request and request_uri may not stand in it"; /* RFC 9101 §4 */
	if (json_object_get(claims, "client_id") && !str_equal(json_get_str(claims, "client_id"), client->id))
		return "request object: client_id differs";
	if (iss && !str_equal(json_get_str(claims, "iss"), client->id))
		return "request object: iss must be the client_id";
	if (aud ? !audience_fits(aud, issuer) : rules->names_times)
		return "request object: aud must be the issuer";
	if (rules->is_unique && (!iss || str_is_empty(json_get_str(claims, "jti")) || !json_object_get(claims, "iat")))
		return "request object: iss, iat and jti are required";
	return find_time_fault(op, rules, claims);
}

/* A text as it is, a number in digits, JSON (claims, authorization_details) as text. */
static struct str value_of(struct op *op, const json_t *value)
{
	if (json_is_string(value))
		return arena_dup(op->arena, str_n(json_string_value(value), json_string_length(value)));
	if (json_is_integer(value))
		return arena_printf(op->arena, "%lld", (long long)json_integer_value(value));
	if (json_is_object(value) || json_is_array(value))
		return json_write(op->arena, value, false);
	return STR_NULL;
}

/* Several resources come as an array (RFC 8707 §2 with RFC 9101). */
struct str request_object_param(struct op *op, const json_t *claims, const char *name, bool many)
{
	const json_t *value = json_object_get(claims, name), *item;
	struct str all = STR_NULL;
	size_t i;

	if (!many || !json_is_array(value))
		return value_of(op, value);
	json_array_foreach(value, i, item) {
		struct str one = value_of(op, item);

		all = str_is_null(all) ? one : arena_printf(op->arena, "%.*s %.*s", STR_ARG(all), STR_ARG(one));
	}
	return all;
}

static int read_fields(struct op *op, const json_t *claims, struct authorize_request *rq)
{
	struct authorize_request inner = { 0 };

	for (size_t i = 0; i < n_authorize_fields; i++) {
		const struct authorize_field *f = &authorize_fields[i];
		struct str text = request_object_param(op, claims, f->name, f->many);

		if (f->wish && text.len > f->max_bytes)
			continue;
		if (json_object_get(claims, f->name) && (str_is_null(text) || text.len > f->max_bytes || memchr(text.p, 0, text.len)))
			return op_fail_detail(op, ERR_INVALID_REQUEST_OBJECT, "request object: a parameter is malformed or too long", "%s", f->name);
		*authorize_field_of(&inner, i) = str_is_empty(text) ? STR_NULL : text;
	}
	inner.client_id = rq->client_id;
	*rq = inner;
	return 0;
}

/* OIDC Core §6.1: what the specification demands outside must be the same inside, where it is there. */
static bool agrees(const json_t *claims, const char *name, struct str outer)
{
	return str_is_null(outer) || !json_object_get(claims, name) || str_equal(json_get_str(claims, name), outer);
}

/* Everything up to '#'. */
static struct str without_fragment(struct str uri)
{
	ptrdiff_t at = str_index(uri, '#');

	return at < 0 ? uri : str_n(uri.p, (size_t)at);
}

static bool is_registered(const struct client *client, struct str uri)
{
	for (size_t i = 0; i < client->request_uris.n; i++)
		if (str_equal(without_fragment(client->request_uris.p[i]), without_fragment(uri)))
			return true;
	return false;
}

int request_object_fetch(struct op *op, const struct oidc_settings *settings, const struct client *client,
                         struct authorize_request *rq)
{
	struct str text;
	int r;

	if (!settings->request_uri)
		return op_fail(op, ERR_REQUEST_URI_NOT_SUPPORTED, "request_uri must come from the pushed authorization request endpoint");
	if (!is_registered(client, rq->request_uri))
		return op_fail(op, ERR_INVALID_REQUEST_URI, "request_uri is not registered for this client");
	r = remote_document_get(op, settings->documents, without_fragment(rq->request_uri), "application/oauth-authz-req+jwt", &text);
	if (r == ERR_UNAVAILABLE) {
		struct str detail = op->error.detail;

		op_forgive(op);
		return op_fail_detail(op, ERR_INVALID_REQUEST_URI, "the request object cannot be fetched", "%.*s", STR_ARG(detail));
	}
	if (r < 0)
		return r;
	rq->request = str_trim(text);
	rq->request_uri = STR_NULL;
	return 0;
}

int request_object_open(struct op *op, const struct oidc_settings *settings, const struct client *client, struct str compact,
                        const struct request_object_rules *rules, json_t **ret_claims)
{
	/* RFC 9101 §10.8 wants the explicit type; OpenID Connect clients send "JWT" or none. */
	const struct client_jws jws = { compact, "oauth-authz-req+jwt|" JWS_TYP_JWT_OR_NONE, client_algs(client, rules->alg) };
	_json_ json_t *claims = NULL;
	struct str payload;
	const char *fault;
	int r = client_jws_verify(op, settings->remote_keys, client, &jws, rules->code, &payload);

	if (r < 0)
		return r;
	claims = json_read(payload, DEPTH, NULL);
	fault = json_is_object(claims) ? find_fault(op, settings->issuer, client, rules, claims) : "request object: not a JSON object";
	if (fault)
		return op_fail(op, rules->code, fault);
	*ret_claims = TAKE_PTR(claims);
	return 0;
}

int request_object_resolve(struct op *op, const struct oidc_settings *settings, const struct client *client,
                           struct authorize_request *rq, struct authorize_origin *ret_origin)
{
	const struct request_object_rules rules = {
		.alg = client->request_alg,
		.names_times = client->profile != PROFILE_NONE,
		.code = ERR_INVALID_REQUEST_OBJECT,
	};
	_json_ json_t *claims = NULL;
	int r;

	*ret_origin = (struct authorize_origin){ 0 };
	if (str_is_null(rq->request))
		return 0;
	r = request_object_open(op, settings, client, rq->request, &rules, &claims);
	/* RFC 9101 §4: all parameters that are used must stand in it; §5, §6.3: this one, identical.  find_fault() compared it. */
	if (r >= 0 && !json_object_get(claims, "client_id"))
		r = op_fail(op, ERR_INVALID_REQUEST_OBJECT, "request object: client_id is missing");
	if (r >= 0 && !agrees(claims, "response_type", rq->response_type))
		r = op_fail(op, ERR_INVALID_REQUEST_OBJECT, "request object: response_type differs");
	if (r >= 0)
		r = read_fields(op, claims, rq);
	if (r >= 0)
		ret_origin->is_signed = true;
	return r;
}
