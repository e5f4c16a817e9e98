/* listener.c: one I/O thread: its MHD daemon, its loop, its connections. */
#include "server/http/listener.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "server/http/intake.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <unistd.h>

#define MEMORY_PER_CONNECTION ((size_t)32 * 1024)
#define SWEEP_MS 1000
#define SWEEP_DRAIN_MS 20
#define DRAIN_LINGER_MS 100  /* lets a request that is on its way arrive and be answered with "close" */
#define FLUSH_MS 1000
#define SEND_DEADLINES 4     /* a response may take so many request deadlines to be read */

void link_set_state(struct http_link *link, enum link_state state)
{
	link->state = state;
	link->since_ms = link->io->now_ms;
}

static bool is_trusted(const struct http_server *s, const struct http_link *link)
{
	if (s->is_unix)
		return true;
	for (size_t i = 0; link->has_ip && i < s->config.n_trusted_proxies; i++)
		if (ip_equal(&s->proxies[i], &link->ip))
			return true;
	return false;
}

static void link_open(struct http_io *io, struct MHD_Connection *connection, void **socket_context)
{
	const union MHD_ConnectionInfo *fd = MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CONNECTION_FD);
	const union MHD_ConnectionInfo *peer =
		MHD_get_connection_info(connection, MHD_CONNECTION_INFO_CLIENT_ADDRESS);
	struct http_link *link = calloc(1, sizeof(*link));

	if (!link)
		abort();
	link->io = io;
	link->fd = fd->connect_fd;
	link->has_ip = !io->server->is_unix && peer && ip_of_sockaddr(peer->client_addr, &link->ip);
	memcpy(link->peer, "unix", sizeof("unix"));
	if (link->has_ip)
		ip_write(&link->ip, link->peer);
	link->peer_is_trusted = is_trusted(io->server, link);
	link_set_state(link, LINK_IDLE);
	link->next = io->links;
	if (link->next)
		link->next->previous = link;
	io->links = link;
	*socket_context = link;
	atomic_fetch_add(&io->server->n_connections, 1);
}

static void link_close(struct http_link *link)
{
	struct http_io *io = link->io;

	intake_abandon(link);
	if (link->next)
		link->next->previous = link->previous;
	if (link->previous)
		link->previous->next = link->next;
	else
		io->links = link->next;
	atomic_fetch_sub(&io->server->n_connections, 1);
	free(link);
}

static void on_connection(void *cls, struct MHD_Connection *connection, void **socket_context,
                          enum MHD_ConnectionNotificationCode code)
{
	if (code == MHD_CONNECTION_NOTIFY_STARTED)
		link_open(cls, connection, socket_context);
	else if (*socket_context)
		link_close(*socket_context);
}

/* MHD's time-out is per byte received; this one is for the whole of each state (slow loris). */
static int64_t state_limit_ms(const struct http_config *c, enum link_state state)
{
	int64_t deadline_ms = (int64_t)c->deadline_s * 1000;

	switch (state) {
	case LINK_IDLE:
		return (int64_t)c->idle_timeout_s * 1000 + deadline_ms;
	case LINK_READING:
		return deadline_ms;
	case LINK_SENDING:
		return deadline_ms * SEND_DEADLINES;
	case LINK_BUSY:
	default:
		return INT64_MAX;
	}
}

static bool is_idle_for_good(const struct http_io *io, const struct http_link *link, int64_t now_ms)
{
	int unread = 0;

	if (server_phase(io->server) < PHASE_DRAIN || link->state != LINK_IDLE ||
	    now_ms - io->phase_since_ms < DRAIN_LINGER_MS)
		return false;
	return ioctl(link->fd, FIONREAD, &unread) < 0 || unread == 0;
}

/* Shuts the socket down; MHD then sees its end and closes it by its own rules. */
static void sweep(struct http_io *io, int64_t now_ms)
{
	for (struct http_link *link = io->links; link; link = link->next) {
		int64_t age_ms = now_ms - link->since_ms;

		if (link->is_shut)
			continue;
		if (age_ms > state_limit_ms(&io->server->config, link->state) || is_idle_for_good(io, link, now_ms)) {
			link->is_shut = true;
			shutdown(link->fd, SHUT_RDWR);
		}
	}
}

void http_io_kick(struct http_io *io)
{
	uint64_t one = 1;

	/* It can only fail when the counter is full, and then the thread is awake anyway. */
	while (write(io->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

static void resume_done(struct http_io *io)
{
	struct exchange *ex = atomic_exchange(&io->done, NULL);

	while (ex) {
		struct exchange *next = ex->next;

		ex->state = EXCHANGE_DONE;
		MHD_resume_connection(ex->connection);
		ex = next;
	}
}

static int wait_ms(struct http_io *io, int64_t now_ms)
{
	MHD_UNSIGNED_LONG_LONG mhd_ms = 0;
	int64_t ms = io->next_sweep_ms > now_ms ? io->next_sweep_ms - now_ms : 0;

	if (MHD_get_timeout(io->daemon, &mhd_ms) == MHD_YES && mhd_ms < (MHD_UNSIGNED_LONG_LONG)ms)
		ms = (int64_t)mhd_ms;
	return (int)ms;
}

static void wait_for_work(struct http_io *io)
{
	struct epoll_event events[2];
	int n = epoll_wait(io->epoll_fd, events, ARRAY_LEN(events), wait_ms(io, clock_mono_ms()));

	for (int i = 0; i < n; i++) {
		uint64_t count;

		if (events[i].data.fd == io->wake_fd && read(io->wake_fd, &count, sizeof(count)) < 0)
			continue; /* EAGAIN: nothing to take back */
	}
}

static void enter_phase(struct http_io *io, enum server_phase phase)
{
	if (phase == (enum server_phase)atomic_load(&io->phase_seen))
		return;
	if ((enum server_phase)atomic_load(&io->phase_seen) == PHASE_RUN) {
		MHD_socket fd = MHD_quiesce_daemon(io->daemon);

		if (fd != MHD_INVALID_SOCKET)
			close(fd);
		io->phase_since_ms = clock_mono_ms();
	}
	if (phase == PHASE_FLUSH)
		io->phase_since_ms = clock_mono_ms();
	io->next_sweep_ms = 0;
	atomic_store(&io->phase_seen, (int)phase);
}

static bool is_finished(struct http_io *io)
{
	return (enum server_phase)atomic_load(&io->phase_seen) == PHASE_FLUSH &&
	       (!io->links || clock_mono_ms() - io->phase_since_ms > FLUSH_MS);
}

static void *io_run(void *arg)
{
	struct http_io *io = arg;

	while (!is_finished(io)) {
		enum server_phase phase = server_phase(io->server);

		wait_for_work(io);
		io->now_ms = clock_mono_ms();
		enter_phase(io, phase);
		log_hold();
		resume_done(io);
		MHD_run(io->daemon);
		log_release();

		int64_t now_ms = clock_mono_ms();

		if (now_ms >= io->next_sweep_ms) {
			sweep(io, now_ms);
			io->next_sweep_ms = now_ms + (phase == PHASE_RUN ? SWEEP_MS : SWEEP_DRAIN_MS);
		}
	}
	shared_replies_free(io);
	MHD_stop_daemon(io->daemon);
	io->daemon = NULL;
	return NULL;
}

/* MHD's own words about connections: static texts of its own, of use for debugging only. */
static void on_mhd_message(void *cls, const char *format, va_list ap) _printf_(2, 0);
static void on_mhd_message(void *cls, const char *format, va_list ap)
{
	char text[256];
	int len = vsnprintf(text, sizeof(text), format, ap);

	(void)cls;
	if (len > 0)
		log_event(LOG_LEVEL_DEBUG, "http.transport", L_STR("text", str_trim(str_c(text))));
}

static struct MHD_Daemon *start_daemon(struct http_io *io, int listen_fd)
{
	const struct http_config *c = &io->server->config;
	bool has_proxy = io->server->is_unix || c->n_trusted_proxies > 0;
	unsigned share = c->connection_max / io->server->n_ios;
	struct MHD_OptionItem options[] = {
		{ MHD_OPTION_EXTERNAL_LOGGER, (intptr_t)(void *)on_mhd_message, io },
		{ MHD_OPTION_LISTEN_SOCKET, listen_fd, NULL },
		{ MHD_OPTION_CONNECTION_LIMIT, (intptr_t)(share > 0 ? share : 1), NULL },
		/* Behind a proxy all connections come from one address. */
		{ MHD_OPTION_PER_IP_CONNECTION_LIMIT, (intptr_t)(has_proxy ? 0 : c->per_ip_connection_max), NULL },
		{ MHD_OPTION_CONNECTION_TIMEOUT, (intptr_t)c->idle_timeout_s, NULL },
		{ MHD_OPTION_CONNECTION_MEMORY_LIMIT, (intptr_t)MEMORY_PER_CONNECTION, NULL },
		{ MHD_OPTION_STRICT_FOR_CLIENT, 1, NULL },
		{ MHD_OPTION_URI_LOG_CALLBACK, (intptr_t)(void *)intake_request_line, io },
		{ MHD_OPTION_NOTIFY_COMPLETED, (intptr_t)(void *)intake_completed, io },
		{ MHD_OPTION_NOTIFY_CONNECTION, (intptr_t)(void *)on_connection, io },
		{ MHD_OPTION_END, 0, NULL },
	};

	return MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG, 0, NULL, NULL,
	                        intake_access, io, MHD_OPTION_ARRAY, options, MHD_OPTION_END);
}

static bool watch(struct http_io *io, int fd)
{
	struct epoll_event event = { .events = EPOLLIN, .data.fd = fd };

	return epoll_ctl(io->epoll_fd, EPOLL_CTL_ADD, fd, &event) == 0;
}

static bool open_descriptors(struct http_io *io)
{
	/* Every daemon closes its own copy; all copies share one queue of connections. */
	int listen_fd = fcntl(io->server->listen_fd, F_DUPFD_CLOEXEC, 0);

	io->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	io->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (listen_fd < 0 || io->epoll_fd < 0 || io->wake_fd < 0)
		return false;
	io->daemon = start_daemon(io, listen_fd);
	if (!io->daemon) {
		close(listen_fd);
		return false;
	}

	const union MHD_DaemonInfo *info = MHD_get_daemon_info(io->daemon, MHD_DAEMON_INFO_EPOLL_FD);

	return info && watch(io, info->epoll_fd) && watch(io, io->wake_fd);
}

int http_io_start(struct http_io *io, struct http_server *s, struct arena *a, struct str *ret_message)
{
	sigset_t all, before;
	int r;

	io->server = s;
	io->epoll_fd = io->wake_fd = -1;
	if (!open_descriptors(io)) {
		*ret_message = arena_printf(a, "cannot start an I/O thread: %s", strerrordesc_np(errno));
		return ERR_CONFIG;
	}
	/* Signals are the main thread's business. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &before);
	r = pthread_create(&io->thread, NULL, io_run, io);
	pthread_sigmask(SIG_SETMASK, &before, NULL);
	if (r != 0)
		abort();
	io->is_started = true;
	pthread_setname_np(io->thread, "http-io");
	return 0;
}

void http_io_join(struct http_io *io)
{
	if (io->is_started)
		pthread_join(io->thread, NULL);
	if (io->daemon)
		MHD_stop_daemon(io->daemon);
	if (io->epoll_fd >= 0)
		close(io->epoll_fd);
	if (io->wake_fd >= 0)
		close(io->wake_fd);
	exchange_free_spare(io);
}
