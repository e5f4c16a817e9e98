/* routes_notices.c: /api/v1/notices: what concerns whoever asks, also those who administer nothing. */

#include "server/handlers/api/granting.h"
#include "server/handlers/api/notices.h"

static int (*const official_guards[])(struct request *) = { guard_official, NULL };

#define API .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .guards = official_guards
#define JSON_1K .body = BODY_JSON, .max_body = 1024

const struct route notice_routes[] = {
	{ .name = "api_notices_list", .methods = HTTP_GET, .path = "/api/v1/notices", .params = api_list_params, .n_params = N_LIST_PARAMS, API,
	  .personal = true, .handle = h_api_notices_list },
	{ .name = "api_notices_read", .methods = HTTP_POST, .path = "/api/v1/notices/{id}/read", JSON_1K, API, .handle = h_api_notices_read },
	{ .name = "api_notices_acknowledge", .methods = HTTP_POST, .path = "/api/v1/notices/{id}/acknowledge", JSON_1K, API,
	  .handle = h_api_notices_acknowledge },
	{ .name = "api_notices_mail", .methods = HTTP_GET, .path = "/api/v1/notices/mail", API, .handle = h_api_notices_mail },
	{ .name = "api_notices_mail_set", .methods = HTTP_POST, .path = "/api/v1/notices/mail", JSON_1K, API, .handle = h_api_notices_mail_set },
};
const size_t n_notice_routes = ARRAY_LEN(notice_routes);
