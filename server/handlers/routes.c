/* routes.c: the contents page of the program. */

#include "server/handlers/routes.h"

#include "server/handlers/handlers.h"
#include "server/handlers/api/audit.h"
#include "server/handlers/api/feeds.h"
#include "server/handlers/api/imports.h"
#include "server/handlers/api/observe.h"
#include "server/handlers/api/routes_api.h"
#include "server/handlers/api/routes_catalogue.h"
#include "server/handlers/api/routes_mapping.h"
#include "server/handlers/api/routes_organise.h"
#include "server/handlers/api/routes_forms.h"
#include "server/handlers/api/routes_overlap.h"
#include "server/handlers/api/notices.h"
#include "server/handlers/api/routes_personnel.h"
#include "server/handlers/api/routes_engine.h"
#include "server/handlers/api/parties.h"
#include "server/handlers/api/routes_proofs.h"
#include "server/handlers/api/granting.h"
#include "server/handlers/api/provisioning.h"
#include "server/handlers/routes_federation.h"
#include "server/handlers/routes_ssf.h"
#include "server/handlers/scim/routes_scim.h"
#include "server/oidc/authorize.h"
#include "server/oidc/client_metadata.h"

static int (*const client_guards[])(struct request *) = { guard_client, NULL };
static int (*const token_guards[])(struct request *) = { guard_client, guard_dpop, NULL };
static int (*const confidential_guards[])(struct request *) = { guard_confidential_client, NULL };
static int (*const backchannel_guards[])(struct request *) = { guard_confidential_client, guard_dpop, NULL };
static int (*const form_guards[])(struct request *) = { guard_same_origin, NULL };

#define FORM_16K .body = BODY_FORM, .max_body = 16384
#define FORM_64K .body = BODY_FORM, .max_body = 65536

static const struct route protocol_routes[] = {
	{ .name = "discovery", .methods = HTTP_GET, .path = "/.well-known/openid-configuration", .pool = POOL_INLINE, .quiet = true,
	  .errors = ERRORS_OAUTH, .cors = true, .handle = h_metadata },
	{ .name = "metadata", .methods = HTTP_GET, .path = "/.well-known/oauth-authorization-server", .pool = POOL_INLINE, .quiet = true,
	  .errors = ERRORS_OAUTH, .cors = true, .handle = h_metadata },
	{ .name = "api_resource", .methods = HTTP_GET, .path = RESOURCE_METADATA API_RESOURCE, .pool = POOL_INLINE, .quiet = true,
	  .errors = ERRORS_OAUTH, .cors = true, .handle = h_api_resource },
	{ .name = "jwks", .methods = HTTP_GET, .path = "/jwks", .pool = POOL_INLINE, .quiet = true, .errors = ERRORS_OAUTH, .cors = true, .handle = h_jwks },
	{ .name = "authorize", .methods = HTTP_GET | HTTP_POST, .path = "/authorize", .params = authorize_params, FORM_64K,
	  .tells_param_faults = true, .pool = POOL_FAST, .errors = ERRORS_PAGE, .handle = h_authorize },
	{ .name = "token", .methods = HTTP_POST, .path = "/token", .params = token_params, FORM_64K, .pool = POOL_LIGHT,
	  .errors = ERRORS_OAUTH, .cors = true, .guards = token_guards, .handle = h_token },
	{ .name = "par", .methods = HTTP_POST, .path = "/par", .params = par_params, FORM_64K, .pool = POOL_FAST,
	  .errors = ERRORS_OAUTH, .cors = true, .guards = token_guards, .handle = h_par },
	{ .name = "device_authorization", .methods = HTTP_POST, .path = "/device_authorization", .params = device_authorization_params,
	  FORM_64K, .pool = POOL_FAST, .errors = ERRORS_OAUTH, .guards = token_guards, .handle = h_device_authorization },
	{ .name = "bc_authorize", .methods = HTTP_POST, .path = "/bc-authorize", .params = bc_authorize_params, FORM_64K, .pool = POOL_FAST,
	  .errors = ERRORS_OAUTH, .by_ciba = true, .guards = backchannel_guards, .handle = h_bc_authorize },
	{ .name = "userinfo", .methods = HTTP_GET | HTTP_POST, .path = "/userinfo", .params = userinfo_params, FORM_16K,
	  .pool = POOL_LIGHT, .errors = ERRORS_BEARER, .cors = true, .handle = h_userinfo },
	{ .name = "introspect", .methods = HTTP_POST, .path = "/introspect", .params = token_query_params, FORM_16K,
	  .pool = POOL_LIGHT, .errors = ERRORS_OAUTH, .guards = confidential_guards, .handle = h_introspect },
	{ .name = "revoke", .methods = HTTP_POST, .path = "/revoke", .params = token_query_params, FORM_16K, .pool = POOL_LIGHT,
	  .errors = ERRORS_OAUTH, .cors = true, .guards = client_guards, .handle = h_revoke },
	{ .name = "register", .methods = HTTP_POST, .path = "/register", .body = BODY_JSON, .max_body = CLIENT_METADATA_MAX_BYTES,
	  .pool = POOL_SLOW, .errors = ERRORS_BEARER, .handle = h_register },
	{ .name = "register_get", .methods = HTTP_GET, .path = "/register/{client_id}", .pool = POOL_FAST, .errors = ERRORS_BEARER,
	  .handle = h_register_get },
	{ .name = "register_put", .methods = HTTP_PUT, .path = "/register/{client_id}", .body = BODY_JSON,
	  .max_body = CLIENT_METADATA_MAX_BYTES, .pool = POOL_SLOW, .errors = ERRORS_BEARER, .handle = h_register_put },
	{ .name = "register_delete", .methods = HTTP_DELETE, .path = "/register/{client_id}", .pool = POOL_FAST,
	  .errors = ERRORS_BEARER, .handle = h_register_delete },
	{ .name = "logout", .methods = HTTP_GET | HTTP_POST, .path = "/logout", .params = logout_params, FORM_16K, .post_query = true,
	  .pool = POOL_FAST, .errors = ERRORS_PAGE, .handle = h_logout },
};

static const struct route page_routes[] = {
	{ .name = "home", .methods = HTTP_GET, .path = "/", .params = home_params, .pool = POOL_FAST, .errors = ERRORS_PAGE, .handle = h_home },
	{ .name = "login_page", .methods = HTTP_GET, .path = "/login", .params = login_params, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .handle = h_login_page },
	{ .name = "login", .methods = HTTP_POST, .path = "/login", .params = login_params, FORM_64K, .pool = POOL_SLOW,
	  .errors = ERRORS_PAGE, .guards = form_guards, .handle = h_login },
	{ .name = "activate_page", .methods = HTTP_GET, .path = "/activate", .params = activate_params, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .handle = h_activate_page },
	{ .name = "activate", .methods = HTTP_POST, .path = "/activate", .params = activate_params, FORM_64K, .pool = POOL_SLOW,
	  .errors = ERRORS_PAGE, .guards = form_guards, .handle = h_activate },
	{ .name = "consent", .methods = HTTP_POST, .path = "/consent", .params = consent_params, FORM_64K, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .guards = form_guards, .handle = h_consent },
	{ .name = "consents", .methods = HTTP_GET, .path = "/consents", .pool = POOL_FAST, .errors = ERRORS_PAGE, .handle = h_consents },
	{ .name = "consent_take_back", .methods = HTTP_POST, .path = "/consents/take-back", .params = take_back_params, FORM_16K,
	  .pool = POOL_FAST, .errors = ERRORS_PAGE, .guards = form_guards, .handle = h_consent_take_back },
	{ .name = "device_page", .methods = HTTP_GET, .path = "/device", .params = device_page_params, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .handle = h_device_page },
	{ .name = "device", .methods = HTTP_POST, .path = "/device", .params = device_params, FORM_16K, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .guards = form_guards, .handle = h_device },
	{ .name = "requests_page", .methods = HTTP_GET, .path = "/requests", .params = requests_page_params, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .handle = h_requests_page },
	{ .name = "requests", .methods = HTTP_POST, .path = "/requests", .params = requests_params, FORM_16K, .pool = POOL_FAST,
	  .errors = ERRORS_PAGE, .guards = form_guards, .handle = h_requests },
	{ .name = "static", .methods = HTTP_GET, .path = "/static/{file}", .pool = POOL_INLINE, .quiet = true, .errors = ERRORS_PLAIN, .handle = h_static },
};

const struct route admin_routes[] = {
	{ .name = "healthz", .methods = HTTP_GET, .path = "/healthz", .pool = POOL_INLINE, .quiet = true, .errors = ERRORS_PLAIN, .handle = h_healthz },
	{ .name = "readyz", .methods = HTTP_GET, .path = "/readyz", .pool = POOL_SLOW, .quiet = true, .errors = ERRORS_PLAIN, .handle = h_readyz },
	{ .name = "metrics", .methods = HTTP_GET, .path = "/metrics", .pool = POOL_SLOW, .quiet = true, .errors = ERRORS_PLAIN, .handle = h_metrics },
};
const size_t n_admin_routes = ARRAY_LEN(admin_routes);

static size_t n_token_params, n_par_params, n_bc_authorize_params;

/* How many parameters a route declares; the lists stand beside their handlers. */
static size_t count_params(const struct param_spec *params)
{
	static const struct {
		const struct param_spec *params;
		const size_t *n;
	} lists[] = {
		{ authorize_params, &n_authorize_fields }, { token_params, &n_token_params }, { par_params, &n_par_params },
		{ userinfo_params, &n_userinfo_params }, { consent_params, &n_consent_params }, { take_back_params, &n_take_back_params },
		{ token_query_params, &n_token_query_params }, { logout_params, &n_logout_params }, { login_params, &n_login_params },
		{ activate_params, &n_activate_params }, { home_params, &n_home_params },
		{ device_authorization_params, &n_device_authorization_params }, { device_page_params, &n_device_page_params },
		{ device_params, &n_device_params }, { bc_authorize_params, &n_bc_authorize_params },
		{ requests_page_params, &n_requests_page_params }, { requests_params, &n_requests_params },
	};

	for (size_t i = 0; i < ARRAY_LEN(lists); i++)
		if (lists[i].params == params)
			return *lists[i].n;
	assert(!params);
	return 0;
}

/* Lists that are made of the tables that also fill what handlers read. */
static void declare_params(void)
{
	for (size_t i = 0; i < n_authorize_fields; i++)
		authorize_params[i] = authorize_param(i, 0);
	n_token_params = token_params_declare();
	n_par_params = par_params_declare();
	n_bc_authorize_params = bc_authorize_params_declare();
}

/* Tables of other files, whose lists say their own length. */
static const struct {
	const struct route *routes;
	const size_t *n;
} tables[] = {
	{ api_routes, &n_api_routes },
	{ audit_routes, &n_audit_routes },
	{ catalogue_routes, &n_catalogue_routes },
	{ mapping_routes, &n_mapping_routes },
	{ organise_routes, &n_organise_routes },
	{ overlap_routes, &n_overlap_routes },
	{ forms_routes, &n_forms_routes },
	{ imports_routes, &n_imports_routes },
	{ feeds_routes, &n_feeds_routes },
	{ granting_routes, &n_granting_routes },
	{ parties_routes, &n_parties_routes },
	{ personnel_routes, &n_personnel_routes },
	{ notice_routes, &n_notice_routes },
	{ engine_routes, &n_engine_routes },
	{ observe_routes, &n_observe_routes },
	{ provisioning_routes, &n_provisioning_routes },
	{ proofs_routes, &n_proofs_routes },
	{ ssf_routes, &n_ssf_routes },
	{ scim_routes, &n_scim_routes },
	{ federation_routes, &n_federation_routes },
};

const struct route *service_routes(struct arena *a, size_t *ret_n)
{
	size_t n = ARRAY_LEN(protocol_routes) + ARRAY_LEN(page_routes), at = 0;
	struct route *routes;

	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		n += *tables[t].n;
	routes = ARENA_ARRAY(a, struct route, n);
	declare_params();
	for (size_t i = 0; i < ARRAY_LEN(protocol_routes); i++)
		routes[at++] = protocol_routes[i];
	for (size_t i = 0; i < ARRAY_LEN(page_routes); i++)
		routes[at++] = page_routes[i];
	for (size_t i = 0; i < at; i++)
		routes[i].n_params = count_params(routes[i].params);
	for (size_t t = 0; t < ARRAY_LEN(tables); t++)
		for (size_t i = 0; i < *tables[t].n; i++)
			routes[at++] = tables[t].routes[i];
	*ret_n = at;
	return routes;
}
