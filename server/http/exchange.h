/*
 * exchange.h: the listener's side of a request: its header fields, its connection, its place
 * in the queues.  rq->transport points to it.
 *
 * Ownership moves with the state: READING and REPLIED belong to the I/O thread, WORKING to a
 * worker between the push to a pool and exchange_done(), after which the worker knows nothing
 * of it any more.
 */
#pragma once

#include "common/base/buf.h"
#include "server/http/field.h"
#include "server/http/problem.h"
#include "server/http/request.h"

struct MHD_Connection;
struct http_io;
struct http_link;
struct http_server;

enum exchange_state {
	EXCHANGE_NEW,     /* the request line is known */
	EXCHANGE_READING, /* header passed; the body comes */
	EXCHANGE_WORKING, /* suspended; a worker has it */
	EXCHANGE_DONE,    /* rq.response stands */
	EXCHANGE_REPLIED, /* given to the transport */
};

struct exchange {
	struct request rq;
	struct fields fields;
	struct str uri;            /* raw */
	struct buf body;
	size_t dropped_bytes;      /* of a body that is too large */
	enum exchange_state state;
	bool is_head;
	bool is_preflight;
	bool must_close;
	bool is_begun;             /* the begin hook has run: release is owed */
	bool is_answered;          /* metrics and log line are written */
	unsigned allowed;          /* for 405 and preflight */
	int64_t start_us;
	int64_t deadline_ms;       /* monotonic */
	struct http_io *io;
	struct http_link *link;
	struct MHD_Connection *connection;
	struct exchange *next;     /* in the list of those done, or of those free */
};

/* begin hook, preflight or params, guards and handler, problem, end hook: on any thread. */
void exchange_run(struct exchange *ex, const struct http_hooks *hooks);
