/* routes_parties.c: relying parties. */

#include "server/handlers/api/parties.h"

static int (*const admin_guards[])(struct request *) = { guard_admin, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_CATALOGUE
/* Checking metadata and keys of clients takes its time. */
#define API_SLOW .pool = POOL_SLOW, .errors = ERRORS_PROBLEM, .guards = admin_guards, .needs = RIGHT_CATALOGUE
#define WITH(list) .params = list, .n_params = ARRAY_LEN(list)
#define GET(path_) .methods = HTTP_GET, .path = "/api/v1/" path_
#define PUT(path_) .methods = HTTP_PUT, .path = "/api/v1/" path_, .body = BODY_JSON, .max_body = 65536
#define POST(path_) .methods = HTTP_POST, .path = "/api/v1/" path_, .body = BODY_JSON, .max_body = 65536
#define SECRET .creates = true, .secret_answer = true

const struct route parties_routes[] = {
	{ .name = "api_clients_list", GET("clients"), WITH(api_clients_params), API, .handle = h_api_clients_list },
	{ .name = "api_clients_add", POST("clients"), API_SLOW, SECRET, .handle = h_api_clients_add },
	{ .name = "api_clients_get", GET("clients/{client_id}"), API, .handle = h_api_clients_get },
	{ .name = "api_clients_change", PUT("clients/{client_id}"), API_SLOW, .handle = h_api_clients_change },
	{ .name = "api_clients_remove", POST("clients/{client_id}/remove"), API, .handle = h_api_clients_remove },
	{ .name = "api_clients_disable", POST("clients/{client_id}/disable"), API, .handle = h_api_clients_disable },
	{ .name = "api_clients_enable", POST("clients/{client_id}/enable"), API, .handle = h_api_clients_enable },
	{ .name = "api_client_secret_rotate", POST("clients/{client_id}/secret/rotate"), API, SECRET, .handle = h_api_client_secret_rotate },
	{ .name = "api_client_secret_finish", POST("clients/{client_id}/secret/finish"), API, .handle = h_api_client_secret_finish },
	{ .name = "api_client_secret_cancel", POST("clients/{client_id}/secret/cancel"), API, .handle = h_api_client_secret_cancel },

	{ .name = "api_client_tokens_list", GET("client-tokens"), WITH(api_page_params), API, .handle = h_api_client_tokens_list },
	{ .name = "api_client_tokens_add", POST("client-tokens"), API_SLOW, SECRET, .handle = h_api_client_tokens_add },
	{ .name = "api_client_tokens_revoke", POST("client-tokens/{id}/revoke"), API, .handle = h_api_client_tokens_revoke },
	{ .name = "api_client_issuers_list", GET("client-issuers"), WITH(api_client_issuers_params), API, .handle = h_api_client_issuers_list },
	{ .name = "api_client_issuers_add", POST("client-issuers"), API_SLOW, .creates = true, .handle = h_api_client_issuers_add },
	{ .name = "api_client_issuers_change", PUT("client-issuers/{id}"), API_SLOW, .handle = h_api_client_issuers_change },
	{ .name = "api_client_issuers_remove", POST("client-issuers/{id}/remove"), API, .handle = h_api_client_issuers_remove },

	{ .name = "api_subordinates_list", GET("federation-subordinates"), WITH(api_subordinates_params), API, .handle = h_api_subordinates_list },
	{ .name = "api_subordinates_add", POST("federation-subordinates"), API_SLOW, .creates = true, .handle = h_api_subordinates_add },
	{ .name = "api_subordinates_change", PUT("federation-subordinates/{id}"), API_SLOW, .handle = h_api_subordinates_change },
	{ .name = "api_subordinates_remove", POST("federation-subordinates/{id}/remove"), API, .handle = h_api_subordinates_remove },

	{ .name = "api_outbox_list", GET("outbox"), WITH(api_outbox_params), API, .personal = true, .handle = h_api_outbox_list },
	{ .name = "api_outbox_retry", POST("outbox/retry"), API, .handle = h_api_outbox_retry },
	{ .name = "api_platform_replay", GET("platforms/{code}/replay"), WITH(api_replay_params), API, .personal = true, .handle = h_api_platform_replay },
};
const size_t n_parties_routes = ARRAY_LEN(parties_routes);
