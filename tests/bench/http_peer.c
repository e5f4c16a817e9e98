#include "tests/bench/http_peer.h"

#include <err.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

void peer_connect(struct peer *p, const struct sockaddr_in *address)
{
	const int one = 1;

	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (p->fd < 0 || connect(p->fd, (const struct sockaddr *)address, sizeof(*address)) < 0)
		err(1, "cannot connect to port %u", ntohs(address->sin_port));
	(void)setsockopt(p->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
}

void peer_begin(struct peer *p, struct str request, int64_t now_us)
{
	p->unsent = request;
	p->have = p->want = 0;
	p->status = 0;
	p->since_us = now_us;
}

static bool must_wait(ssize_t n)
{
	return n < 0 && (errno == EAGAIN || errno == EWOULDBLOCK || errno == EINTR);
}

enum peer_state peer_send(struct peer *p)
{
	while (p->unsent.len > 0) {
		ssize_t n = send(p->fd, p->unsent.p, p->unsent.len, MSG_NOSIGNAL | MSG_DONTWAIT);

		if (must_wait(n))
			return PEER_BUSY;
		if (n <= 0)
			return PEER_LOST;
		p->unsent = str_skip(p->unsent, (size_t)n);
	}
	return PEER_BUSY;
}

/* "HTTP/1.1 200 OK", then fields up to an empty line. */
static bool read_header(struct peer *p, struct str header)
{
	struct str rest = header, line, name;
	uint64_t status, length = 0;
	bool has_length = false;

	if (!str_split(&rest, '\n', &line) || line.len < sizeof("HTTP/1.1 200") - 1 || !str_starts(line, STR("HTTP/1.")) ||
	    !str_to_u64(str_n(line.p + sizeof("HTTP/1.1 ") - 1, 3), 999, &status))
		return false;
	while (str_split(&rest, '\n', &line)) {
		if (!str_split(&line, ':', &name) || !str_equal_nocase(name, STR("Content-Length")))
			continue;
		if (line.len > 0 && line.p[line.len - 1] == '\r')
			line.len--;
		if (!str_to_u64(str_trim(line), PEER_RESPONSE_MAX, &length))
			return false;
		has_length = true;
	}
	p->status = (unsigned)status;
	p->want = header.len + length;
	return (has_length || status == 204) && p->want <= PEER_RESPONSE_MAX;
}

enum peer_state peer_receive(struct peer *p)
{
	static const char end_of_header[] = "\r\n\r\n";
	ssize_t n = recv(p->fd, p->in + p->have, sizeof(p->in) - p->have, MSG_DONTWAIT);

	if (must_wait(n))
		return PEER_BUSY;
	if (n <= 0)
		return PEER_LOST;
	p->have += (size_t)n;
	if (p->want == 0) {
		const char *end = memmem(p->in, p->have, end_of_header, sizeof(end_of_header) - 1);

		if (!end)
			return p->have < sizeof(p->in) ? PEER_BUSY : PEER_LOST;
		if (!read_header(p, str_n(p->in, (size_t)(end - p->in) + sizeof(end_of_header) - 1)))
			return PEER_LOST;
	}
	if (p->have < p->want)
		return PEER_BUSY;
	/* Nothing was asked for that could come behind it. */
	return p->have == p->want ? PEER_DONE : PEER_LOST;
}
