#include "server/oidc/client_assertion.h"

#include "server/oidc/jwt_time.h"

#define LIFE_MAX_S 600
#define SKEW_S 10
#define JTI_MAX 256

/* An endpoint under the address for mutual TLS (RFC 8705 §5) is the same endpoint. */
static bool is_endpoint(const struct assertion_place *place, struct str text, struct str endpoint)
{
	struct str issuer = place->settings->issuer, alias = place->settings->mtls_issuer;

	return str_equal(text, endpoint) ||
	       (!str_is_empty(alias) && str_starts(text, alias) && str_equal(str_skip(text, alias.len), str_skip(endpoint, issuer.len)));
}

/* FAPI 2.0 §5.3.2.1: the issuer, as a text.  Older clients name the endpoint, or several in an array. */
static bool audience_fits(const struct assertion_place *place, const json_t *aud)
{
	bool may_name_endpoints = place->client->legacy_assertion_audience || place->endpoint_is_audience;
	const json_t *item;
	size_t i;

	if (json_is_string(aud)) {
		struct str text = str_n(json_string_value(aud), json_string_length(aud));

		return str_equal(text, place->settings->issuer) ||
		       (may_name_endpoints && (is_endpoint(place, text, place->endpoint) || is_endpoint(place, text, place->settings->token_endpoint)));
	}
	if (!may_name_endpoints)
		return false;
	json_array_foreach(aud, i, item)
		if (json_is_string(item) && audience_fits(place, item))
			return true;
	return false;
}

static const char *find_fault(const struct op *op, const struct assertion_place *place, const json_t *claims, int64_t *ret_exp_s)
{
	struct str jti = json_get_str(claims, "jti");

	if (!str_equal(json_get_str(claims, "iss"), place->client->id) || !str_equal(json_get_str(claims, "sub"), place->client->id))
		return "iss and sub must be the client_id";
	if (!audience_fits(place, json_object_get(claims, "aud")))
		return "aud must be the issuer";
	if (!jwt_time_get(claims, "exp", ret_exp_s) || *ret_exp_s + SKEW_S <= op->now_s)
		return "exp is missing or past";
	if (*ret_exp_s > op->now_s + LIFE_MAX_S + JWT_AHEAD_MAX_S)
		return "exp is more than ten minutes ahead";
	if (!jwt_has_begun(claims, op->now_s))
		return "iat or nbf is ahead";
	if (str_is_empty(jti) || jti.len > JTI_MAX)
		return "jti is missing or too long";
	return NULL;
}

const char *client_assertion_read(struct op *op, const struct assertion_place *place, struct str payload, struct client_assertion *ret)
{
	_json_ json_t *claims = json_read(payload, ASSERTION_DEPTH, NULL);
	int64_t exp_s = 0;
	const char *fault = json_is_object(claims) ? find_fault(op, place, claims, &exp_s) : "not a JSON object";

	if (!fault)
		*ret = (struct client_assertion){ arena_dup(op->arena, json_get_str(claims, "jti")), exp_s };
	return fault;
}
