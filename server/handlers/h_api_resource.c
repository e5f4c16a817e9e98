/* GET /.well-known/oauth-protected-resource/api/v1: what the administration API wants of an access token.  RFC 9728 §2, §3. */

#include "server/handlers/handlers.h"

#include "server/oidc/dpop.h"

#define CACHE_FOR "public, max-age=600"

static void set_words(json_t *json, const char *name, struct str words)
{
	json_t *list = json_new_array();
	struct str word;

	while (str_split(&words, ' ', &word))
		json_array_append_new(list, json_from_str(word));
	json_set_take(json, name, list);
}

int h_api_resource(struct request *rq)
{
	struct str issuer = rq->app->oidc.issuer;
	_json_ json_t *json = json_new_object();

	json_set_str(json, "resource", arena_printf(rq->op.arena, "%.*s" API_RESOURCE, STR_ARG(issuer)));
	set_words(json, "authorization_servers", issuer);
	set_words(json, "scopes_supported", STR(SCOPE_ADMIN));
	set_words(json, "bearer_methods_supported", STR("header"));
	set_words(json, "dpop_signing_alg_values_supported", STR(DPOP_ALGS));
	json_set_bool(json, "tls_client_certificate_bound_access_tokens", !str_is_empty(rq->app->oidc.mtls_issuer));
	json_set_str(json, "resource_documentation", arena_printf(rq->op.arena, "%.*s" API_RESOURCE "/openapi.json", STR_ARG(issuer)));
	rq->response.cacheable = true;
	response_header(rq, "Cache-Control", STR(CACHE_FOR));
	return respond_bytes(rq, 200, "application/json", json_write(rq->op.arena, json, false));
}
