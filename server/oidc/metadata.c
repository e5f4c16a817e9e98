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
};

json_t *metadata_json(struct arena *a, const struct oidc_settings *settings)
{
	struct str issuer = settings->issuer;
	json_t *m = json_new_object();

	json_set_str(m, "issuer", issuer);
	for (size_t i = 0; i < ARRAY_LEN(endpoints); i++)
		json_set_str(m, endpoints[i].name, arena_printf(a, "%.*s%s", STR_ARG(issuer), endpoints[i].path));
	LIST(m, "response_types_supported", "code", "id_token", "code id_token");
	LIST(m, "response_modes_supported", "query", "fragment", "form_post", "jwt", "query.jwt", "fragment.jwt", "form_post.jwt");
	LIST(m, "grant_types_supported", "authorization_code", "refresh_token", "client_credentials");
	LIST(m, "authorization_signing_alg_values_supported", "ES256");
	LIST(m, "subject_types_supported", "public", "pairwise");
	LIST(m, "id_token_signing_alg_values_supported", "ES256");
	LIST(m, "token_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "none");
	LIST(m, "introspection_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post");
	LIST(m, "revocation_endpoint_auth_methods_supported", "client_secret_basic", "client_secret_post", "none");
	LIST(m, "code_challenge_methods_supported", "S256");
	if (str_is_empty(settings->mail_domain))
		LIST(m, "scopes_supported", "openid", "profile", "unit", "roles", SCOPE_OFFLINE);
	else
		LIST(m, "scopes_supported", "openid", "profile", "email", "unit", "roles", SCOPE_OFFLINE);
	LIST(m, "acr_values_supported", "LoA1");
	LIST(m, "claims_supported", "sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "acr", "amr", "at_hash", "c_hash", "name",
	     "family_name", "middle_name", "given_name", "preferred_username", "unit_code", "unit_name", "posts", "roles");
	LIST(m, "prompt_values_supported", "none", "login", "consent", "select_account");
	LIST(m, "ui_locales_supported", "vi", "en");
	json_set_bool(m, "authorization_response_iss_parameter_supported", true);
	json_set_bool(m, "claims_parameter_supported", true);
	json_set_bool(m, "request_parameter_supported", false);
	json_set_bool(m, "request_uri_parameter_supported", false);
	return m;
}
