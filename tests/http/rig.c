#include "tests/http/rig.h"

#include "common/base/clock.h"
#include "common/base/fiber.h"
#include "common/base/log.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <sys/un.h>
#include <time.h>

#define NAP_MS 5

enum { P_A, P_B };
static const struct param_spec params[] = { [P_A] = { "a", 100, 0 }, [P_B] = { "b", 100, 0 } };

void rig_sleep_ms(int ms)
{
	struct timespec t = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

int64_t rig_now_ms(void)
{
	return clock_mono_ms();
}

static struct app *app_of(struct request *rq)
{
	return (struct app *)(uintptr_t)rq->app;
}

static int h_echo(struct request *rq)
{
	atomic_fetch_add(&app_of(rq)->handled, 1);
	return respond_bytes(rq, 200, "text/plain",
	                     arena_printf(rq->op.arena, "%.*s/%.*s/%zu", STR_ARG(rq_param(rq, P_A)),
	                                  STR_ARG(rq->path_args[0]), rq->body.len));
}

static void nap(void *arg)
{
	(void)arg;
	rig_sleep_ms(NAP_MS);
}

static int h_nap(struct request *rq)
{
	fiber_block(nap, NULL);
	return h_echo(rq);
}

static void wait_at(void *arg)
{
	struct rig_gate *gate = arg;

	atomic_fetch_add(&gate->entered, 1);
	while (!atomic_load(&gate->is_open))
		rig_sleep_ms(2);
}

static int h_wait(struct request *rq)
{
	fiber_block(wait_at, &app_of(rq)->gate);
	return h_echo(rq);
}

/* As keys and clients are lent by a snapshot of the configuration. */
static int h_lend(struct request *rq)
{
	struct app *app = app_of(rq);

	memcpy(app->lent, "lent", sizeof("lent"));
	rq->log_client_id = str_c(app->lent);
	return respond_bytes(rq, 200, "text/plain", str_c(app->lent));
}

static int h_fail(struct request *rq)
{
	atomic_fetch_add(&app_of(rq)->handled, 1);
	response_cookie(rq, "__Host-half", STR("made"), -1);
	rq->log_client_id = STR("client-7");
	return op_fail_detail(&rq->op, ERR_CONFLICT, "public", "for the log");
}

static int h_forgetful(struct request *rq)
{
	(void)rq;
	return 0;
}

static int h_greedy(struct request *rq)
{
	for (int i = 0; i < 1000; i++)
		(void)arena_alloc(rq->op.arena, 1024);
	return respond_empty(rq, 200);
}

static int h_who(struct request *rq)
{
	return respond_bytes(rq, 200, "text/plain", rq->client_ip);
}

static int h_cookie(struct request *rq)
{
	response_cookie(rq, "__Host-t", STR("v"), 60);
	response_header(rq, "Cache-Control", STR("public"));
	return respond_redirect(rq, STR("/next"));
}

static int h_file(struct request *rq)
{
	return respond_static(rq, "text/css", STR("body{}"));
}

static int h_shared(struct request *rq)
{
	return respond_shared(rq, "text/plain", rq_param(rq, 0), STR("public, max-age=60"));
}

static int guard_no(struct request *rq)
{
	return op_fail(&rq->op, ERR_ACCESS_DENIED, "guard says no");
}

static int (*const no_guards[])(struct request *) = { guard_no, NULL };

enum route_pool rig_pool = POOL_FAST;

static const struct route table[] = {
	{ .name = "inline", .methods = HTTP_GET, .path = "/inline", .params = params, .n_params = 2, .pool = POOL_INLINE,
	  .cors = true, .handle = h_echo },
	{ .name = "echo", .methods = HTTP_GET | HTTP_POST, .path = "/echo", .params = params, .n_params = 2, .body = BODY_FORM,
	  .max_body = 1000, .pool = POOL_FAST, .errors = ERRORS_OAUTH, .handle = h_echo },
	{ .name = "echo_id", .methods = HTTP_GET, .path = "/echo/{id}", .pool = POOL_FAST, .handle = h_echo },
	{ .name = "nap", .methods = HTTP_GET, .path = "/nap", .pool = POOL_FAST, .handle = h_nap },
	{ .name = "wait", .methods = HTTP_GET, .path = "/wait", .pool = POOL_FAST, .handle = h_wait },
	{ .name = "slow", .methods = HTTP_GET, .path = "/slow", .pool = POOL_SLOW, .handle = h_nap },
	{ .name = "lend", .methods = HTTP_GET, .path = "/lend", .pool = POOL_FAST, .handle = h_lend },
	{ .name = "fail", .methods = HTTP_GET, .path = "/fail", .pool = POOL_FAST, .errors = ERRORS_PROBLEM, .handle = h_fail },
	{ .name = "forgetful", .methods = HTTP_GET, .path = "/forgetful", .pool = POOL_FAST, .handle = h_forgetful },
	{ .name = "greedy", .methods = HTTP_GET, .path = "/greedy", .pool = POOL_FAST, .handle = h_greedy },
	{ .name = "who", .methods = HTTP_GET, .path = "/who", .pool = POOL_INLINE, .handle = h_who },
	{ .name = "cookie", .methods = HTTP_GET, .path = "/cookie", .pool = POOL_FAST, .handle = h_cookie },
	{ .name = "file", .methods = HTTP_GET, .path = "/file", .pool = POOL_INLINE, .handle = h_file },
	{ .name = "shared", .methods = HTTP_GET, .path = "/shared", .params = params, .n_params = 2, .pool = POOL_INLINE, .handle = h_shared },
	{ .name = "guarded", .methods = HTTP_GET, .path = "/guarded", .pool = POOL_FAST, .guards = no_guards, .handle = h_echo },
	{ .name = "json", .methods = HTTP_POST, .path = "/json", .body = BODY_JSON, .max_body = 100000, .pool = POOL_FAST,
	  .errors = ERRORS_PROBLEM, .handle = h_echo },
};

static void begin(struct request *rq)
{
	atomic_fetch_add(&app_of(rq)->begun, 1);
}

static void end(struct request *rq)
{
	atomic_fetch_add(&app_of(rq)->ended, 1);
}

static void release(struct request *rq)
{
	struct app *app = app_of(rq);

	atomic_fetch_add(&app->released, 1);
	memset(app->lent, '-', sizeof(app->lent));
}

void rig_init(struct rig *rig)
{
	static const struct str hosts[] = { STR("test") };
	static struct route routes[ARRAY_LEN(table)];
	struct rlimit files;

	for (size_t i = 0; i < ARRAY_LEN(routes); i++) {
		routes[i] = table[i];
		if (routes[i].pool == POOL_FAST)
			routes[i].pool = rig_pool;
	}

	/* 1,000 connections have two ends in this process. */
	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max < 8192 ? files.rlim_max : 8192;
	setrlimit(RLIMIT_NOFILE, &files);
	log_init("test", LOG_LEVEL_ERROR);
	*rig = (struct rig){ .port = 0 };
	rig->config = (struct http_config){
		.listen = STR("127.0.0.1:0"),
		.hosts = hosts,
		.n_hosts = ARRAY_LEN(hosts),
		.io_threads = 2,
		.fast_threads = 8,
		.slow_threads = 2,
		.queue_max = 4096,
		.connection_max = 4000,
		.per_ip_connection_max = 4000,
		.idle_timeout_s = 30,
		.deadline_s = 30,
		.arena_budget = (size_t)64 * 1024,
		.routes = routes,
		.n_routes = ARRAY_LEN(routes),
		.app = &rig->app,
		.hooks = { .begin = begin, .end = end, .release = release },
	};
}

void rig_start(struct rig *rig)
{
	struct arena *a = arena_new(10000);
	struct str message = STR("");

	if (http_server_start(&rig->config, &rig->server, &message, a) < 0)
		fail_msg("%.*s", STR_ARG(message));
	rig->port = http_server_port(rig->server);
	arena_free(a);
}

/* Every request that began has ended, whatever became of its connection. */
void rig_stop(struct rig *rig, int grace_ms)
{
	http_server_stop(rig->server, grace_ms);
	rig->server = NULL;
	assert_int_equal(atomic_load(&rig->app.begun), atomic_load(&rig->app.ended));
	assert_int_equal(atomic_load(&rig->app.begun), atomic_load(&rig->app.released));
}

void rig_wait_entered(struct rig *rig, int n)
{
	int64_t end_ms = rig_now_ms() + 5000;

	while (atomic_load(&rig->app.gate.entered) < n && rig_now_ms() < end_ms)
		rig_sleep_ms(1);
	assert_int_equal(atomic_load(&rig->app.gate.entered), n);
}

static int connected(int domain, const void *address, socklen_t len)
{
	struct timeval limit = { .tv_sec = 5 };
	int fd = socket(domain, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_true(fd >= 0);
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(fd, address, len) < 0) {
		close(fd);
		return -1;
	}
	return fd;
}

int rig_dial(const struct rig *rig)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons((uint16_t)rig->port) };

	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	return connected(AF_INET, &address, sizeof(address));
}

int rig_dial_unix(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	memcpy(address.sun_path, path, strlen(path));
	return connected(AF_UNIX, &address, sizeof(address));
}

bool rig_send(int fd, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = send(fd, bytes.p, bytes.len, MSG_NOSIGNAL);

		if (n <= 0)
			return false;
		bytes = str_skip(bytes, (size_t)n);
	}
	return true;
}

static bool read_byte(int fd, char *text, size_t *len)
{
	if (*len == RIG_REPLY_MAX || recv(fd, text + *len, 1, 0) != 1)
		return false;
	(*len)++;
	return true;
}

struct rig_reply rig_read(struct arena *a, int fd, bool with_body)
{
	char *text = arena_alloc(a, RIG_REPLY_MAX);
	struct rig_reply reply = { .status = 0 };
	uint64_t status = 0, length = 0;
	size_t len = 0;

	while (!str_ends(str_n(text, len), STR("\r\n\r\n")))
		if (!read_byte(fd, text, &len))
			return reply;
	assert_true(str_starts(str_n(text, len), STR("HTTP/1.1 ")));
	assert_true(str_to_u64(str_n(text + 9, 3), 599, &status));
	reply.head = str_n(text, len);
	reply.says_close = str_equal_nocase(rig_header(&reply, "Connection"), STR("close"));
	if (with_body)
		(void)str_to_u64(rig_header(&reply, "Content-Length"), RIG_REPLY_MAX, &length);
	while (len < reply.head.len + length)
		if (!read_byte(fd, text, &len))
			return reply;
	reply.body = str_skip(str_n(text, len), reply.head.len);
	reply.status = (int)status;
	return reply;
}

struct str rig_read_all(struct arena *a, int fd)
{
	char *text = arena_alloc(a, RIG_REPLY_MAX);
	size_t len = 0;

	while (read_byte(fd, text, &len))
		;
	return str_n(text, len);
}

struct rig_reply rig_ask(struct arena *a, const struct rig *rig, const char *request)
{
	int fd = rig_dial(rig);
	struct rig_reply reply;

	assert_true(fd >= 0);
	assert_true(rig_send(fd, str_c(request)));
	reply = rig_read(a, fd, !str_starts(str_c(request), STR("HEAD")));
	close(fd);
	return reply;
}

struct str rig_header(const struct rig_reply *reply, const char *name)
{
	struct str rest = reply->head, line;

	while (str_split(&rest, '\n', &line)) {
		struct str value = line, field;

		if (!str_split(&value, ':', &field) || !str_equal_nocase(field, str_c(name)))
			continue;
		value = str_trim(value);
		return str_ends(value, STR("\r")) ? str_trim(str_n(value.p, value.len - 1)) : value;
	}
	return STR_NULL;
}

size_t rig_count(struct str text, struct str what)
{
	size_t n = 0;

	for (; text.len > 0; text = str_skip(text, 1))
		n += str_starts(text, what);
	return n;
}

int64_t rig_metric(struct arena *a, const struct rig *rig, const char *name)
{
	struct buf b = buf_new(a, 1000000);
	struct str rest, line;

	http_metrics_write(rig->server, &b);
	rest = buf_str(&b);
	while (str_split(&rest, '\n', &line)) {
		uint64_t value;
		struct str prefix = arena_printf(a, "%s ", name);

		if (str_starts(line, prefix) && str_to_u64(str_skip(line, prefix.len), INT64_MAX, &value))
			return (int64_t)value;
	}
	return -1;
}
