/* routes_ssf.c: the Shared Signals Framework (SSF 1.0 §7 and §8, RFC 8936). */

#include "server/handlers/routes_ssf.h"

#include "server/handlers/ssf.h"

static int (*const manage_guards[])(struct request *) = { guard_ssf_manage, NULL };
static int (*const read_guards[])(struct request *) = { guard_ssf_read, NULL };

#define MANAGE .pool = POOL_FAST, .errors = ERRORS_BEARER, .guards = manage_guards, .params = ssf_params, .n_params = 1
#define READ .pool = POOL_FAST, .errors = ERRORS_BEARER, .guards = read_guards, .params = ssf_params, .n_params = 1
#define JSON_16K .body = BODY_JSON, .max_body = 16384
#define JSON_64K .body = BODY_JSON, .max_body = 65536

const struct route ssf_routes[] = {
	{ .name = "ssf_configuration", .methods = HTTP_GET, .path = "/.well-known/ssf-configuration", .pool = POOL_INLINE, .quiet = true,
	  .errors = ERRORS_OAUTH, .cors = true, .handle = h_ssf_configuration },
	{ .name = "protected_resource", .methods = HTTP_GET, .path = "/.well-known/oauth-protected-resource", .pool = POOL_INLINE, .quiet = true,
	  .errors = ERRORS_OAUTH, .cors = true, .handle = h_ssf_resource },
	{ .name = "ssf_stream_create", .methods = HTTP_POST, .path = "/ssf/streams", JSON_16K, MANAGE, .handle = h_ssf_stream_create },
	{ .name = "ssf_stream_get", .methods = HTTP_GET, .path = "/ssf/streams", READ, .handle = h_ssf_stream_get },
	{ .name = "ssf_stream_update", .methods = HTTP_PATCH, .path = "/ssf/streams", JSON_16K, MANAGE, .handle = h_ssf_stream_update },
	{ .name = "ssf_stream_replace", .methods = HTTP_PUT, .path = "/ssf/streams", JSON_16K, MANAGE, .handle = h_ssf_stream_replace },
	{ .name = "ssf_stream_delete", .methods = HTTP_DELETE, .path = "/ssf/streams", MANAGE, .handle = h_ssf_stream_delete },
	{ .name = "ssf_status_get", .methods = HTTP_GET, .path = "/ssf/status", READ, .handle = h_ssf_status_get },
	{ .name = "ssf_status_set", .methods = HTTP_POST, .path = "/ssf/status", JSON_16K, MANAGE, .handle = h_ssf_status_set },
	{ .name = "ssf_subject_add", .methods = HTTP_POST, .path = "/ssf/subjects/add", JSON_16K, MANAGE, .handle = h_ssf_subject_add },
	{ .name = "ssf_subject_remove", .methods = HTTP_POST, .path = "/ssf/subjects/remove", JSON_16K, MANAGE,
	  .handle = h_ssf_subject_remove },
	{ .name = "ssf_verify", .methods = HTTP_POST, .path = "/ssf/verify", JSON_16K, READ, .handle = h_ssf_verify },
	{ .name = "ssf_poll", .methods = HTTP_POST, .path = "/ssf/poll/{stream_id}", JSON_64K, READ, .handle = h_ssf_poll },
};
const size_t n_ssf_routes = ARRAY_LEN(ssf_routes);
