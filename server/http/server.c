/* server.c: start, stop and metrics of one server. No globals: a process may run several. */
#include "server/http/server.h"

#include "common/base/clock.h"
#include "server/http/listener.h"
#include "server/http/router.h"

#include <inttypes.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define STOP_POLL_MS 5
/* Header and line fit into MHD's 32 KiB; here they stand copied and decoded. */
#define ARENA_LEAST ((size_t)128 * 1024)
/* A body is read, perhaps while growing, and decoded into parameters. */
#define ARENA_BODIES 6

static int fail(struct arena *a, const char *what, struct str *ret_message)
{
	*ret_message = arena_dup_c(a, what);
	return ERR_CONFIG;
}

static int check_config(const struct http_config *c, struct arena *a, struct str *ret_message)
{
	const struct route *route = NULL;
	const char *fault = route_table_fault(c->routes, c->n_routes, &route);

	if (fault) {
		*ret_message = arena_printf(a, "%s: %s", fault, route->name ? route->name : "(no name)");
		return ERR_CONFIG;
	}
	if (c->n_hosts == 0)
		return fail(a, "no host name is configured", ret_message);
	if (c->io_threads == 0 || c->fast_threads == 0 || c->slow_threads == 0 || c->queue_max == 0)
		return fail(a, "a number of threads or the length of the queue is 0", ret_message);
	if (c->connection_max == 0 || c->idle_timeout_s == 0 || c->deadline_s == 0)
		return fail(a, "a connection limit or a time-out is 0", ret_message);
	return 0;
}

static void *allocate(size_t count, size_t size)
{
	void *p = calloc(count > 0 ? count : 1, size);

	if (!p)
		abort();
	return p;
}

static int parse_proxies(struct http_server *s, struct arena *a, struct str *ret_message)
{
	const struct http_config *c = &s->config;

	s->proxies = allocate(c->n_trusted_proxies, sizeof(*s->proxies));
	for (size_t i = 0; i < c->n_trusted_proxies; i++)
		if (!ip_parse(c->trusted_proxies[i], &s->proxies[i])) {
			*ret_message = arena_printf(a, "not an IP address: %.*s", STR_ARG(c->trusted_proxies[i]));
			return ERR_CONFIG;
		}
	return 0;
}

static struct http_server *server_new(const struct http_config *config)
{
	struct http_server *s = allocate(1, sizeof(*s));

	s->config = *config;
	s->listen_fd = -1;
	for (size_t i = 0; i < config->n_routes; i++)
		if (config->routes[i].max_body > s->body_max)
			s->body_max = config->routes[i].max_body;
	s->arena_bytes = (config->arena_budget > ARENA_LEAST ? config->arena_budget : ARENA_LEAST) +
	                 ARENA_BODIES * s->body_max;
	s->n_ios = config->io_threads;
	s->ios = allocate(s->n_ios, sizeof(*s->ios));
	for (unsigned i = 0; i < s->n_ios; i++)
		s->ios[i].epoll_fd = s->ios[i].wake_fd = -1;
	s->metrics = metrics_new(config->routes, config->n_routes);
	router_init(&s->router, config->routes, config->n_routes, allocate(config->n_routes, sizeof(size_t)));
	return s;
}

static void server_free(struct http_server *s)
{
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	if (s->is_unix)
		unlink(s->unix_path);
	metrics_free(s->metrics);
	free(s->router.order);
	free(s->proxies);
	free(s->ios);
	free(s);
}

/* All I/O threads have seen the phase, or have ended. */
static void set_phase(struct http_server *s, enum server_phase phase)
{
	atomic_store(&s->phase, (int)phase);
	for (unsigned i = 0; i < s->n_ios; i++)
		if (s->ios[i].is_started)
			http_io_kick(&s->ios[i]);
}

static void sleep_ms(int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

static void wait_until_seen(struct http_server *s, enum server_phase phase)
{
	for (unsigned i = 0; i < s->n_ios; i++)
		while (s->ios[i].is_started && atomic_load(&s->ios[i].phase_seen) < (int)phase)
			sleep_ms(STOP_POLL_MS);
}

static void wait_until_quiet(struct http_server *s, int grace_ms)
{
	int64_t end_ms = clock_mono_ms() + grace_ms;

	while (clock_mono_ms() < end_ms && (atomic_load(&s->n_active) > 0 || atomic_load(&s->n_connections) > 0))
		sleep_ms(STOP_POLL_MS);
}

void http_server_stop(struct http_server *s, int grace_ms)
{
	if (!s)
		return;
	set_phase(s, PHASE_DRAIN);
	wait_until_quiet(s, grace_ms);
	set_phase(s, PHASE_REFUSE);
	/* From here no I/O thread pushes any more, so that the pools may go. */
	wait_until_seen(s, PHASE_REFUSE);
	worker_stop(s);
	set_phase(s, PHASE_FLUSH);
	for (unsigned i = 0; i < s->n_ios; i++)
		http_io_join(&s->ios[i]);
	server_free(s);
}

int http_server_start(const struct http_config *config, struct http_server **ret_server, struct str *ret_message,
                      struct arena *message_arena)
{
	struct http_server *s;
	int r = check_config(config, message_arena, ret_message);

	if (r < 0)
		return r;
	s = server_new(config);
	if ((r = parse_proxies(s, message_arena, ret_message)) < 0 ||
	    (r = listen_socket_open(s, message_arena, ret_message)) < 0) {
		server_free(s);
		return r;
	}
	worker_start(s);
	for (unsigned i = 0; i < s->n_ios && r == 0; i++)
		r = http_io_start(&s->ios[i], s, message_arena, ret_message);
	if (r < 0) {
		http_server_stop(s, 0);
		return r;
	}
	/* The daemons have their copies; with this one open, their closing would not end the listening. */
	close(s->listen_fd);
	s->listen_fd = -1;
	*ret_server = s;
	return 0;
}

unsigned http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_metrics_write(struct http_server *s, struct buf *b)
{
	metrics_write(s->metrics, b);
	buf_add_c(b, "# TYPE sen_http_connections gauge\n");
	buf_printf(b, "sen_http_connections %zu\n", atomic_load(&s->n_connections));
	buf_add_c(b, "# TYPE sen_http_requests_active gauge\n");
	buf_printf(b, "sen_http_requests_active %zu\n", atomic_load(&s->n_active));
	buf_add_c(b, "# TYPE sen_http_queue_depth gauge\n");
	if (s->light)
		buf_printf(b, "sen_http_queue_depth{pool=\"light\"} %zu\n", crew_depth(s->light));
	buf_printf(b, "sen_http_queue_depth{pool=\"fast\"} %zu\n", workq_depth(s->fast));
	buf_printf(b, "sen_http_queue_depth{pool=\"slow\"} %zu\n", workq_depth(s->slow));
	buf_add_c(b, "# TYPE sen_http_refused_by_gate_total counter\n");
	buf_printf(b, "sen_http_refused_by_gate_total %" PRIuFAST64 "\n", atomic_load(&s->n_refused_by_gate));
	buf_add_c(b, "# TYPE sen_http_overloaded_total counter\n");
	buf_printf(b, "sen_http_overloaded_total %" PRIuFAST64 "\n", atomic_load(&s->n_overloaded));
}
