/* sql_mariadb.c: libmariadb.  Prepared statements only: values are never part of a text. */
#include "common/base/err.h"
#include "common/sql/sql_driver.h"

#include <errmsg.h>
#include <mysql.h>
#include <mysqld_error.h>
#include <stdlib.h>
#include <string.h>

DEFINE_CLEANUP(MYSQL_STMT *, stmt_closep, mysql_stmt_close);
#define _stmt_ _cleanup_(stmt_closep)
DEFINE_CLEANUP(MYSQL_RES *, res_freep, mysql_free_result);
#define _res_ _cleanup_(res_freep)

#define MS_PER_S 1000

struct mariadb {
	MYSQL *my;
	bool is_lost;
};

/* CR_…: the client library's own; most mean that the connection is gone. */
static bool is_client_error(unsigned code)
{
	return code >= CR_MIN_ERROR && code <= CR_MAX_ERROR;
}

static int fail(struct op *op, struct mariadb *m, unsigned code, const char *state, const char *message)
{
	switch (code) {
	case ER_DUP_ENTRY:
	case ER_DUP_ENTRY_WITH_KEY_NAME:
		return op_fail_detail(op, ERR_CONFLICT, "a unique value is taken", "%u", code);
	case ER_LOCK_WAIT_TIMEOUT:
	case ER_LOCK_DEADLOCK:
	case ER_STATEMENT_TIMEOUT:
	case ER_SERVER_SHUTDOWN:
	case ER_CON_COUNT_ERROR:
		return op_fail_detail(op, ERR_UNAVAILABLE, "the platform's database is busy", "%u %.200s", code, message);
	case ER_ACCESS_DENIED_ERROR:
	case ER_DBACCESS_DENIED_ERROR:
	case ER_TABLEACCESS_DENIED_ERROR:
	case ER_COLUMNACCESS_DENIED_ERROR:
		return op_fail_detail(op, ERR_ACCESS_DENIED, "the platform's database refuses our user", "%u", code);
	default:
		break;
	}
	if (!is_client_error(code))
		return sql_fail_state(op, state, message);
	m->is_lost = true;
	return op_fail_detail(op, ERR_UNAVAILABLE, "the platform's database cannot be reached", "%u %.200s", code, message);
}

static int fail_connection(struct op *op, struct mariadb *m)
{
	return fail(op, m, mysql_errno(m->my), mysql_sqlstate(m->my), mysql_error(m->my));
}

static int fail_stmt(struct op *op, struct mariadb *m, MYSQL_STMT *stmt)
{
	return fail(op, m, mysql_stmt_errno(stmt), mysql_stmt_sqlstate(stmt), mysql_stmt_error(stmt));
}

static void maria_close(void *connection)
{
	struct mariadb *m = connection;

	mysql_close(m->my);
	free(m);
}

static void set_options(MYSQL *my, const struct sql_config *c)
{
	unsigned seconds = (unsigned)((c->timeout_ms + MS_PER_S - 1) / MS_PER_S);
	my_bool yes = 1, no = 0;

	mysql_options(my, MYSQL_OPT_CONNECT_TIMEOUT, &seconds);
	mysql_options(my, MYSQL_OPT_READ_TIMEOUT, &seconds);
	mysql_options(my, MYSQL_OPT_WRITE_TIMEOUT, &seconds);
	mysql_options(my, MYSQL_SET_CHARSET_NAME, "utf8mb4");
	/* "LOAD DATA LOCAL" would let the server ask for files of this machine. */
	mysql_options(my, MYSQL_OPT_LOCAL_INFILE, &no);
	mysql_options(my, MYSQL_OPT_RECONNECT, &no);
	if (sql_host_is_local(c->host))
		return;
	mysql_options(my, MYSQL_OPT_SSL_ENFORCE, &yes);
	mysql_options(my, MYSQL_OPT_SSL_VERIFY_SERVER_CERT, &yes);
	if (!str_is_empty(c->ca_file))
		mysql_options(my, MYSQL_OPT_SSL_CA, c->ca_file.p);
}

static void *maria_connect(struct op *op, const struct sql_config *c)
{
	struct mariadb *m = calloc(1, sizeof(*m));
	bool is_socket = str_starts(c->host, STR("/"));

	if (!m || !(m->my = mysql_init(NULL)))
		abort();
	set_options(m->my, c);
	if (!mysql_real_connect(m->my, is_socket ? "localhost" : c->host.p, c->user.p, c->password.p, c->database.p, (unsigned)c->port,
	                        is_socket ? c->host.p : NULL, CLIENT_FOUND_ROWS)) {
		(void)fail_connection(op, m);
		maria_close(m);
		return NULL;
	}
	/* Without strict mode what does not fit is cut off and stored; standard strings and no commit on its own. */
	if (mysql_query(m->my, "SET SESSION sql_mode = 'TRADITIONAL', SESSION innodb_lock_wait_timeout = 2, SESSION time_zone = '+00:00'") != 0) {
		(void)fail_connection(op, m);
		maria_close(m);
		return NULL;
	}
	return m;
}

static bool maria_is_usable(void *connection)
{
	const struct mariadb *m = connection;

	return !m->is_lost;
}

static bool maria_is_alive(void *connection)
{
	struct mariadb *m = connection;

	return !m->is_lost && mysql_ping(m->my) == 0;
}

/* Buffers for one row; values longer than a cell may be are told by their length. */
struct cells {
	MYSQL_BIND binds[SQL_COLUMNS_MAX];
	unsigned long lengths[SQL_COLUMNS_MAX];
	my_bool nulls[SQL_COLUMNS_MAX];
};

static int bind_row(struct op *op, struct mariadb *m, MYSQL_STMT *stmt, struct cells *k, size_t n_columns)
{
	for (size_t i = 0; i < n_columns; i++)
		k->binds[i] = (MYSQL_BIND){
			.buffer_type = MYSQL_TYPE_STRING,
			.buffer = arena_alloc(op->arena, SQL_CELL_MAX_BYTES),
			.buffer_length = SQL_CELL_MAX_BYTES,
			.length = &k->lengths[i],
			.is_null = &k->nulls[i],
		};
	return mysql_stmt_bind_result(stmt, k->binds) == 0 && mysql_stmt_store_result(stmt) == 0 ? 0 : fail_stmt(op, m, stmt);
}

static int take_row(struct op *op, const struct cells *k, size_t n_columns, struct str *cells)
{
	for (size_t i = 0; i < n_columns; i++) {
		if (!k->nulls[i] && k->lengths[i] > SQL_CELL_MAX_BYTES)
			return op_fail(op, ERR_TARGET, "a cell in the platform's database is too long");
		cells[i] = k->nulls[i] ? STR_NULL : arena_dup(op->arena, str_n(k->binds[i].buffer, k->lengths[i]));
	}
	return 0;
}

static int take_rows(struct op *op, struct mariadb *m, MYSQL_STMT *stmt, struct sql_rows *ret)
{
	_res_ MYSQL_RES *meta = mysql_stmt_result_metadata(stmt);
	size_t n_columns = meta ? mysql_num_fields(meta) : 0;
	struct cells *k = ARENA_NEW(op->arena, struct cells);
	struct str *names, *cells;
	int r;

	*ret = (struct sql_rows){ .n = 0 };
	if (!meta) {
		ret->n_affected = mysql_stmt_affected_rows(stmt);
		return 0;
	}
	if (n_columns > SQL_COLUMNS_MAX)
		return op_fail(op, ERR_TARGET, "the platform's database answers with more columns than this can be");
	r = bind_row(op, m, stmt, k, n_columns);
	if (r < 0)
		return r;
	if (mysql_stmt_num_rows(stmt) > SQL_ROWS_MAX)
		return op_fail(op, ERR_TARGET, "the platform's database answers with more rows than this can be");

	size_t n = (size_t)mysql_stmt_num_rows(stmt), at = 0;

	names = ARENA_ARRAY(op->arena, struct str, n_columns);
	cells = ARENA_ARRAY(op->arena, struct str, n * n_columns + 1);
	for (size_t i = 0; i < n_columns; i++)
		names[i] = arena_dup_c(op->arena, mysql_fetch_field_direct(meta, (unsigned)i)->name);
	/* MYSQL_DATA_TRUNCATED too: take_row() sees it. */
	for (r = 0; at < n && r == 0; at++) {
		int end = mysql_stmt_fetch(stmt);

		if (end != 0 && end != MYSQL_DATA_TRUNCATED)
			return fail_stmt(op, m, stmt);
		r = take_row(op, k, n_columns, cells + at * n_columns);
	}
	if (r == 0)
		*ret = (struct sql_rows){ .n = n, .n_columns = n_columns, .names = names, .cells = cells };
	return r;
}

static int maria_run(struct op *op, void *connection, const struct sql_text *text, const struct str *values, int64_t timeout_ms,
                       struct sql_rows *ret_rows)
{
	struct mariadb *m = connection;
	MYSQL_BIND binds[SQL_PARAMS_MAX] = { 0 };
	_stmt_ MYSQL_STMT *stmt = mysql_stmt_init(m->my);

	(void)timeout_ms; /* MYSQL_OPT_READ_TIMEOUT */
	if (!stmt)
		abort();
	if (mysql_stmt_prepare(stmt, text->text.p, text->text.len) != 0)
		return fail_stmt(op, m, stmt);
	for (size_t i = 0; i < text->n_params; i++) {
		struct str value = values[text->params[i]];

		binds[i].buffer_type = str_is_null(value) ? MYSQL_TYPE_NULL : MYSQL_TYPE_STRING;
		binds[i].buffer = (void *)(uintptr_t)value.p;
		binds[i].buffer_length = value.len;
	}
	if ((text->n_params > 0 && mysql_stmt_bind_param(stmt, binds) != 0) || mysql_stmt_execute(stmt) != 0)
		return fail_stmt(op, m, stmt);
	return take_rows(op, m, stmt, ret_rows);
}

static int maria_command(struct op *op, void *connection, const char *command, int64_t timeout_ms)
{
	struct mariadb *m = connection;

	(void)timeout_ms;
	return mysql_query(m->my, command) == 0 ? 0 : fail_connection(op, m);
}

const struct sql_driver sql_mariadb = {
	.connect = maria_connect, .close = maria_close, .run = maria_run, .command = maria_command,
	.is_usable = maria_is_usable, .is_alive = maria_is_alive
};
