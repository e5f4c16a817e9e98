/*
 * server.h: the HTTP server: listener threads (libmicrohttpd in external epoll mode), header
 * gate, router, worker pools, error forms, log line and metrics.
 *
 * One I/O thread owns a daemon: our loop polls the daemon's epoll descriptor and an eventfd,
 * and calls MHD_run().  A request is read whole, suspended, queued, handled by a worker,
 * resumed, and its response is built on the I/O thread.  Never MHD's own epoll thread: when
 * epoll_wait fills its batch of 128 it waits again, without limit, before it serves them.
 */
#pragma once

#include "common/base/buf.h"
#include "server/http/request.h"

/*
 * Called once each per request that has passed the gate, on the thread that handles it; for
 * POOL_INLINE and for requests refused before their handler (no such route, queue full) that
 * is the I/O thread, so none of them may block; release is always called there.
 */
struct http_hooks {
	/* Before guards: sets op.db, op.keys, language. */
	void (*begin)(struct request *rq);
	/* After the handler, before the answer leaves: db_op_done() and the like. */
	void (*end)(struct request *rq);
	/*
	 * After the answer has left and stands in the log: gives back what either of
	 * them may point to.  Whatever a handler lends to the response lives until then.
	 */
	void (*release)(struct request *rq);
	/* ERRORS_PAGE: renders the page for rq->op.error into rq->response with this status. */
	void (*error_page)(struct request *rq, int status);
	/* Localised sentence for problem+json; STR_NULL: use error.text. */
	struct str (*error_text)(struct request *rq);
	const char *dpop_algs; /* for challenges (RFC 9449 §7.1); NULL: DPoP is not offered */
	/* Where the metadata of the resource are, for challenges (RFC 9728 §5.1); STR_NULL: it has none.  May be NULL. */
	struct str (*resource_metadata)(struct request *rq);
};

/* What it points to stays the caller's and outlives the server. */
struct http_config {
	struct str listen;          /* "127.0.0.1:8080", "[::1]:8080" or "unix:/path" (mode 0660; its peers count as trusted proxies) */
	const struct str *hosts;    /* accepted Host values, e.g. "sso.nghean.gov.vn"; others 421 */
	size_t n_hosts;
	const struct str *trusted_proxies; /* peers whose X-Forwarded-For (one address, the last) is believed */
	size_t n_trusted_proxies;
	const char *certificate_header; /* believed from every peer: only for a listener that a proxy alone can reach; NULL: none */
	bool https;
	unsigned io_threads, fast_threads, slow_threads;
	size_t queue_max;           /* per pool; full = 503 with Retry-After */
	unsigned connection_max, per_ip_connection_max; /* the latter only without proxies */
	unsigned idle_timeout_s, deadline_s;
	size_t arena_budget;        /* of a request, beside the largest max_body of the routes */
	const struct route *routes;
	size_t n_routes;
	const struct app *app;
	struct http_hooks hooks;
};

struct http_server;

int http_server_start(const struct http_config *config, struct http_server **ret_server, struct str *ret_message, struct arena *message_arena) _must_check_;
/* The port in use (for listen "…:0"). */
unsigned http_server_port(const struct http_server *s);
/* Stops accepting, finishes every accepted request within grace_ms, answers the rest 503, frees. */
void http_server_stop(struct http_server *s, int grace_ms);

/* Room for the counters of 400 routes that were asked for in every usual way: taken at once, since an arena does not give back. */
#define METRICS_MAX (2u << 20)
/* Prometheus text of this server: requests by route, method, code; duration histogram; queues; connections. */
void http_metrics_write(struct http_server *s, struct buf *b);
