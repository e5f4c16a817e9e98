#include "server/senctl/loopback.h"

#include "common/base/clock.h"
#include "common/base/url.h"

#include <arpa/inet.h>
#include <errno.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#define REQUEST_MAX 8192
#define READ_MS 3000

int loopback_open(struct ctl *c, struct loopback *ret_loopback)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	socklen_t len = sizeof(address);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address)) != 0 || listen(fd, 8) != 0 ||
	    getsockname(fd, (struct sockaddr *)&address, &len) != 0) {
		int r = ctl_fail(c, "127.0.0.1: %s", strerrordesc_np(errno));

		if (fd >= 0)
			close(fd);
		return r;
	}
	*ret_loopback = (struct loopback){ .fd = fd, .port = ntohs(address.sin_port) };
	return EXIT_OK;
}

void loopback_close(struct loopback *l)
{
	close(l->fd);
	l->fd = -1;
}

struct str query_value(struct arena *a, struct str query, const char *name)
{
	struct str found = STR_NULL, key, value;
	int r;

	while ((r = form_next(a, &query, &key, &value)) > 0) {
		if (!str_equal(key, str_c(name)))
			continue;
		if (!str_is_null(found))
			return STR_NULL;
		found = value;
	}
	return r < 0 ? STR_NULL : found;
}

static bool wait_readable(int fd, int64_t deadline_ms)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	int64_t left_ms;

	while ((left_ms = deadline_ms - clock_mono_ms()) > 0) {
		int n = poll(&p, 1, left_ms > 1000 ? 1000 : (int)left_ms);

		if (n > 0)
			return true;
		if (n < 0 && errno != EINTR)
			return false;
	}
	return false;
}

/* The head of a request, up to the empty line; empty when it does not come in time. */
static struct str read_head(struct arena *a, int fd)
{
	int64_t deadline_ms = clock_mono_ms() + READ_MS;
	char *p = arena_alloc(a, REQUEST_MAX);
	size_t len = 0;

	while (len < REQUEST_MAX && wait_readable(fd, deadline_ms)) {
		ssize_t n = recv(fd, p + len, REQUEST_MAX - len, 0);

		if (n <= 0)
			break;
		len += (size_t)n;
		if (str_contains(str_n(p, len), STR("\r\n\r\n")))
			return str_n(p, len);
	}
	return STR("");
}

/* request-line = "GET" SP "/callback?" query SP HTTP-version CRLF */
static bool callback_query(struct str head, struct str *ret_query)
{
	struct str line, target, rest = head;

	if (!str_split(&rest, '\r', &line) || !str_starts(line, STR("GET /callback?")))
		return false;
	line = str_skip(line, sizeof("GET /callback?") - 1);
	if (!str_split(&line, ' ', &target) || !str_starts(line, STR("HTTP/1.")))
		return false;
	*ret_query = target;
	return true;
}

static void answer(struct arena *a, int fd, int status, const char *text)
{
	struct str body = arena_printf(a, "<!doctype html><html lang=\"vi\"><meta charset=\"utf-8\"><title>senctl</title><p>%s</p></html>\n", text);
	struct str all = arena_printf(a,
	                              "HTTP/1.1 %d %s\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: %zu\r\n"
	                              "Cache-Control: no-store\r\nReferrer-Policy: no-referrer\r\n"
	                              "Content-Security-Policy: default-src 'none'; frame-ancestors 'none'\r\nConnection: close\r\n\r\n%.*s",
	                              status, status == 200 ? "OK" : "Bad Request", body.len, STR_ARG(body));

	/* The browser may be gone; what it had to bring is here. */
	(void)!send(fd, all.p, all.len, MSG_NOSIGNAL);
	(void)shutdown(fd, SHUT_WR);
}

static bool serve_one(struct ctl *c, int fd, struct str state, struct str *ret_query)
{
	struct str query;

	if (!callback_query(read_head(c->arena, fd), &query) ||
	    !str_equal_secret(query_value(c->arena, query, "state"), state)) {
		answer(c->arena, fd, 400, ctl_say(c, "Yêu cầu không thuộc lần đăng nhập này.", "This request is not of this sign-in."));
		return false;
	}
	answer(c->arena, fd, 200, ctl_say(c, "Xong. Có thể đóng trang này và quay lại cửa sổ dòng lệnh.",
	                                  "Done. You may close this page and go back to the command line."));
	*ret_query = arena_dup(c->arena, query);
	return true;
}

int loopback_wait(struct ctl *c, struct loopback *l, struct str state, int timeout_s, struct str *ret_query)
{
	int64_t deadline_ms = clock_mono_ms() + (int64_t)timeout_s * 1000;

	while (wait_readable(l->fd, deadline_ms)) {
		int fd = accept4(l->fd, NULL, NULL, SOCK_CLOEXEC);
		bool done;

		if (fd < 0)
			continue;
		done = serve_one(c, fd, state, ret_query);
		close(fd);
		if (done)
			return EXIT_OK;
	}
	return ctl_fail(c, "%s", ctl_say(c, "hết giờ chờ trình duyệt", "timed out waiting for the browser"));
}
