#include "server/oidc/registration.h"

#include "common/base/random.h"
#include "common/crypto/jwk_set.h"
#include "common/crypto/keyring.h"
#include "server/oidc/client_metadata.h"
#include "server/oidc/registration_policy.h"
#include "server/oidc/registration_store.h"
#include "server/oidc/sector.h"
#include "server/oidc/software_statement.h"

#define ID_BYTES 16
#define TOKEN_BYTES 32

/* Made by the server, so of no use in what a client sends (RFC 7592 §2.2). */
static const char *const servers_own[] = { "registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at" };

struct secrets {
	struct str secret, hash, sealed; /* STR_NULL: none */
};

static struct str token_hash(struct op *op, const char *use, struct str token)
{
	return keyring_hash(op->arena, op->keys, KEY_CLIENT, use, token);
}

static bool needs_secret(const struct client *c)
{
	return c->auth_method == CLIENT_AUTH_BASIC || c->auth_method == CLIENT_AUTH_POST || c->auth_method == CLIENT_AUTH_SECRET_JWT;
}

static struct secrets make_secrets(struct op *op, const struct client *c, struct str id)
{
	struct secrets s = { STR_NULL, STR_NULL, STR_NULL };

	if (!needs_secret(c))
		return s;
	s.secret = random_token(op->arena, STR("sncs_"), TOKEN_BYTES);
	s.hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "client_secret", s.secret);
	if (c->auth_method == CLIENT_AUTH_SECRET_JWT)
		s.sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), CLIENT_SECRET_PURPOSE, id, s.secret);
	return s;
}

/* Signatures that nobody here could make are refused now, not at the first sign-in. */
static int check_algs(struct op *op, const struct client *c)
{
	const enum jws_alg algs[] = { c->id_token_alg, c->userinfo_alg, c->response_alg, c->introspection_alg };

	for (size_t i = 0; i < ARRAY_LEN(algs); i++)
		if (algs[i] != JWS_ALG_NONE_ && !keyring_signing(op->keys, algs[i]))
			return op_fail(op, ERR_INVALID_CLIENT_METADATA, "this server has no key for one of the signing algorithms");
	return 0;
}

/* A private or symmetric key in a JWK Set is being given away; keys that sign for the client must be of use. */
static int check_keys(struct op *op, const json_t *sent, const struct client *c)
{
	_cleanup_(jwk_set_freep) struct jwk_set *keys = NULL;
	const json_t *key;
	size_t i;

	json_array_foreach(json_object_get(json_object_get(sent, "jwks"), "keys"), i, key)
		if (json_object_get(key, "d") || json_object_get(key, "k"))
			return op_fail(op, ERR_INVALID_CLIENT_METADATA, "jwks holds a private or symmetric key: give public ones, and make new ones");
	if (c->auth_method != CLIENT_AUTH_PRIVATE_KEY_JWT || str_is_null(c->jwks) || jwk_set_read(op, c->jwks, &keys) >= 0)
		return 0;
	op_forgive(op);
	return op_fail(op, ERR_INVALID_CLIENT_METADATA, "jwks has no key that can be used here");
}

struct sent {
	struct str policy;    /* of the initial access token */
	struct str statement; /* that the client was registered with before; STR_NULL: none */
	const json_t *metadata;
};

/* What a client sent, and those who vouch for it, under a policy, into what is stored. */
static int read_metadata(struct op *op, const struct oidc_settings *settings, const struct sent *sent, json_t **ret_normal, struct client *ret_client)
{
	const struct statement_check check = { settings->issuer, sent->statement };
	_json_ json_t *policy = json_read(sent->policy, CLIENT_METADATA_DEPTH, NULL);
	_json_ json_t *whole = NULL, *normal = NULL;
	int r;

	if (!policy)
		return op_fail(op, ERR_INTERNAL, "the policy cannot be read");
	r = software_statement_apply(op, &check, sent->metadata, &whole);
	if (r >= 0)
		r = registration_policy_apply(op, policy, whole, &normal);
	if (r >= 0)
		r = client_metadata_read(op, normal, ret_client);
	if (r >= 0)
		r = check_algs(op, ret_client);
	if (r >= 0)
		r = check_keys(op, whole, ret_client);
	if (r >= 0)
		r = sector_check(op, settings->documents, ret_client);
	if (r >= 0)
		*ret_normal = TAKE_PTR(normal);
	return r;
}

static int read_body(struct op *op, struct str body, json_t **ret_sent)
{
	const char *reason = NULL;
	json_t *sent = body.len > CLIENT_METADATA_MAX_BYTES ? NULL : json_read(body, CLIENT_METADATA_DEPTH, &reason);

	if (!sent)
		return op_fail_detail(op, ERR_INVALID_CLIENT_METADATA, "the metadata are not a JSON object, too large or too deep", "%s", reason ? reason : "");
	*ret_sent = sent;
	return 0;
}

struct answer {
	struct str id, secret, token;
	int64_t issued_at_s;
};

/* RFC 7591 §3.2.1, RFC 7592 §3 */
static json_t *answer_json(struct op *op, const struct oidc_settings *settings, const json_t *metadata, const struct answer *a)
{
	json_t *json = json_deep_copy(metadata);

	json_set_str(json, "client_id", a->id);
	json_set_int(json, "client_id_issued_at", a->issued_at_s);
	json_set_str(json, "client_secret", a->secret);
	if (!str_is_null(a->secret))
		json_set_int(json, "client_secret_expires_at", 0);
	json_set_str(json, "registration_access_token", a->token);
	json_set_str(json, "registration_client_uri", arena_printf(op->arena, "%.*s/register/%.*s", STR_ARG(settings->issuer), STR_ARG(a->id)));
	return json;
}

int registration_add(struct op *op, const struct oidc_settings *settings, struct str initial_token, struct str body, json_t **ret_answer)
{
	struct str pass_hash = token_hash(op, "initial_access_token", initial_token);
	struct registration_pass pass = { 0 };
	struct client client = { 0 };
	_json_ json_t *sent = NULL, *normal = NULL;
	struct secrets secrets;
	struct answer answer = { .issued_at_s = 0 };
	int r = registration_pass_find(op, pass_hash, settings->registered_max, &pass);

	if (r >= 0 && pass.is_full)
		return op_fail(op, ERR_ACCESS_DENIED, "no more clients may register themselves here");
	if (r >= 0)
		r = read_body(op, body, &sent);
	if (r >= 0)
		r = read_metadata(op, settings, &(struct sent){ pass.policy, STR_NULL, sent }, &normal, &client);
	if (r < 0)
		return r;
	answer.id = random_token(op->arena, STR("app_"), ID_BYTES);
	answer.token = random_token(op->arena, STR("snm_"), TOKEN_BYTES);
	secrets = make_secrets(op, &client, answer.id);
	answer.secret = secrets.secret;
	r = registration_row_add(op, &(struct registration_row){ answer.id, secrets.hash, secrets.sealed, json_write(op->arena, normal, true) }, pass_hash,
	                         token_hash(op, "registration_access_token", answer.token), settings->registered_max, &answer.issued_at_s);
	if (r >= 0)
		*ret_answer = answer_json(op, settings, normal, &answer);
	return r;
}

int registration_get(struct op *op, const struct oidc_settings *settings, struct str id, struct str token, json_t **ret_answer)
{
	struct registration_found found = { 0 };
	int r = registration_row_find(op, id, token_hash(op, "registration_access_token", token), &found);
	_json_ json_t *metadata = NULL;

	if (r < 0)
		return r;
	metadata = json_read(found.metadata, CLIENT_METADATA_DEPTH, NULL);
	if (!metadata)
		return op_fail(op, ERR_INTERNAL, "the metadata cannot be read");
	*ret_answer = answer_json(op, settings, metadata, &(struct answer){ id, STR_NULL, token, found.created_at_s });
	return 0;
}

/* RFC 7592 §2.2: the client says who it is, may repeat its secret, and chooses nothing of what is the server's. */
static int check_update(struct op *op, const json_t *sent, struct str id, const struct registration_found *found)
{
	const json_t *secret = json_object_get(sent, "client_secret");

	if (!str_equal(json_get_str(sent, "client_id"), id))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_id must be there and be this client's");
	for (size_t i = 0; i < ARRAY_LEN(servers_own); i++)
		if (json_object_get(sent, servers_own[i]))
			return op_fail(op, ERR_INVALID_CLIENT_METADATA, "registration_access_token, registration_client_uri, client_secret_expires_at and "
			                                                "client_id_issued_at do not belong into an update");
	if (secret && (!json_is_string(secret) ||
	               !client_secret_matches(op, &(struct client){ .secret_hash = found->secret_hash }, json_get_str(sent, "client_secret"))))
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "client_secret is not the present one: a client does not choose it");
	return 0;
}

/* A secret stays while the client still authenticates in a way that it is kept for. */
static bool keeps_secret(const struct client *client, const struct registration_found *found)
{
	if (!needs_secret(client) || str_is_null(found->secret_hash))
		return false;
	return (client->auth_method == CLIENT_AUTH_SECRET_JWT) == found->has_sealed_secret;
}

int registration_replace(struct op *op, const struct oidc_settings *settings, const struct registration_update *update, json_t **ret_answer)
{
	struct str hash = token_hash(op, "registration_access_token", update->token);
	struct registration_found found = { 0 };
	struct client client = { 0 };
	_json_ json_t *sent = NULL, *normal = NULL, *before = NULL;
	struct secrets secrets = { STR_NULL, STR_NULL, STR_NULL };
	bool keep;
	int r = registration_row_find(op, update->id, hash, &found);

	if (r >= 0)
		r = read_body(op, update->body, &sent);
	if (r >= 0)
		r = check_update(op, sent, update->id, &found);
	if (r < 0)
		return r;
	before = json_read(found.metadata, CLIENT_METADATA_DEPTH, NULL);
	r = read_metadata(op, settings, &(struct sent){ found.policy, json_get_str(before, "software_statement"), sent }, &normal, &client);
	if (r < 0)
		return r;
	keep = keeps_secret(&client, &found);
	if (!keep)
		secrets = make_secrets(op, &client, update->id);
	r = registration_row_replace(op, &(struct registration_row){ update->id, secrets.hash, secrets.sealed, json_write(op->arena, normal, true) }, hash,
	                             found.version, keep);
	if (r >= 0)
		*ret_answer = answer_json(op, settings, normal, &(struct answer){ update->id, secrets.secret, update->token, found.created_at_s });
	return r;
}

int registration_remove(struct op *op, struct str id, struct str token)
{
	return registration_row_remove(op, id, token_hash(op, "registration_access_token", token));
}
