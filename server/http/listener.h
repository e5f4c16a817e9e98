/*
 * listener.h: the inside of a server: its I/O threads, their connections, the phases of its
 * end.  Only listener.c, intake.c and reply.c know libmicrohttpd.
 *
 * All calls of MHD for a daemon are made on its I/O thread: a worker hands a finished exchange
 * over a lock-free list and an eventfd, and the I/O thread resumes the connection.
 */
#pragma once

#include "common/base/fiber.h"
#include "common/base/workq.h"
#include "server/http/exchange.h"
#include "server/http/forwarded.h"
#include "server/http/metrics.h"
#include "server/http/router.h"
#include "server/http/server.h"

#include <pthread.h>
#include <stdatomic.h>

struct MHD_Daemon;
struct MHD_Response;

enum server_phase {
	PHASE_RUN,
	PHASE_DRAIN,  /* no new connections; answers close theirs; idle ones are closed */
	PHASE_REFUSE, /* new and queued requests get 503 */
	PHASE_FLUSH,  /* no worker is left: send what stands, then end */
};

enum link_state {
	LINK_IDLE,    /* between requests */
	LINK_READING, /* request line seen, request not complete */
	LINK_BUSY,    /* suspended */
	LINK_SENDING,
};

/* One connection. */
struct http_link {
	struct http_link *next, *previous;
	struct http_io *io;
	int fd;
	struct exchange *exchange; /* of the request under way, until it is completed */
	enum link_state state;
	int64_t since_ms;   /* of the state: the turn of the loop in which it began */
	bool is_shut;       /* by the sweep */
	bool peer_is_trusted;
	bool has_ip;
	struct ip ip;
	char peer[IP_TEXT_MAX]; /* as text; "unix": it has no address */
};

#define SHARED_REPLIES 4

struct http_io {
	struct http_server *server;
	struct MHD_Daemon *daemon;
	pthread_t thread;
	bool is_started;
	int epoll_fd;
	int wake_fd;
	_Atomic(struct exchange *) done;
	struct exchange *spare;
	size_t n_spare;
	struct shared_reply {
		const struct route *route;
		struct arena *arena;
		struct str body; /* for comparison; in the arena */
		struct MHD_Response *response;
	} shared[SHARED_REPLIES];
	struct http_link *links;
	int64_t now_ms; /* when this turn of the loop began */
	int64_t next_sweep_ms;
	int64_t phase_since_ms;
	atomic_int phase_seen;
};

struct http_server {
	struct http_config config;
	struct ip *proxies;
	int listen_fd;
	bool is_unix;
	char unix_path[108];
	unsigned port;
	size_t arena_bytes;
	size_t body_max;
	struct metrics *metrics;
	struct router router; /* its order is ours to free */
	struct crew *light; /* NULL: no route is of it */
	struct workq *fast, *slow;
	struct http_io *ios;
	unsigned n_ios;
	atomic_int phase;
	atomic_size_t n_active;      /* exchanges */
	atomic_size_t n_connections;
	atomic_uint_fast64_t n_refused_by_gate;
	atomic_uint_fast64_t n_overloaded;
};

static inline enum server_phase server_phase(struct http_server *s)
{
	return (enum server_phase)atomic_load(&s->phase);
}

/* listen_socket.c: sets listen_fd, port, is_unix, unix_path. 0 or ERR_CONFIG with a message. */
int listen_socket_open(struct http_server *s, struct arena *a, struct str *ret_message) _must_check_;

/* listener.c */
int http_io_start(struct http_io *io, struct http_server *s, struct arena *a, struct str *ret_message) _must_check_;
void http_io_kick(struct http_io *io);
void http_io_join(struct http_io *io); /* the thread has been told to end, or never started */
void link_set_state(struct http_link *link, enum link_state state);

/* worker.c: pools start in worker_start and end, drained, in worker_stop; worker_submit is false when the pool is full. */
void worker_start(struct http_server *s);
void worker_stop(struct http_server *s);
bool worker_submit(struct http_server *s, struct exchange *ex) _must_check_;
/* The exchange goes back to its I/O thread; the caller does not touch it any more. */
void exchange_done(struct exchange *ex);

/* spare.c: exchanges with their arenas are kept for the next request. */
struct exchange *exchange_take(struct http_io *io);
void exchange_give(struct http_io *io, struct exchange *ex);
void exchange_free_spare(struct http_io *io);

/* reply.c: at the end of the I/O thread. */
void shared_replies_free(struct http_io *io);

/* access_log.c: metrics and the log line, once per exchange. */
void access_log(struct exchange *ex, int status);
