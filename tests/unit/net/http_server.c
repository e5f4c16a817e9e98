#include "tests/unit/net/http_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>
#include <unistd.h>

#define TICK_MS 10
#define REQUEST_MAX ((size_t)65536)
#define SESSIONS_MAX 64

struct http_server {
	int listener, port;
	pthread_t thread, sessions[SESSIONS_MAX];
	atomic_bool is_stopped;
	atomic_int behaviour, n_connections, n_requests;
	_Atomic(const char *) answer;
	pthread_mutex_t lock;
	char last[REQUEST_MAX]; /* complete, before n_requests counts it */
};

struct session {
	struct http_server *server;
	int fd;
	char request[REQUEST_MAX];
};

static bool wait_readable(struct http_server *s, int fd)
{
	struct pollfd pfd = { .fd = fd, .events = POLLIN };

	while (!atomic_load(&s->is_stopped))
		if (poll(&pfd, 1, TICK_MS) > 0)
			return true;
	return false;
}

static size_t body_length(const char *head)
{
	const char *at = strcasestr(head, "\r\ncontent-length:");
	size_t len = 0;

	if (!at)
		return 0;
	for (at += strlen("\r\ncontent-length:"); *at == ' '; at++)
		;
	for (; *at >= '0' && *at <= '9'; at++)
		len = len * 10 + (size_t)(*at - '0');
	return len;
}

static bool read_request(struct session *x)
{
	size_t len = 0;

	x->request[0] = '\0';
	while (len < REQUEST_MAX - 1) {
		const char *end = strstr(x->request, "\r\n\r\n");
		ssize_t n;

		if (end && len >= (size_t)(end - x->request) + 4 + body_length(x->request))
			return true;
		if (!wait_readable(x->server, x->fd))
			return false;
		n = recv(x->fd, x->request + len, REQUEST_MAX - 1 - len, 0);
		if (n <= 0)
			return false;
		len += (size_t)n;
		x->request[len] = '\0';
	}
	return false;
}

static bool send_all(int fd, const char *data, size_t len)
{
	return send(fd, data, len, MSG_NOSIGNAL) == (ssize_t)len;
}

static void drip(struct http_server *s, int fd, const char *answer)
{
	for (const char *c = answer; *c && !atomic_load(&s->is_stopped) && send_all(fd, c, 1); c++)
		(void)poll(NULL, 0, 2 * TICK_MS);
}

static void flood(struct http_server *s, int fd, const char *what)
{
	while (!atomic_load(&s->is_stopped) && send_all(fd, what, strlen(what)))
		;
}

/* Until the client gives up. */
static void keep_silent(struct http_server *s, int fd)
{
	char byte;

	if (wait_readable(s, fd))
		(void)recv(fd, &byte, 1, 0);
}

/* false: close the connection. */
static bool behave(struct http_server *s, int fd, int n_before)
{
	const char *answer = atomic_load(&s->answer);

	switch ((enum http_behaviour)atomic_load(&s->behaviour)) {
	case HTTP_ANSWER:
		return send_all(fd, answer, strlen(answer));
	case HTTP_ANSWER_CLOSE:
		(void)send_all(fd, answer, strlen(answer));
		return false;
	case HTTP_SILENT:
		keep_silent(s, fd);
		return false;
	case HTTP_HANG_UP:
		return false;
	case HTTP_DRIP:
		drip(s, fd, answer);
		return false;
	case HTTP_FLOOD:
		(void)send_all(fd, answer, strlen(answer));
		flood(s, fd, "0123456789abcdef0123456789abcdef0123456789abcdef");
		return false;
	case HTTP_FLOOD_HEADERS:
		(void)send_all(fd, answer, strlen(answer));
		flood(s, fd, "X-Filler: 0123456789abcdef0123456789abcdef0123456789abcdef\r\n");
		return false;
	case HTTP_SECOND_HANGS_UP:
		return n_before == 0 && send_all(fd, answer, strlen(answer));
	}
	return false;
}

static void *serve(void *argument)
{
	struct session *x = argument;
	struct http_server *s = x->server;
	int n = 0;

	do {
		if (!read_request(x))
			break;
		pthread_mutex_lock(&s->lock);
		memcpy(s->last, x->request, REQUEST_MAX);
		pthread_mutex_unlock(&s->lock);
		atomic_fetch_add(&s->n_requests, 1);
	} while (behave(s, x->fd, n++));
	close(x->fd);
	free(x);
	return NULL;
}

static void *run(void *argument)
{
	struct http_server *s = argument;

	while (wait_readable(s, s->listener)) {
		int fd = accept4(s->listener, NULL, NULL, SOCK_CLOEXEC), i = atomic_load(&s->n_connections);
		struct session *x = calloc(1, sizeof(*x));

		if (fd < 0 || !x || i == SESSIONS_MAX)
			abort();
		x->server = s;
		x->fd = fd;
		if (pthread_create(&s->sessions[i], NULL, serve, x) != 0)
			abort();
		atomic_store(&s->n_connections, i + 1);
	}
	return NULL;
}

struct http_server *http_server_start(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	socklen_t len = sizeof(address);
	struct http_server *s = calloc(1, sizeof(*s));

	if (!s)
		abort();
	signal(SIGPIPE, SIG_IGN);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	s->listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->listener, (const struct sockaddr *)&address, len) < 0 || listen(s->listener, 16) < 0 ||
	    getsockname(s->listener, (struct sockaddr *)&address, &len) < 0)
		abort();
	s->port = ntohs(address.sin_port);
	atomic_store(&s->answer, "");
	pthread_mutex_init(&s->lock, NULL);
	if (pthread_create(&s->thread, NULL, run, s) != 0)
		abort();
	return s;
}

void http_server_stop(struct http_server *s)
{
	atomic_store(&s->is_stopped, true);
	pthread_join(s->thread, NULL);
	for (int i = 0; i < atomic_load(&s->n_connections); i++)
		pthread_join(s->sessions[i], NULL);
	pthread_mutex_destroy(&s->lock);
	close(s->listener);
	free(s);
}

int http_server_port(const struct http_server *s)
{
	return s->port;
}

void http_server_set(struct http_server *s, enum http_behaviour behaviour, const char *answer)
{
	atomic_store(&s->answer, answer);
	atomic_store(&s->behaviour, (int)behaviour);
}

int http_server_n_connections(struct http_server *s)
{
	return atomic_load(&s->n_connections);
}

int http_server_n_requests(struct http_server *s)
{
	return atomic_load(&s->n_requests);
}

const char *http_server_request(struct http_server *s)
{
	return atomic_load(&s->n_requests) > 0 ? s->last : "";
}
