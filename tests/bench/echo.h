/*
 * echo.h: the floors: servers that do the least that an endpoint of ours cannot do without, and
 * answer with as many bytes and header fields as it does.
 *
 * What is done (echo_work.c) and who carries it are apart: echo_bare.c is libmicrohttpd alone, driven as
 * sen-server drives it (external epoll, an eventfd, suspend and resume around a pool of
 * workers), with no gate, router, parameters, log or metrics; echo_listener.c is server/http with
 * routes of its own.
 */
#pragma once

#include "common/crypto/jws.h"
#include "common/db/db.h"

#define ECHO_HEADERS_MAX 32
#define ECHO_WORKERS 48      /* fast_threads of sen-server */
#define ECHO_QUEUE_MAX 4096
#define ECHO_CONNECTIONS 4000
#define ECHO_ARENA_BYTES ((size_t)256 * 1024)
/* Rows of the table that is read. */
#define ECHO_FACTS 100000

enum echo_work {
	ECHO_ALONE,       /* nothing */
	ECHO_SIGN,        /* one ES256 signature */
	ECHO_READ,        /* one row by its key, through a lane */
	ECHO_COMMIT_SIGN, /* one durable insert through a lane, and one ES256 signature */
};

struct echo_header {
	const char *name, *value;
};

struct echo {
	struct arena *arena; /* of what follows */
	enum echo_work work;
	uint16_t port;
	unsigned io_threads;
	/* Taken from a real answer: its fields, and its body around the token in it. */
	struct echo_header headers[ECHO_HEADERS_MAX];
	size_t n_headers;
	const char *content_type;
	struct str before, payload, after;
	struct jwk *key;
	struct db *db;
};

/* Reads the answer, makes the key, opens the database: ends the program when it cannot. */
void echo_open(struct echo *e, const char *answer_file, const char *conninfo);
/* Has to wait for the database: not on an I/O thread. */
bool echo_waits(const struct echo *e);
/* Does the work; the body lives as long as op->arena. */
int echo_answer(struct op *op, const struct echo *e, struct str *ret_body) _must_check_;

_noreturn_ void echo_bare(struct echo *e);
_noreturn_ void echo_listener(struct echo *e, struct str host);
