/*
 * db.h: running statements.  The only entrance to PostgreSQL for stores.
 *
 * db_run() takes a statement to where it belongs: into the op's open transaction, else to the
 * lane of its query.  A lane is one pipelined connection with group commit: statements of
 * many threads share one Sync, each is answered only after that Sync, and a batch in which
 * one fails is replayed statement by statement so that only the guilty one fails; executions of a
 * gathered query (query.h) that wait together are one statement.  Programs
 * without lanes (senctl, sen-provisioner) run everything on the pool; reads of an op that is op->off_read_lane have connections of their own.
 *
 * Errors: ERR_UNAVAILABLE (nothing was done), ERR_OUTCOME_UNKNOWN (a write whose connection
 * was lost after sending), ERR_CONFLICT (SQLSTATE 23505, 23P01), ERR_INVALID_VALUE (class 22
 * and 23514), ERR_BLOCKED (SN001, raised by our own triggers; their DETAIL is the argument by), ERR_INTERNAL (anything else, SQLSTATE and message in the detail).
 * Thread-safe; blocks the caller.
 */
#pragma once

#include "common/base/op.h"
#include "common/db/query.h"

struct db_config {
	struct str conninfo;      /* libpq keywords, without the password */
	struct str password;      /* empty: none */
	const char *program;      /* application_name */
	bool with_lanes;
	unsigned pool_size;       /* connections for transactions */
	unsigned readers;         /* connections for reads of an op that is op->off_read_lane; 0: those go where others go */
	bool by_key;              /* of the pool: look-ups by key, always alike: one plan a statement, and by an index if there is one */
	unsigned statement_timeout_ms; /* 0 = 5000; nobody waits for longer than 2 * this + 1 s in a queue */
	unsigned lock_timeout_ms; /* lanes only; 0 = 500 */
	unsigned batch_max;       /* statements under one Sync; 0 = 64 */
	int audit_chain;          /* setting sen.audit_chain of the lanes; transactions write the chain after it */
};

/* Connects and prepares; ret_message says in words what failed. */
int db_open(const struct db_config *config, struct db **ret_db, struct str *ret_message, struct arena *message_arena) _must_check_;
/* Waits for what was accepted, and until every op with a transaction is done.  Accepts NULL. */
void db_close(struct db *db);
/* Does the server answer on every lane within timeout_ms? */
bool db_is_ready(struct db *db, int timeout_ms);

enum db_param_type { DB_P_NULL, DB_P_TEXT, DB_P_I64, DB_P_BOOL, DB_P_BYTEA };
struct db_param {
	enum db_param_type type;
	struct str s; /* TEXT, BYTEA.  STR_NULL is NULL.  uuid, date, jsonb, arrays go as text */
	int64_t i;    /* I64, BOOL */
};
#define P_STR(v) ((struct db_param){ .type = DB_P_TEXT, .s = (v) })
#define P_C(v) P_STR(str_c(v))
#define P_I64(v) ((struct db_param){ .type = DB_P_I64, .i = (v) })
#define P_BOOL(v) ((struct db_param){ .type = DB_P_BOOL, .i = (v) })
#define P_BYTES(v) ((struct db_param){ .type = DB_P_BYTEA, .s = (v) })
#define P_NULL ((struct db_param){ .type = DB_P_NULL })

/* Rows of a result, copied into op->arena; valid as long as it. */
struct db_rows {
	size_t n;        /* rows returned; for a statement without RETURNING: 0 */
	size_t n_cols;
	size_t affected; /* PQcmdTuples */
	const struct str *cells; /* n * n_cols, row by row; SQL NULL = STR_NULL */
};

int db_run_params(struct op *op, const struct query *q, const struct db_param *params, size_t n_params,
                  struct db_rows *ret_rows) _must_check_;
/* db_run(op, &q, &rows, P_STR(a), P_I64(b)) */
#define DB_N_ARGS_(...) (sizeof((struct db_param[]){ P_NULL, ##__VA_ARGS__ }) / sizeof(struct db_param) - 1)
#define db_run(op, q, ret_rows, ...)                                                          \
	db_run_params((op), (q), (struct db_param[]){ P_NULL, ##__VA_ARGS__ } + 1,            \
	              DB_N_ARGS_(__VA_ARGS__), (ret_rows))

/*
 * A transaction of several statements, on a connection of the pool.  Between begin and
 * commit every db_run() of this op runs in it.  db_rollback() is for error paths; a
 * transaction left open is rolled back by db_op_done().  Serialization failures and deadlocks
 * make db_commit() or db_run() fail with ERR_UNAVAILABLE: the caller may run all of it again.
 */
int db_begin(struct op *op) _must_check_;
/*
 * A transaction around functions that have one of their own: db_begin() and db_commit() in them do nothing, a db_rollback() ends all
 * of it.  Ended by its own db_commit() or db_rollback().
 */
int db_begin_around(struct op *op) _must_check_;
int db_commit(struct op *op) _must_check_;
void db_rollback(struct op *op);
/* In a transaction: its statements, and the pauses between them, may take so long.  For what is far from a page's answer. */
int db_take_time(struct op *op, unsigned ms) _must_check_;
/*
 * Within a transaction: a place to go back to when one of several things is refused.  A second db_savepoint() moves it.
 * ERR_UNAVAILABLE: the connection is lost, and with it everything.
 */
int db_savepoint(struct op *op) _must_check_;
int db_restore(struct op *op) _must_check_;
/*
 * From here on everything of this op runs in one transaction that is rolled back: statements and transactions (savepoints of it)
 * see what those before them did, fail as they would, and leave nothing.  Locks are held until db_dry_run_end().  Sequences go on.
 */
int db_dry_run(struct op *op) _must_check_;
/* Rolls all of it back; afterwards the op is as before.  Also without db_dry_run(). */
void db_dry_run_end(struct op *op);
/* At the end of each unit of work. */
void db_op_done(struct op *op);

/* Cells.  col < n_cols, row < n: asserted. */
struct str db_str(const struct db_rows *r, size_t row, size_t col);
bool db_is_null(const struct db_rows *r, size_t row, size_t col);
int64_t db_i64(const struct db_rows *r, size_t row, size_t col); /* NULL = 0; also for timestamps as extract(epoch)::bigint */
bool db_bool(const struct db_rows *r, size_t row, size_t col);
/* bytea in hex output form, decoded into the arena. */
struct str db_bytes(struct arena *a, const struct db_rows *r, size_t row, size_t col);
/* A text[] literal from parts, for parameters cast in SQL ($1::text[]); quotes everything. */
struct str db_array(struct arena *a, const struct str *parts, size_t n);
/* The elements of a one-dimensional array cell. */
int db_array_read(struct op *op, struct str cell, const struct str **ret_parts, size_t *ret_n) _must_check_;

/* Metrics: since start; sent: of gathered statements all that went together are one; queued: statements that wait for their lane now. */
struct db_stats {
	uint64_t batches, statements, sent, replays, reconnects, pool_waits;
	uint64_t queued;
};
void db_stats_get(struct db *db, struct db_stats *ret);
