/*
 * sql_client.h: transactions in the databases of platforms: PostgreSQL (libpq) and MariaDB (libmariadb).
 *
 * Not for our own database, which common/db speaks to.  Every statement is one that an operator declared
 * (sql_text.h); all values travel as text parameters in UTF-8 and come back as text.  A pool is used by several
 * threads; a transaction by one.  TLS with a verified name is used except on loopback and unix sockets.
 *
 * Errors: ERR_UNAVAILABLE nothing was done (not connected, lost before COMMIT was sent, lock or time-out);
 * ERR_OUTCOME_UNKNOWN lost after COMMIT was sent; ERR_CONFLICT a unique value is taken; ERR_ACCESS_DENIED
 * our user may not; ERR_INVALID_VALUE the database does not accept these data; ERR_TARGET anything else.
 */
#pragma once

#include "common/base/op.h"
#include "common/sql/sql_text.h"

#define SQL_COLUMNS_MAX 40
#define SQL_ROWS_MAX 1000
#define SQL_CELL_MAX_BYTES 4096

struct sql_config {
	enum sql_dialect dialect;
	struct str host;           /* name, address, or the folder (PostgreSQL) or path (MariaDB) of a unix socket */
	int64_t port;              /* 0: the dialect's own */
	struct str database, user, password;
	struct str ca_file;        /* empty: the system's */
	int64_t timeout_ms;        /* of connecting, and of each statement */
	unsigned pool_size;
};

struct sql_pool;
struct sql_tx;

struct sql_rows {
	size_t n, n_columns;
	const struct str *names;   /* of columns, as the database says them */
	const struct str *cells;   /* row by row; STR_NULL: NULL */
	uint64_t n_affected;       /* by a statement without rows */
};

/* Connects nowhere yet.  Strings of config are copied. */
struct sql_pool *sql_pool_new(const struct sql_config *config);
struct sql_pool *sql_pool_free(struct sql_pool *p);

int sql_begin(struct op *op, struct sql_pool *p, struct sql_tx **ret_tx) _must_check_;
/* values[i] for the i-th known name of the text.  Rows live in op's arena.  After an error the transaction can only be rolled back. */
int sql_run(struct op *op, struct sql_tx *tx, const struct sql_text *text, const struct str *values, struct sql_rows *ret_rows) _must_check_;
/* Both end the transaction. */
int sql_commit(struct op *op, struct sql_tx *tx) _must_check_;
void sql_rollback(struct sql_tx *tx);

/* Column by name without case; false when there is none. */
bool sql_column(const struct sql_rows *rows, const char *name, size_t *ret_column);
static inline struct str sql_cell(const struct sql_rows *rows, size_t row, size_t column)
{
	return rows->cells[row * rows->n_columns + column];
}
