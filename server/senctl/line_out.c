#include "server/senctl/line_out.h"

#include "common/base/url.h"

#include <errno.h>
#include <fcntl.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#define SEND_TIMEOUT_S 30

static int failed(struct ctl *c, const char *target)
{
	return ctl_fail(c, "%s: %s", target, strerrordesc_np(errno));
}

static int connect_unix(struct ctl *c, const char *path, struct line_out *out)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	const int kinds[] = { SOCK_DGRAM, SOCK_STREAM };

	if (strlen(path) >= sizeof(address.sun_path))
		return ctl_usage_error(c, "%s: %s", path, ctl_say(c, "đường dẫn quá dài", "the path is too long"));
	memcpy(address.sun_path, path, strlen(path) + 1);
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		out->fd = socket(AF_UNIX, kinds[i] | SOCK_CLOEXEC, 0);
		if (out->fd >= 0 && connect(out->fd, (struct sockaddr *)&address, sizeof(address)) == 0) {
			out->is_datagram = kinds[i] == SOCK_DGRAM;
			return EXIT_OK;
		}
		if (out->fd >= 0)
			close(out->fd);
		if (errno != EPROTOTYPE)
			break;
	}
	return failed(c, path);
}

static int connect_tcp(struct ctl *c, const char *target, struct line_out *out)
{
	const struct addrinfo hints = { .ai_socktype = SOCK_STREAM };
	struct addrinfo *found = NULL;
	struct url u;

	if (!url_parse(str_c(target), &u) || str_is_null(u.port))
		return ctl_usage_error(c, "%s: tcp://HOST:PORT", target);
	if (getaddrinfo(arena_cstr(c->arena, u.host), arena_cstr(c->arena, u.port), &hints, &found) != 0)
		return ctl_fail(c, "%s: %s", target, ctl_say(c, "không tìm thấy máy này", "no such host"));
	errno = ECONNREFUSED;
	out->fd = -1;
	for (const struct addrinfo *a = found; a && out->fd < 0; a = a->ai_next) {
		out->fd = socket(a->ai_family, a->ai_socktype | SOCK_CLOEXEC, a->ai_protocol);
		if (out->fd >= 0 && connect(out->fd, a->ai_addr, a->ai_addrlen) != 0) {
			close(out->fd);
			out->fd = -1;
		}
	}
	freeaddrinfo(found);
	return out->fd < 0 ? failed(c, target) : EXIT_OK;
}

int line_out_open(struct ctl *c, const char *target, struct line_out *ret_out)
{
	const struct timeval timeout = { .tv_sec = SEND_TIMEOUT_S };
	struct str text = str_c(target);
	int r;

	*ret_out = (struct line_out){ .fd = STDOUT_FILENO, .name = target };
	if (str_equal(text, STR("-")))
		return EXIT_OK;
	if (!str_starts(text, STR("tcp://")) && !str_starts(text, STR("unix:"))) {
		ret_out->fd = open(target, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
		return ret_out->fd < 0 ? failed(c, target) : EXIT_OK;
	}
	ret_out->is_socket = true;
	r = str_starts(text, STR("unix:")) ? connect_unix(c, target + sizeof("unix:") - 1, ret_out) : connect_tcp(c, target, ret_out);
	if (r == EXIT_OK && setsockopt(ret_out->fd, SOL_SOCKET, SO_SNDTIMEO, &timeout, sizeof(timeout)) != 0)
		return failed(c, target);
	return r;
}

static int write_all(struct ctl *c, struct line_out *out, struct str bytes)
{
	while (bytes.len > 0) {
		ssize_t n = out->is_socket ? send(out->fd, bytes.p, bytes.len, MSG_NOSIGNAL) : write(out->fd, bytes.p, bytes.len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return failed(c, out->name);
		bytes = str_skip(bytes, (size_t)n);
	}
	return EXIT_OK;
}

int line_out_write(struct ctl *c, struct line_out *out, struct str line)
{
	if (out->is_datagram)
		return write_all(c, out, line);
	if (out->is_socket)
		return write_all(c, out, arena_printf(c->arena, "%zu %.*s", line.len, STR_ARG(line)));
	return write_all(c, out, arena_printf(c->arena, "%.*s\n", STR_ARG(line)));
}

int line_out_close(struct ctl *c, struct line_out *out)
{
	if (out->fd == STDOUT_FILENO)
		return EXIT_OK;
	if (!out->is_socket && fsync(out->fd) != 0 && errno != EINVAL && errno != EROFS)
		return failed(c, out->name);
	return close(out->fd) == 0 ? EXIT_OK : failed(c, out->name);
}
