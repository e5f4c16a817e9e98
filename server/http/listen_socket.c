#include "server/http/listener.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#define BACKLOG 4096

static int fail(struct http_server *s, struct arena *a, const char *what, struct str *ret_message)
{
	const char *reason = errno ? strerrordesc_np(errno) : NULL;

	*ret_message = arena_printf(a, "cannot listen on %.*s: %s%s%s", STR_ARG(s->config.listen), what,
	                            reason ? ": " : "", reason ? reason : "");
	if (s->listen_fd >= 0)
		close(s->listen_fd);
	s->listen_fd = -1;
	return ERR_CONFIG;
}

/* "127.0.0.1:8080" or "[::1]:8080" */
static bool parse_address(struct str text, struct sockaddr_storage *ret_address, socklen_t *ret_len)
{
	struct sockaddr_in6 v6 = { .sin6_family = AF_INET6 };
	struct sockaddr_in v4 = { .sin_family = AF_INET };
	bool is_v6 = str_starts(text, STR("["));
	char host[INET6_ADDRSTRLEN];
	size_t colon = text.len;
	uint64_t port;

	while (colon > 0 && text.p[colon - 1] != ':')
		colon--;
	if (colon == 0 || !str_to_u64(str_skip(text, colon), 65535, &port))
		return false;

	struct str name = str_n(text.p, colon - 1);

	if (is_v6 && !str_ends(name, STR("]")))
		return false;
	if (is_v6)
		name = str_n(name.p + 1, name.len - 2);
	if (name.len >= sizeof(host))
		return false;
	memcpy(host, name.p, name.len);
	host[name.len] = '\0';
	v4.sin_port = v6.sin6_port = htons((uint16_t)port);
	*ret_len = is_v6 ? sizeof(v6) : sizeof(v4);
	memcpy(ret_address, is_v6 ? (void *)&v6 : (void *)&v4, *ret_len);
	if (is_v6)
		return inet_pton(AF_INET6, host, &((struct sockaddr_in6 *)(void *)ret_address)->sin6_addr) == 1;
	return inet_pton(AF_INET, host, &((struct sockaddr_in *)(void *)ret_address)->sin_addr) == 1;
}

static unsigned port_of(int fd)
{
	struct sockaddr_storage address;
	socklen_t len = sizeof(address);

	if (getsockname(fd, (struct sockaddr *)(void *)&address, &len) < 0)
		return 0;
	if (address.ss_family == AF_INET6)
		return ntohs(((struct sockaddr_in6 *)(void *)&address)->sin6_port);
	return ntohs(((struct sockaddr_in *)(void *)&address)->sin_port);
}

static int open_tcp(struct http_server *s, struct arena *a, struct str *ret_message)
{
	struct sockaddr_storage address;
	socklen_t len;
	int on = 1;

	if (!parse_address(s->config.listen, &address, &len))
		return fail(s, a, "not of the form 127.0.0.1:8080, [::1]:8080 or unix:/path", ret_message);
	s->listen_fd = socket(address.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0)
		return fail(s, a, "socket", ret_message);
	if (setsockopt(s->listen_fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on)) < 0 ||
	    setsockopt(s->listen_fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof(on)) < 0)
		return fail(s, a, "setsockopt", ret_message);
	if (bind(s->listen_fd, (struct sockaddr *)(void *)&address, len) < 0)
		return fail(s, a, "bind", ret_message);
	if (listen(s->listen_fd, BACKLOG) < 0)
		return fail(s, a, "listen", ret_message);
	s->port = port_of(s->listen_fd);
	return 0;
}

/* A socket left behind by a process that is gone refuses connections: only such a one is removed. */
static bool remove_stale(const struct sockaddr_un *address)
{
	struct stat st;

	if (lstat(address->sun_path, &st) < 0)
		return errno == ENOENT;
	if (!S_ISSOCK(st.st_mode))
		return false;

	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	bool is_stale = fd >= 0 && connect(fd, (const struct sockaddr *)(const void *)address, sizeof(*address)) < 0 &&
	                errno == ECONNREFUSED;

	if (fd >= 0)
		close(fd);
	return is_stale && unlink(address->sun_path) == 0;
}

static int open_unix(struct http_server *s, struct arena *a, struct str path, struct str *ret_message)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };

	if (path.len == 0 || path.len >= sizeof(address.sun_path))
		return fail(s, a, "path is empty or too long", ret_message);
	memcpy(address.sun_path, path.p, path.len);
	if (!remove_stale(&address)) {
		errno = 0;
		return fail(s, a, "in use, or not a socket", ret_message);
	}
	s->listen_fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (s->listen_fd < 0)
		return fail(s, a, "socket", ret_message);
	/* Before bind: the file is then born with this mode, never open to others. */
	if (fchmod(s->listen_fd, 0660) < 0 ||
	    bind(s->listen_fd, (struct sockaddr *)(void *)&address, sizeof(address)) < 0)
		return fail(s, a, "bind", ret_message);
	if (chmod(address.sun_path, 0660) < 0 || listen(s->listen_fd, BACKLOG) < 0)
		return fail(s, a, "listen", ret_message);
	s->is_unix = true;
	memcpy(s->unix_path, path.p, path.len);
	return 0;
}

int listen_socket_open(struct http_server *s, struct arena *a, struct str *ret_message)
{
	struct str prefix = STR("unix:");

	errno = 0;
	s->listen_fd = -1;
	if (str_starts(s->config.listen, prefix))
		return open_unix(s, a, str_skip(s->config.listen, prefix.len), ret_message);
	return open_tcp(s, a, ret_message);
}
