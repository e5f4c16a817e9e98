#include "server/oidc/software_statement.h"

#include "common/crypto/jws.h"
#include "server/oidc/client_metadata.h"
#include "server/oidc/jwt_time.h"
#include "server/oidc/registration_store.h"

static int bad(struct op *op, const char *detail)
{
	return op_fail_detail(op, ERR_INVALID_SOFTWARE_STATEMENT, "the software statement is malformed, expired, for another server, or its signature is wrong",
	                      "%s", detail);
}

static bool is_for(const json_t *aud, struct str issuer)
{
	const json_t *item;
	size_t i;

	if (json_is_string(aud))
		return str_equal(str_n(json_string_value(aud), json_string_length(aud)), issuer);
	json_array_foreach(aud, i, item)
		if (json_is_string(item) && str_equal(str_n(json_string_value(item), json_string_length(item)), issuer))
			return true;
	return !aud;
}

static int check_claims(struct op *op, const struct statement_check *check, struct str statement, const json_t *claims)
{
	int64_t exp_s;

	if (!is_for(json_object_get(claims, "aud"), check->issuer))
		return bad(op, "aud");
	if (!jwt_has_begun(claims, op->now_s))
		return bad(op, "nbf or iat");
	if (!json_object_get(claims, "exp"))
		return 0;
	if (!jwt_time_get(claims, "exp", &exp_s))
		return bad(op, "exp");
	return exp_s > op->now_s || str_equal(statement, check->known) ? 0 : bad(op, "expired");
}

/* iss of what may be a forgery says whose keys to try. */
static int find_keys(struct op *op, struct str statement, struct jwk_set **ret_keys)
{
	_json_ json_t *claims = NULL;
	struct str payload, jwks, iss;
	int r;

	if (!jws_peek_unverified(op, statement, &payload))
		return bad(op, "not a JWS");
	claims = json_read(payload, CLIENT_METADATA_DEPTH, NULL);
	iss = json_get_str(claims, "iss");
	if (str_is_empty(iss))
		return bad(op, "iss is missing");
	r = software_issuer_find(op, iss, &jwks);
	return r < 0 ? r : jwk_set_read(op, jwks, ret_keys);
}

int software_statement_read(struct op *op, const struct statement_check *check, const struct jwk_set *keys, struct str statement, json_t **ret_claims)
{
	_json_ json_t *claims = NULL;
	struct str payload;
	int r;

	if (!jws_verify(op, statement, JWS_TYP_JWT_OR_NONE, jwk_set_find, &(struct jwk_want){ keys, JWS_ALGS_ALL }, &payload))
		return bad(op, "signature");
	claims = json_read(payload, CLIENT_METADATA_DEPTH, NULL);
	if (!json_is_object(claims))
		return bad(op, "claims");
	r = check_claims(op, check, statement, claims);
	if (r >= 0)
		*ret_claims = TAKE_PTR(claims);
	return r;
}

static int read_claims(struct op *op, const struct statement_check *check, struct str statement, json_t **ret_claims)
{
	_cleanup_(jwk_set_freep) struct jwk_set *keys = NULL;
	int r = find_keys(op, statement, &keys);

	return r < 0 ? r : software_statement_read(op, check, keys, statement, ret_claims);
}

int software_statement_apply(struct op *op, const struct statement_check *check, const json_t *sent, json_t **ret_whole)
{
	json_t *member = json_object_get(sent, "software_statement");
	_json_ json_t *claims = NULL, *whole = NULL;
	int r = 0;

	if (member && !json_is_string(member))
		return bad(op, "not a text");
	if (member)
		r = read_claims(op, check, str_n(json_string_value(member), json_string_length(member)), &claims);
	if (r < 0)
		return r;
	whole = json_deep_copy(sent);
	json_object_update(whole, claims);
	/* "MUST be returned unmodified" (RFC 7591 §3.2.1) */
	if (member)
		json_set_take(whole, "software_statement", json_incref(member));
	*ret_whole = TAKE_PTR(whole);
	return 0;
}
