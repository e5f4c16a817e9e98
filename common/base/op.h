/*
 * op.h: one unit of work, free of HTTP: a request at the server, a task at the provisioner,
 * a command of senctl.  First parameter of every domain and store function.
 *
 * Whoever detects a fault sets it once, with three layers: a code for machines, a public
 * text that never contains input, and a detail for the log.  The first fault stays; a later
 * op_fail() on the same op keeps it and only returns its code.
 */
#pragma once

#include "common/base/arena.h"
#include "common/base/err.h"

#define OP_ID_LEN 22       /* base64url of 128 random bits */
#define ERROR_ARGS_MAX 4

struct db;      /* common/db */
struct db_conn; /* common/db */
struct keyring; /* common/crypto */

/* A named value for the message of an error; comes from our own data, never from input. */
struct error_arg {
	const char *name;
	struct str value;
};

struct error {
	int code;              /* 0 or a negative enum err */
	const char *text;      /* English, ASCII without '"' and '\' (RFC 6749 §5.2), for developers of clients */
	struct str detail;     /* for the log only */
	struct error_arg args[ERROR_ARGS_MAX];
	size_t n_args;
};

struct op {
	struct arena *arena;
	struct db *db;
	struct db_conn *tx;           /* the open transaction, or NULL: db_begin() */
	bool tx_is_around;            /* it is around others: db_begin_around() */
	unsigned tx_within;           /* of those, how many are open */
	struct db_conn *dry;          /* everything runs here and is rolled back at the end: db_dry_run(); NULL: as usual */
	bool off_read_lane;           /* reads of this op may take long: they run where no token stands behind them */
	const struct keyring *keys;
	int64_t now_s;                /* wall clock at the start of the unit of work; expiry in stores uses the database's clock */
	char id[OP_ID_LEN + 1];       /* "Mã tra cứu": stands in the log line, in error pages and in audit */
	/* Runs in each transaction of this op just before COMMIT; a negative result rolls it back.  NULL: nothing. */
	int (*before_commit)(struct op *op, void *context);
	void *before_commit_context;
	struct error error;
};

/* Gives the op a random id and the present time.  The arena stays the caller's. */
void op_init(struct op *op, struct arena *arena, struct db *db, const struct keyring *keys);

/* Returns code.  text: static storage. */
int op_fail(struct op *op, enum err code, const char *text);
/* The same with a detail for the log. */
int op_fail_detail(struct op *op, enum err code, const char *text, const char *detail_format, ...) _printf_(4, 5);
/* Adds a named value to the error set before; returns the error's code. */
int op_fail_arg(struct op *op, const char *name, struct str value);
/* Forgets an error that was expected and has been dealt with. */
void op_forgive(struct op *op);
