#include "server/federation/statement.h"

#include "server/federation/constraints.h"
#include "server/federation/metadata_policy.h"
#include "server/oidc/jwt_time.h"

#define ENTITY_TYPES_MAX 16
#define TRUST_MARKS_MAX 32

static int bad(struct op *op, const char *text)
{
	return op_fail(op, ERR_INVALID_TRUST_CHAIN, text);
}

int federation_keys_read(struct op *op, const json_t *jwks, struct jwk_set **ret_keys)
{
	const json_t *keys = json_object_get(jwks, "keys"), *key;
	size_t i, k;

	json_array_foreach(keys, i, key) {
		struct str kid = json_get_str(key, "kid");

		if (str_is_empty(kid))
			return bad(op, "a federation key has no kid");
		for (k = 0; k < i; k++)
			if (str_equal(json_get_str(json_array_get(keys, k), "kid"), kid))
				return bad(op, "two federation keys have one kid");
	}
	if (jwk_set_read(op, json_write(op->arena, jwks, false), ret_keys) < 0) {
		op_forgive(op);
		return bad(op, "jwks is not a set of public keys that can be used here");
	}
	return 0;
}

bool federation_metadata_is_valid(const json_t *metadata)
{
	const char *type, *name;
	json_t *parameters, *value;

	if (!json_is_object(metadata) || json_object_size(metadata) > ENTITY_TYPES_MAX)
		return false;
	json_object_foreach((json_t *)(uintptr_t)metadata, type, parameters) {
		if (!json_is_object(parameters))
			return false;
		json_object_foreach(parameters, name, value)
			if (json_is_null(value))
				return false;
	}
	return true;
}

/* §3.2: claims of one kind of statement refuse the other. */
static bool has_foreign_claim(const struct statement *s)
{
	static const char *const of_subordinate[] = { "metadata_policy", "metadata_policy_crit", "constraints", "source_endpoint" };
	static const char *const of_configuration[] = { "authority_hints", "trust_anchor_hints", "trust_marks", "trust_mark_issuers",
		                                        "trust_mark_owners" };
	bool is_own = statement_is_configuration(s);
	const char *const *names = is_own ? of_subordinate : of_configuration;
	size_t n = is_own ? ARRAY_LEN(of_subordinate) : ARRAY_LEN(of_configuration);

	for (size_t i = 0; i < n; i++)
		if (json_object_get(s->claims, names[i]))
			return true;
	return false;
}

/* Trust marks are not judged here, only their form (§3.2): who asks about them asks their issuer. */
static bool marks_are_formed(struct op *op, const json_t *marks)
{
	const json_t *mark;
	size_t i;

	if (!marks)
		return true;
	if (!json_is_array(marks) || json_array_size(marks) > TRUST_MARKS_MAX)
		return false;
	json_array_foreach(marks, i, mark) {
		struct str type = json_get_str(mark, "trust_mark_type"), payload;
		_json_ json_t *claims = NULL;

		if (str_is_empty(type) || !jws_peek_unverified(op, json_get_str(mark, "trust_mark"), &payload))
			return false;
		claims = json_read(payload, STATEMENT_DEPTH, NULL);
		if (!str_equal(json_get_str(claims, "trust_mark_type"), type))
			return false;
	}
	return true;
}

static int check_configuration(struct op *op, const struct statement *s)
{
	const json_t *hints = json_object_get(s->claims, "authority_hints"), *anchors = json_object_get(s->claims, "trust_anchor_hints");
	const json_t *issuers = json_object_get(s->claims, "trust_mark_issuers"), *owners = json_object_get(s->claims, "trust_mark_owners");

	if (hints && !entity_ids_are_valid(hints, AUTHORITY_HINTS_MAX))
		return bad(op, "authority_hints must name 1 to 16 entities");
	if (anchors && !entity_ids_are_valid(anchors, AUTHORITY_HINTS_MAX))
		return bad(op, "trust_anchor_hints must name 1 to 16 entities");
	if (!marks_are_formed(op, json_object_get(s->claims, "trust_marks")))
		return bad(op, "trust_marks are not well formed");
	if ((issuers && !json_is_object(issuers)) || (owners && !json_is_object(owners)))
		return bad(op, "trust_mark_issuers and trust_mark_owners must be objects");
	return 0;
}

static int check_subordinate(struct op *op, const struct statement *s)
{
	const json_t *policy = json_object_get(s->claims, "metadata_policy"), *constraints = json_object_get(s->claims, "constraints");
	const json_t *source = json_object_get(s->claims, "source_endpoint");

	if (json_object_get(s->claims, "metadata_policy_crit"))
		return bad(op, "the statement calls a policy operator critical that is not known here");
	if (source && !entity_endpoint_is_valid(json_text(source)))
		return bad(op, "source_endpoint is no address");
	if (constraints && !constraints_are_valid(constraints))
		return bad(op, "the constraints are not well formed");
	return policy ? metadata_policy_check(op, policy) : 0;
}

static int check_claims(struct op *op, const struct statement *s)
{
	const json_t *metadata = json_object_get(s->claims, "metadata");
	int64_t iat_s;

	if (!entity_id_is_valid(s->iss) || !entity_id_is_valid(s->sub))
		return bad(op, "iss and sub must be entity identifiers");
	if (!jwt_time_get(s->claims, "iat", &iat_s) || !jwt_has_begun(s->claims, op->now_s))
		return bad(op, "the statement has no iat, or is of the future");
	if (s->exp_s <= op->now_s)
		return bad(op, "the statement has no exp, or has expired");
	if (json_object_get(s->claims, "crit"))
		return bad(op, "the statement has critical claims that are not known here");
	if (metadata && !federation_metadata_is_valid(metadata))
		return bad(op, "metadata must be an object of objects, without null");
	if (has_foreign_claim(s))
		return bad(op, "the statement has a claim that statements of its kind must not have");
	return statement_is_configuration(s) ? check_configuration(op, s) : check_subordinate(op, s);
}

int statement_read(struct op *op, struct str compact, struct statement *ret)
{
	struct statement s = { 0 };
	struct str payload;
	int r;

	if (compact.len > STATEMENT_MAX_LEN || !jws_peek_unverified(op, compact, &payload))
		return bad(op, "an entity statement is a signed JWT of at most 16384 bytes");
	s.claims = json_read(payload, STATEMENT_DEPTH, NULL);
	if (!json_is_object(s.claims)) {
		statement_clear(&s);
		return bad(op, "the claims of an entity statement are a JSON object");
	}
	s.iss = json_get_str(s.claims, "iss");
	s.sub = json_get_str(s.claims, "sub");
	if (!jwt_time_get(s.claims, "exp", &s.exp_s))
		s.exp_s = 0;
	r = check_claims(op, &s);
	if (r >= 0)
		r = federation_keys_read(op, json_object_get(s.claims, "jwks"), &s.keys);
	if (r < 0) {
		statement_clear(&s);
		return r;
	}
	s.compact = arena_dup(op->arena, compact);
	*ret = s;
	return 0;
}

void statement_clear(struct statement *s)
{
	json_decref(s->claims);
	jwk_set_free(s->keys);
	*s = (struct statement){ 0 };
}

/* §3: the header MUST have a kid; a key is never guessed. */
static const struct jwk *find_named(void *want, struct str kid, enum jws_alg alg)
{
	return str_is_null(kid) ? NULL : jwk_set_find(want, kid, alg);
}

bool statement_is_signed_by(struct op *op, const struct statement *s, const struct jwk_set *keys)
{
	struct jwk_want want = { keys, JWS_ALGS_ALL };
	struct str payload;

	return keys && jws_verify(op, s->compact, STATEMENT_TYP, find_named, &want, &payload);
}
