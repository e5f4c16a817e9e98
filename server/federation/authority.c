#include "server/federation/authority.h"

#include "common/crypto/keyring.h"
#include "server/federation/constraints.h"
#include "server/federation/subordinate.h"
#include "server/oidc/metadata.h"

static json_t *claims_new(struct op *op, const struct federation *f, struct str sub)
{
	json_t *claims = json_new_object();

	json_set_str(claims, "iss", federation_id(f));
	json_set_str(claims, "sub", sub);
	json_set_int(claims, "iat", op->now_s);
	json_set_int(claims, "exp", op->now_s + STATEMENT_S);
	return claims;
}

/* Those of one algorithm: no more keys than are used here. */
static json_t *own_keys(struct op *op)
{
	_json_ json_t *all = keyring_jwks(op->keys);
	json_t *jwks = json_new_object(), *keys = json_new_array(), *key;
	size_t i;

	json_array_foreach(json_object_get(all, "keys"), i, key)
		if (str_equal(json_get_str(key, "alg"), STR("ES256")))
			json_array_append(keys, key);
	json_set_take(jwks, "keys", keys);
	return jwks;
}

static void set_endpoint(struct op *op, json_t *metadata, const char *name, const struct federation *f, const char *path)
{
	json_set_str(metadata, name, arena_printf(op->arena, "%.*s/federation/%s", STR_ARG(federation_id(f)), path));
}

/* §5.1.1, §5.1.3.  No client registers itself by a trust chain here, and the list says so. */
static json_t *own_metadata(struct op *op, const struct federation *f)
{
	json_t *metadata = json_new_object(), *entity = json_new_object(), *provider = metadata_json(op->arena, federation_oidc(f));

	json_set_take(provider, "client_registration_types_supported", json_new_array());
	if (!str_is_empty(federation_organization(f)))
		json_set_str(entity, "organization_name", federation_organization(f));
	set_endpoint(op, entity, "federation_fetch_endpoint", f, "fetch");
	set_endpoint(op, entity, "federation_list_endpoint", f, "list");
	if (federation_resolves(f))
		set_endpoint(op, entity, "federation_resolve_endpoint", f, "resolve");
	json_set_take(metadata, "openid_provider", provider);
	json_set_take(metadata, FEDERATION_ENTITY, entity);
	return metadata;
}

static int sign(struct op *op, const char *typ, const json_t *claims, struct str *ret_compact)
{
	return jws_sign_document(op, keyring_signing(op->keys, JWS_ES256), typ, json_write(op->arena, claims, false), ret_compact);
}

int authority_configuration(struct op *op, const struct federation *f, struct str *ret_compact)
{
	_json_ json_t *claims = claims_new(op, f, federation_id(f));
	struct str_list list = federation_hints(f);
	json_t *hints = json_new_array();

	for (size_t i = 0; i < list.n; i++)
		json_array_append_new(hints, json_from_str(list.p[i]));
	json_set_take(claims, "authority_hints", hints);
	json_set_take(claims, "jwks", own_keys(op));
	json_set_take(claims, "metadata", own_metadata(op, f));
	return sign(op, STATEMENT_TYP, claims, ret_compact);
}

static int set_json(struct op *op, json_t *claims, const char *name, struct str text)
{
	json_t *value = json_read(text, STATEMENT_DEPTH, NULL);

	if (!value)
		return op_fail(op, ERR_INTERNAL, "a subordinate in the database cannot be read");
	json_set_take(claims, name, value);
	return 0;
}

/* Platforms are leaves: nobody joins the federation below one of them. */
static void set_constraints(json_t *claims)
{
	json_t *constraints = json_new_object();

	json_set_int(constraints, "max_path_length", 0);
	json_set_take(claims, "constraints", constraints);
}

int authority_statement(struct op *op, const struct federation *f, struct str sub, struct str *ret_compact)
{
	_json_ json_t *claims = claims_new(op, f, sub);
	struct subordinate s;
	int r;

	if (str_equal(sub, federation_id(f)))
		return op_fail(op, ERR_INVALID_REQUEST, "sub is the issuer itself: its configuration is at /.well-known/openid-federation");
	r = subordinate_find(op, sub, &s);
	if (r >= 0)
		r = set_json(op, claims, "jwks", s.jwks);
	if (r >= 0 && !str_is_null(s.metadata_policy))
		r = set_json(op, claims, "metadata_policy", s.metadata_policy);
	if (r < 0)
		return r;
	set_constraints(claims);
	set_endpoint(op, claims, "source_endpoint", f, "fetch");
	return sign(op, STATEMENT_TYP, claims, ret_compact);
}

/* §8.3.2 */
int authority_resolved(struct op *op, const struct federation *f, const struct statement *chain, size_t n,
                       const struct trust_verdict *verdict, struct str types, struct str *ret_compact)
{
	_json_ json_t *claims = claims_new(op, f, chain[0].sub);
	json_t *metadata = json_new_object(), *statements = json_new_array();
	struct str type;

	if (str_is_null(types) && json_object_update(metadata, verdict->metadata) != 0)
		abort();
	while (str_split(&types, ' ', &type)) {
		const char *name = arena_cstr(op->arena, type);
		json_t *parameters = json_object_get(verdict->metadata, name);

		if (parameters)
			json_set_take(metadata, name, json_incref(parameters));
	}
	for (size_t i = 0; i < n; i++)
		json_array_append_new(statements, json_from_str(chain[i].compact));
	json_set_int(claims, "exp", verdict->exp_s);
	json_set_take(claims, "metadata", metadata);
	json_set_take(claims, "trust_chain", statements);
	return sign(op, RESOLVE_TYP, claims, ret_compact);
}
