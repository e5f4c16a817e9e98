#include "server/oidc/metadata.h"

static void set_list(json_t *object, const char *name, const char *const *values, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++)
		json_array_append_new(list, json_from_str(str_c(values[i])));
	json_set_take(object, name, list);
}

#define LIST(object, name, ...)                                                                  \
	set_list((object), (name), (const char *const[]){ __VA_ARGS__ },                        \
	         sizeof((const char *const[]){ __VA_ARGS__ }) / sizeof(const char *))

static const struct {
	const char *name;
	const char *path;
} endpoints[] = {
	{ "authorization_endpoint", "/authorize" },
	{ "token_endpoint", "/token" },
	{ "userinfo_endpoint", "/userinfo" },
	{ "jwks_uri", "/jwks" },
	{ "introspection_endpoint", "/introspect" },
	{ "revocation_endpoint", "/revoke" },
	{ "end_session_endpoint", "/logout" },
	{ "pushed_authorization_request_endpoint", "/par" },
	{ "device_authorization_endpoint", "/device_authorization" },
	{ "backchannel_authentication_endpoint", "/bc-authorize" },
};

#define SIGNING "ES256", "PS256", "EdDSA", "RS256"
#define ENCRYPTION_ALGS "RSA-OAEP-256", "ECDH-ES", "ECDH-ES+A256KW"
#define ENCRYPTION_ENCS "A256GCM", "A128GCM"
#define CLIENT_METHODS "client_secret_basic", "client_secret_post", "client_secret_jwt", "private_key_jwt"

/* RFC 8414 §2, RFC 7009, RFC 7662, RFC 8705 §3.3, RFC 9126 §5, RFC 9449 §5.1 */
static void set_endpoint_methods(json_t *m)
{
	LIST(m, "token_endpoint_auth_methods_supported", CLIENT_METHODS, "none");
	LIST(m, "token_endpoint_auth_signing_alg_values_supported", SIGNING, "HS256");
	LIST(m, "introspection_endpoint_auth_methods_supported", CLIENT_METHODS);
	LIST(m, "introspection_endpoint_auth_signing_alg_values_supported", SIGNING, "HS256");
	LIST(m, "revocation_endpoint_auth_methods_supported", CLIENT_METHODS, "none");
	LIST(m, "revocation_endpoint_auth_signing_alg_values_supported", SIGNING, "HS256");
	LIST(m, "code_challenge_methods_supported", "S256");
	LIST(m, "dpop_signing_alg_values_supported", "ES256", "PS256", "EdDSA");
	json_set_bool(m, "require_pushed_authorization_requests", false);
}

/* OIDC Core §5, §6, JARM, RFC 9101 */
static void set_request_features(json_t *m)
{
	LIST(m, "response_types_supported", "code", "id_token", "code id_token");
	LIST(m, "response_modes_supported", "query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt");
	LIST(m, "grant_types_supported", "authorization_code", "refresh_token", "client_credentials",
	     "urn:ietf:params:oauth:grant-type:device_code", "urn:openid:params:grant-type:ciba",
	     "urn:ietf:params:oauth:grant-type:token-exchange");
	LIST(m, "backchannel_token_delivery_modes_supported", "poll", "ping");
	LIST(m, "backchannel_authentication_request_signing_alg_values_supported", SIGNING);
	json_set_bool(m, "backchannel_user_code_parameter_supported", false);
	LIST(m, "subject_types_supported", "public", "pairwise");
	LIST(m, "id_token_signing_alg_values_supported", SIGNING);
	LIST(m, "authorization_signing_alg_values_supported", SIGNING);
	LIST(m, "userinfo_signing_alg_values_supported", SIGNING);
	LIST(m, "introspection_signing_alg_values_supported", SIGNING);
	LIST(m, "id_token_encryption_alg_values_supported", ENCRYPTION_ALGS);
	LIST(m, "id_token_encryption_enc_values_supported", ENCRYPTION_ENCS);
	LIST(m, "userinfo_encryption_alg_values_supported", ENCRYPTION_ALGS);
	LIST(m, "userinfo_encryption_enc_values_supported", ENCRYPTION_ENCS);
	LIST(m, "request_object_signing_alg_values_supported", SIGNING);
	LIST(m, "acr_values_supported", "LoA1");
	LIST(m, "prompt_values_supported", "none", "login", "consent", "select_account");
	LIST(m, "display_values_supported", "page");
	LIST(m, "claim_types_supported", "normal");
	LIST(m, "ui_locales_supported", "vi", "en");
	json_set_bool(m, "authorization_response_iss_parameter_supported", true);
	json_set_bool(m, "claims_parameter_supported", true);
	json_set_bool(m, "request_parameter_supported", true);
	json_set_bool(m, "require_signed_request_object", false);
	json_set_bool(m, "frontchannel_logout_supported", true);
	json_set_bool(m, "frontchannel_logout_session_supported", true);
	/* Back-Channel Logout 1.0 §2.1 */
	json_set_bool(m, "backchannel_logout_supported", true);
	json_set_bool(m, "backchannel_logout_session_supported", true);
}

static void set_claims(json_t *m, bool has_mail)
{
	LIST(m, "claims_supported", "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash", "c_hash", "name",
	     "family_name", "middle_name", "given_name", "preferred_username", "unit_code", "unit_name", "posts", "roles");
	LIST(m, "scopes_supported", "openid", "profile", "unit", "roles", SCOPE_OFFLINE);
	if (!has_mail)
		return;
	json_array_append_new(json_object_get(m, "claims_supported"), json_from_str(STR("email")));
	json_array_append_new(json_object_get(m, "claims_supported"), json_from_str(STR("email_verified")));
	json_array_append_new(json_object_get(m, "scopes_supported"), json_from_str(STR("email")));
}

static void set_endpoints(struct arena *a, json_t *object, struct str base)
{
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		json_set_str(object, endpoints[i].name, arena_printf(a, "%.*s%s", STR_ARG(base), endpoints[i].path));
}

/* RFC 8705 §5: what a client calls with its certificate, and that it may show one at all. */
static void set_mtls(struct arena *a, json_t *m, struct str base)
{
	static const char *const methods[] = { "tls_client_auth", "self_signed_tls_client_auth" };
	static const char *const lists[] = { "token_endpoint_auth_methods_supported", "introspection_endpoint_auth_methods_supported",
		                             "revocation_endpoint_auth_methods_supported" };
	static const char *const names[] = { "token_endpoint", "userinfo_endpoint", "introspection_endpoint", "revocation_endpoint",
		                             "pushed_authorization_request_endpoint", "device_authorization_endpoint",
		                             "backchannel_authentication_endpoint" };
	_json_ json_t *all = json_new_object();
	json_t *aliases = json_new_object();

	set_endpoints(a, all, base);
	for (size_t i = 0; i < ARRAY_LEN(names); i++)
		json_set_str(aliases, names[i], json_get_str(all, names[i]));
	json_set_take(m, "mtls_endpoint_aliases", aliases);
	json_set_bool(m, "tls_client_certificate_bound_access_tokens", true);
	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		for (size_t k = 0; k < ARRAY_LEN(methods); k++)
			json_array_append_new(json_object_get(m, lists[i]), json_from_str(str_c(methods[k])));
}

json_t *metadata_json(struct arena *a, const struct oidc_settings *settings)
{
	json_t *m = json_new_object();

	json_set_str(m, "issuer", settings->issuer);
	set_endpoints(a, m, settings->issuer);
	if (settings->registered_max > 0)
		json_set_str(m, "registration_endpoint", arena_printf(a, "%.*s/register", STR_ARG(settings->issuer)));
	set_request_features(m);
	json_set_bool(m, "request_uri_parameter_supported", settings->request_uri);
	if (settings->request_uri)
		json_set_bool(m, "require_request_uri_registration", true);
	set_endpoint_methods(m);
	set_claims(m, !str_is_empty(settings->mail_domain));
	if (!str_is_empty(settings->mtls_issuer))
		set_mtls(a, m, settings->mtls_issuer);
	return m;
}
