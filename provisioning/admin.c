#include "provisioning/admin.h"

#include "common/base/clock.h"
#include "common/base/err.h"
#include "provisioning/metrics.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/in.h>
#include <poll.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX_BYTES 2048
#define ANSWER_MAX_BYTES ((size_t)256 * 1024)
#define REQUEST_TIMEOUT_MS 1000
#define ACCEPT_POLL_MS 200
/* A planner that has done nothing for so long is stuck, or without a database. */
#define BEAT_MAX_MS 10000

static bool read_address(struct arena *a, struct str text, struct sockaddr_storage *ret, socklen_t *ret_len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)(void *)ret;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)(void *)ret;
	size_t colon = text.len;
	struct str host, port_text;
	uint64_t port;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon == 0)
		return false;
	host = str_n(text.p, colon - 1);
	port_text = str_skip(text, colon);
	if (!str_to_u64(port_text, 65535, &port))
		return false;
	*ret = (struct sockaddr_storage){ 0 };
	if (str_starts(host, STR("[")) && str_ends(host, STR("]"))) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons((uint16_t)port);
		*ret_len = sizeof(*v6);
		return inet_pton(AF_INET6, arena_cstr(a, str_n(host.p + 1, host.len - 2)), &v6->sin6_addr) == 1;
	}
	v4->sin_family = AF_INET;
	v4->sin_port = htons((uint16_t)port);
	*ret_len = sizeof(*v4);
	return inet_pton(AF_INET, arena_cstr(a, host), &v4->sin_addr) == 1;
}

int admin_listen(struct arena *a, struct str address, int *ret_fd, struct str *ret_message)
{
	struct sockaddr_storage sockaddr;
	socklen_t len;
	int one = 1, fd;

	if (!read_address(a, address, &sockaddr, &len)) {
		*ret_message = arena_printf(a, "[admin] listen: %.*s is not address:port", STR_ARG(address));
		return ERR_CONFIG;
	}
	fd = socket(sockaddr.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&sockaddr, len) < 0 || listen(fd, 16) < 0) {
		*ret_message = arena_printf(a, "[admin] listen: %.*s: %s", STR_ARG(address), strerrordesc_np(errno));
		if (fd >= 0)
			close(fd);
		return ERR_CONFIG;
	}
	*ret_fd = fd;
	return 0;
}

/* The request line; STR_NULL when it does not come in time or is too long. */
static struct str read_request(struct arena *a, int fd)
{
	int64_t until_ms = clock_mono_ms() + REQUEST_TIMEOUT_MS;
	char *bytes = arena_alloc(a, REQUEST_MAX_BYTES);
	size_t len = 0;

	while (len < REQUEST_MAX_BYTES) {
		struct pollfd p = { .fd = fd, .events = POLLIN };
		int64_t left_ms = until_ms - clock_mono_ms();
		ssize_t n;

		if (left_ms <= 0 || poll(&p, 1, (int)left_ms) <= 0)
			return STR_NULL;
		n = recv(fd, bytes + len, REQUEST_MAX_BYTES - len, 0);
		if (n <= 0)
			return STR_NULL;
		len += (size_t)n;
		/* All of the head: closing with unread bytes would reset the connection under the answer. */
		if (str_contains(str_n(bytes, len), STR("\r\n\r\n")))
			return str_n(bytes, len);
	}
	return STR_NULL;
}

static bool app_is_ready(struct app *app)
{
	return !atomic_load(&app->is_stopping) &&
	       clock_mono_ms() - atomic_load(&app->planner_beat_ms) < BEAT_MAX_MS && db_is_ready(app->db, 500);
}

static void answer(struct buf *b, const char *status, struct str body)
{
	buf_printf(b, "HTTP/1.0 %s\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\n"
	              "Content-Length: %zu\r\nCache-Control: no-store\r\nConnection: close\r\n\r\n",
	           status, body.len);
	buf_add(b, body);
}

static void answer_get(struct app *app, struct arena *a, struct str path, struct buf *b)
{
	struct buf metrics;

	if (str_equal(path, STR("/healthz"))) {
		answer(b, "200 OK", STR("ok\n"));
	} else if (str_equal(path, STR("/readyz"))) {
		if (app_is_ready(app))
			answer(b, "200 OK", STR("ready\n"));
		else
			answer(b, "503 Service Unavailable", STR("not ready\n"));
	} else if (str_equal(path, STR("/metrics"))) {
		metrics = buf_new(a, ANSWER_MAX_BYTES / 2);
		metrics_write(app, &metrics);
		answer(b, "200 OK", buf_str(&metrics));
	} else {
		answer(b, "404 Not Found", STR("not found\n"));
	}
}

static void send_all(int fd, struct str s)
{
	while (s.len > 0) {
		struct pollfd p = { .fd = fd, .events = POLLOUT };
		ssize_t n;

		if (poll(&p, 1, REQUEST_TIMEOUT_MS) <= 0)
			return;
		n = send(fd, s.p, s.len, MSG_NOSIGNAL);
		if (n <= 0)
			return;
		s = str_skip(s, (size_t)n);
	}
}

static void serve_one(struct app *app, struct arena *a, int fd)
{
	struct buf b = buf_new(a, ANSWER_MAX_BYTES);
	struct str head = read_request(a, fd), line, method, path;

	if (str_is_null(head) || !str_split(&head, '\r', &line) || !str_split(&line, ' ', &method) ||
	    !str_split(&line, ' ', &path) || !str_starts(line, STR("HTTP/1.")))
		answer(&b, "400 Bad Request", STR("bad request\n"));
	else if (!str_equal(method, STR("GET")))
		answer(&b, "405 Method Not Allowed", STR("only GET\n"));
	else
		answer_get(app, a, path, &b);
	send_all(fd, buf_str(&b));
}

void *admin_main(void *arg)
{
	struct admin *admin = arg;
	_cleanup_(arena_freep) struct arena *arena = arena_new(4 * ANSWER_MAX_BYTES);

	while (!atomic_load(&admin->app->is_stopping)) {
		struct pollfd p = { .fd = admin->fd, .events = POLLIN };
		int fd;

		if (poll(&p, 1, ACCEPT_POLL_MS) <= 0)
			continue;
		fd = accept4(admin->fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
		if (fd < 0)
			continue;
		arena_reset(arena);
		serve_one(admin->app, arena, fd);
		close(fd);
	}
	close(admin->fd);
	return NULL;
}
