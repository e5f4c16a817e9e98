/*
 * conn.h (private): one non-blocking libpq connection, opened with the settings that every
 * session of ours has and with its statements prepared.
 *
 * Used by lanes, the pool and migrations.  Every wait has a deadline on the monotonic clock.
 * Whatever is not an orderly answer (end of file, time-out, a FATAL message) is "lost": the
 * owner closes the connection and decides what that means for what was sent on it.
 * Not thread-safe: belongs to one thread at a time.
 */
#pragma once

#include "common/db/bind.h"

#include <libpq-fe.h>

#define CONN_REASON_MAX 240

/* For conn_settings.prepare. */
#define CONN_PREPARE_NONE 0u
#define CONN_PREPARE_READ 1u
#define CONN_PREPARE_WRITE 2u
#define CONN_PREPARE_ALL (CONN_PREPARE_READ | CONN_PREPARE_WRITE)

struct conn_settings {
	const char *conninfo; /* libpq keywords */
	const char *password; /* NULL: none */
	const char *program;
	const char *search_path;
	unsigned prepare;
	bool read_only;
	bool generic_plans; /* never plan anew for the values of one execution */
	bool by_key;        /* read whole tables only where there is no other way: a plan made while they are empty lives on */
	bool one_by_one;    /* join by looking up each row, never by reading all of a table into a hash or an order */
	unsigned statement_timeout_ms; /* of the server; 0 = none, as the next two */
	unsigned lock_timeout_ms;
	unsigned idle_transaction_timeout_ms;
	int audit_chain;
};

struct db_conn {
	PGconn *pg;
	/* A COMMIT was answered before its synchronous standby had it: see conn_note(). */
	bool commit_in_doubt;
	int64_t patience_ms; /* of the present transaction; 0: the database's: db_take_time() */
	char reason[CONN_REASON_MAX]; /* one line on what went wrong last; never a password */
};

/* NULL with one line in ret_reason.  May block for the connect_timeout of each host. */
struct db_conn *conn_open(const struct conn_settings *s, char ret_reason[CONN_REASON_MAX]);
void conn_close(struct db_conn *c); /* accepts NULL */
DEFINE_CLEANUP(struct db_conn *, conn_closep, conn_close);

DEFINE_CLEANUP(PGresult *, result_clearp, PQclear);
#define _pgresult_ _cleanup_(result_clearp)

enum conn_answer {
	CONN_RESULT, /* *ret is the caller's */
	CONN_END,    /* of the results of one statement */
	CONN_LOST,   /* c->reason says why */
};

/* Keeps the first reason; for whoever sends without the functions below. */
enum conn_answer conn_lose(struct db_conn *c, const char *message);

/* Queues one prepared statement for sending; false when the connection is lost. */
bool conn_send(struct db_conn *c, const struct bound *b) _must_check_;

/* The next result, waiting until deadline_ms (clock_mono_ms) for it. */
enum conn_answer conn_next(struct db_conn *c, int64_t deadline_ms, PGresult **ret);

/* Reads what the server said unasked; false when the connection is no longer usable. */
bool conn_is_alive(struct db_conn *c);

/*
 * Without pipeline: reads everything up to the end of the statement sent before.  NULL when
 * the connection was lost, in which case nobody knows what became of the statement.
 */
PGresult *conn_finish(struct db_conn *c, int64_t deadline_ms);
/* One statement or several in one text by the simple protocol; NULL as above. */
PGresult *conn_exec(struct db_conn *c, const char *sql, int64_t deadline_ms);
