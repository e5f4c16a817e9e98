#include "tests/bench/echo.h"

#include "common/base/workq.h"

#include <arpa/inet.h>
#include <err.h>
#include <fcntl.h>
#include <microhttpd.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <unistd.h>

struct io;

/* One request. */
struct call {
	struct io *io;
	struct MHD_Connection *connection;
	struct op op;
	struct str body;
	enum { CALL_HEADER, CALL_BODY, CALL_DONE } state;
	int result;
	struct call *next;
};

struct io {
	const struct echo *echo;
	struct workq *workers;
	struct MHD_Daemon *daemon;
	int wake_fd;
	_Atomic(struct call *) done;
	struct call *spare;
	struct MHD_Response *ready; /* ECHO_ALONE */
};

static struct call *call_take(struct io *io)
{
	struct call *c = io->spare;

	if (c) {
		io->spare = c->next;
		return c;
	}
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->io = io;
	op_init(&c->op, arena_new(ECHO_ARENA_BYTES), io->echo->db, NULL);
	return c;
}

static void on_completed(void *cls, struct MHD_Connection *connection, void **context, enum MHD_RequestTerminationCode how)
{
	struct call *c = *context;

	(void)cls;
	(void)connection;
	(void)how;
	if (!c)
		return;
	*context = NULL;
	arena_reset(c->op.arena);
	c->next = c->io->spare;
	c->io->spare = c;
}

/* On a worker. */
static void work(void *context, void *item)
{
	struct call *c = item, *first = atomic_load(&c->io->done);
	struct io *io = c->io;
	const uint64_t one = 1;

	(void)context;
	c->result = echo_answer(&c->op, io->echo, &c->body);
	do {
		c->next = first;
	} while (!atomic_compare_exchange_weak(&io->done, &first, c));
	if (!first)
		(void)!write(io->wake_fd, &one, sizeof(one));
}

static struct MHD_Response *respond(const struct echo *e, struct str body)
{
	struct MHD_Response *r = MHD_create_response_from_buffer(body.len, (void *)(uintptr_t)body.p, MHD_RESPMEM_PERSISTENT);

	for (size_t i = 0; r && i < e->n_headers; i++)
		if (MHD_add_response_header(r, e->headers[i].name, e->headers[i].value) != MHD_YES)
			abort();
	if (r && e->content_type && MHD_add_response_header(r, "Content-Type", e->content_type) != MHD_YES)
		abort();
	return r;
}

static enum MHD_Result reply(struct call *c)
{
	struct MHD_Response *r;
	enum MHD_Result queued;

	if (c->result < 0)
		errx(1, "%s: %.*s", c->op.error.text, STR_ARG(c->op.error.detail));
	if (c->io->ready)
		return MHD_queue_response(c->connection, MHD_HTTP_OK, c->io->ready);
	r = respond(c->io->echo, c->body);
	queued = MHD_queue_response(c->connection, MHD_HTTP_OK, r);
	MHD_destroy_response(r);
	return queued;
}

static enum MHD_Result on_complete(struct call *c)
{
	const struct echo *e = c->io->echo;

	if (!echo_waits(e)) {
		c->result = echo_answer(&c->op, e, &c->body);
		return reply(c);
	}
	c->state = CALL_DONE;
	MHD_suspend_connection(c->connection);
	if (!workq_push(c->io->workers, c))
		errx(1, "more connections than the queue has room for");
	return MHD_YES;
}

static enum MHD_Result on_access(void *cls, struct MHD_Connection *connection, const char *url, const char *method,
                                 const char *version, const char *data, size_t *data_len, void **context)
{
	struct call *c = *context;

	(void)url;
	(void)method;
	(void)version;
	(void)data;
	if (!c) {
		*context = c = call_take(cls);
		c->connection = connection;
		c->state = CALL_BODY;
		return MHD_YES;
	}
	if (c->state == CALL_DONE)
		return reply(c);
	if (*data_len > 0) {
		*data_len = 0;
		return MHD_YES;
	}
	return on_complete(c);
}

static void resume_done(struct io *io)
{
	struct call *c = atomic_exchange(&io->done, NULL);

	while (c) {
		struct call *next = c->next;

		MHD_resume_connection(c->connection);
		c = next;
	}
}

static void watch(int epoll_fd, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, fd, &event) < 0)
		err(1, "epoll");
}

static void *serve(void *arg)
{
	struct io *io = arg;
	const union MHD_DaemonInfo *info = MHD_get_daemon_info(io->daemon, MHD_DAEMON_INFO_EPOLL_FD);
	int epoll_fd = epoll_create1(EPOLL_CLOEXEC);

	if (!info || epoll_fd < 0)
		errx(1, "cannot wait for the daemon");
	watch(epoll_fd, info->epoll_fd);
	watch(epoll_fd, io->wake_fd);
	for (;;) {
		MHD_UNSIGNED_LONG_LONG ms = 1000;
		struct epoll_event events[2];
		uint64_t count;
		int n;

		if (MHD_get_timeout(io->daemon, &ms) != MHD_YES || ms > 1000)
			ms = 1000;
		n = epoll_wait(epoll_fd, events, ARRAY_LEN(events), (int)ms);
		for (int i = 0; i < n; i++)
			if (events[i].data.fd == io->wake_fd)
				(void)!read(io->wake_fd, &count, sizeof(count));
		resume_done(io);
		MHD_run(io->daemon);
	}
	return NULL;
}

static int listen_on(uint16_t port)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK), .sin_port = htons(port) };
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	const int one = 1;

	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&address, sizeof(address)) < 0 || listen(fd, SOMAXCONN) < 0)
		err(1, "cannot listen on port %u", port);
	return fd;
}

static void io_open(struct io *io, const struct echo *e, struct workq *workers, int listen_fd)
{
	io->echo = e;
	io->workers = workers;
	io->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (e->work == ECHO_ALONE)
		io->ready = respond(e, e->before);
	io->daemon = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME, 0, NULL, NULL, on_access, io,
	                              MHD_OPTION_LISTEN_SOCKET, fcntl(listen_fd, F_DUPFD_CLOEXEC, 0), MHD_OPTION_CONNECTION_LIMIT,
	                              (unsigned)ECHO_CONNECTIONS, MHD_OPTION_NOTIFY_COMPLETED, on_completed, io, MHD_OPTION_END);
	if (!io->daemon || io->wake_fd < 0)
		errx(1, "cannot start an I/O thread");
}

void echo_bare(struct echo *e)
{
	struct workq *workers = echo_waits(e) ? workq_new("fast", ECHO_WORKERS, ECHO_QUEUE_MAX, work, NULL) : NULL;
	struct io *ios = calloc(e->io_threads, sizeof(*ios));
	int listen_fd = listen_on(e->port);
	pthread_t thread;

	if (!ios)
		abort();
	for (unsigned i = 0; i < e->io_threads; i++)
		io_open(&ios[i], e, workers, listen_fd);
	for (unsigned i = 1; i < e->io_threads; i++)
		if (pthread_create(&thread, NULL, serve, &ios[i]) != 0)
			abort();
	serve(&ios[0]);
	abort();
}
