#include "tests/bench/echo.h"

#include "common/base/log.h"
#include "server/http/server.h"

#include <err.h>
#include <unistd.h>

#define BODY_MAX 65536
#define DEADLINE_S 15
#define IDLE_S 60

/* One per process: routes have no context of their own. */
static const struct echo *served;

static int h_echo(struct request *rq)
{
	struct str body;
	int r = echo_answer(&rq->op, served, &body);

	if (r < 0)
		return r;
	for (size_t i = 0; i < served->n_headers; i++)
		if (str_equal_nocase(str_c(served->headers[i].name), STR("Pragma")))
			response_header(rq, "Pragma", str_c(served->headers[i].value));
	rq->response.body_is_static = true; /* the arena's, or longer-lived: not copied again */
	return respond_bytes(rq, 200, served->content_type ? served->content_type : "application/json", body);
}

static void begin(struct request *rq)
{
	rq->op.db = served->db;
}

static void end(struct request *rq)
{
	db_op_done(&rq->op);
}

void echo_listener(struct echo *e, struct str host)
{
	enum route_pool pool = e->work == ECHO_ALONE ? POOL_INLINE : POOL_LIGHT;
	const struct route routes[] = {
		{ .name = "jwks", .methods = HTTP_GET, .path = "/jwks", .pool = pool, .errors = ERRORS_OAUTH, .cors = true, .handle = h_echo },
		{ .name = "token", .methods = HTTP_POST, .path = "/token", .body = BODY_FORM, .max_body = BODY_MAX, .pool = pool,
		  .errors = ERRORS_OAUTH, .cors = true, .handle = h_echo },
		{ .name = "introspect", .methods = HTTP_POST, .path = "/introspect", .body = BODY_FORM, .max_body = BODY_MAX, .pool = pool,
		  .errors = ERRORS_OAUTH, .handle = h_echo },
	};
	struct http_config config = {
		.listen = arena_printf(e->arena, "127.0.0.1:%u", e->port),
		.hosts = &host,
		.n_hosts = 1,
		.io_threads = e->io_threads,
		.fast_threads = ECHO_WORKERS,
		.slow_threads = 1,
		.queue_max = ECHO_QUEUE_MAX,
		.connection_max = ECHO_CONNECTIONS,
		.per_ip_connection_max = ECHO_CONNECTIONS,
		.idle_timeout_s = IDLE_S,
		.deadline_s = DEADLINE_S,
		.arena_budget = 1 << 20,
		.routes = routes,
		.n_routes = ARRAY_LEN(routes),
		.hooks = { .begin = begin, .end = end },
	};
	struct http_server *server;
	struct str message = STR_NULL;

	served = e;
	log_init("bench_echo", LOG_LEVEL_INFO);
	if (http_server_start(&config, &server, &message, e->arena) < 0)
		errx(1, "%.*s", STR_ARG(message));
	for (;;)
		pause();
}
