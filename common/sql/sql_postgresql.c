/* sql_postgresql.c: libpq without its blocking calls, so that a silent network costs one time-out and no more. */
#include "common/base/clock.h"
#include "common/base/err.h"
#include "common/sql/sql_driver.h"

#include <libpq-fe.h>
#include <poll.h>
#include <stdio.h>
#include <string.h>

DEFINE_CLEANUP(PGresult *, pgresult_clearp, PQclear);
#define _result_ _cleanup_(pgresult_clearp)

#define DIGITS_MAX 24

static bool wait_for(PGconn *pg, short events, int64_t deadline_ms)
{
	int64_t left_ms = deadline_ms - clock_mono_ms();
	struct pollfd p = { .fd = PQsocket(pg), .events = events };

	return left_ms > 0 && p.fd >= 0 && poll(&p, 1, (int)left_ms) > 0;
}

static int fail_lost(struct op *op, const PGconn *pg, const char *what)
{
	const char *message = PQerrorMessage(pg);

	return op_fail_detail(op, ERR_UNAVAILABLE, "the platform's database cannot be reached", "%s: %.200s", what,
	                      message && *message ? message : "time-out");
}

static void ignore_notice(void *context, const PGresult *notice)
{
	(void)context;
	(void)notice;
}

static void *fail_connect(struct op *op, PGconn *pg)
{
	/* Wrong passwords have no SQLSTATE in this libpq: the server's words are all there is. */
	if (strstr(PQerrorMessage(pg), "authentication failed") || strstr(PQerrorMessage(pg), "pg_hba.conf"))
		(void)op_fail_detail(op, ERR_ACCESS_DENIED, "the platform's database refuses our user", "%.200s", PQerrorMessage(pg));
	else
		(void)fail_lost(op, pg, "connect");
	PQfinish(pg);
	return NULL;
}

static void *pg_connect(struct op *op, const struct sql_config *c)
{
	char port[DIGITS_MAX], options[64], user_timeout[DIGITS_MAX];
	const char *mode = sql_host_is_local(c->host) ? "prefer" : "verify-full";
	const char *const names[] = { "host", "port", "dbname", "user", "password", "sslmode", "sslrootcert", "client_encoding",
	                              "application_name", "options", "tcp_user_timeout", "keepalives_idle", NULL };
	const char *const values[] = { c->host.p, port, c->database.p, c->user.p, c->password.p, mode,
	                               str_is_empty(c->ca_file) ? NULL : c->ca_file.p, "UTF8", "sen-provisioner", options, user_timeout,
	                               "10", NULL };
	int64_t deadline_ms = clock_mono_ms() + c->timeout_ms;
	PostgresPollingStatusType status = PGRES_POLLING_WRITING;
	PGconn *pg;

	(void)snprintf(port, sizeof(port), "%lld", (long long)(c->port > 0 ? c->port : 5432));
	(void)snprintf(user_timeout, sizeof(user_timeout), "%lld", (long long)c->timeout_ms);
	(void)snprintf(options, sizeof(options), "-c statement_timeout=%lld -c DateStyle=ISO", (long long)c->timeout_ms);
	pg = PQconnectStartParams(names, values, 0);
	if (!pg)
		abort();
	while (PQstatus(pg) != CONNECTION_BAD && status != PGRES_POLLING_OK && status != PGRES_POLLING_FAILED) {
		if (!wait_for(pg, status == PGRES_POLLING_READING ? POLLIN : POLLOUT, deadline_ms))
			break;
		status = PQconnectPoll(pg);
	}
	if (status != PGRES_POLLING_OK || PQsetnonblocking(pg, 1) != 0)
		return fail_connect(op, pg);
	PQsetNoticeReceiver(pg, ignore_notice, NULL);
	return pg;
}

static void pg_close(void *connection)
{
	PQfinish(connection);
}

/* Neither in a transaction nor waiting for an answer, and the server has not hung up. */
static bool pg_is_alive(void *connection)
{
	PGconn *pg = connection;
	struct pollfd p = { .fd = PQsocket(pg), .events = POLLIN };

	if (PQstatus(pg) != CONNECTION_OK || PQtransactionStatus(pg) == PQTRANS_ACTIVE)
		return false;
	return p.fd >= 0 && (poll(&p, 1, 0) == 0 || (PQconsumeInput(pg) == 1 && PQstatus(pg) == CONNECTION_OK));
}

static bool flush(PGconn *pg, int64_t deadline_ms)
{
	int left;

	while ((left = PQflush(pg)) > 0)
		if (!wait_for(pg, POLLIN | POLLOUT, deadline_ms) || PQconsumeInput(pg) == 0)
			return false;
	return left == 0;
}

/* The answer of the one statement that was sent; NULL: lost. */
static PGresult *receive(PGconn *pg, int64_t deadline_ms)
{
	PGresult *kept = NULL, *res;

	for (;;) {
		while (PQisBusy(pg))
			if (!wait_for(pg, POLLIN, deadline_ms) || PQconsumeInput(pg) == 0) {
				PQclear(kept);
				return NULL;
			}
		res = PQgetResult(pg);
		if (!res)
			return kept;
		PQclear(kept);
		kept = res;
	}
}

static int take_rows(struct op *op, const PGresult *res, struct sql_rows *ret)
{
	int n = PQntuples(res), n_columns = PQnfields(res);
	struct str *names, *cells;

	if (n > SQL_ROWS_MAX || n_columns > SQL_COLUMNS_MAX)
		return op_fail(op, ERR_TARGET, "the platform's database answers with more rows or columns than this can be");
	names = ARENA_ARRAY(op->arena, struct str, (size_t)n_columns + 1);
	cells = ARENA_ARRAY(op->arena, struct str, (size_t)n * (size_t)n_columns + 1);
	for (int c = 0; c < n_columns; c++)
		names[c] = arena_dup_c(op->arena, PQfname(res, c));
	for (int i = 0; i < n; i++)
		for (int c = 0; c < n_columns; c++) {
			if (PQgetlength(res, i, c) > SQL_CELL_MAX_BYTES)
				return op_fail(op, ERR_TARGET, "a cell in the platform's database is too long");
			cells[i * n_columns + c] = PQgetisnull(res, i, c) ? STR_NULL : arena_dup_c(op->arena, PQgetvalue(res, i, c));
		}
	*ret = (struct sql_rows){ .n = (size_t)n, .n_columns = (size_t)n_columns, .names = names, .cells = cells };
	/* Empty for a statement that counts nothing. */
	if (!str_to_u64(str_c(PQcmdTuples((PGresult *)(uintptr_t)res)), INT64_MAX, &ret->n_affected))
		ret->n_affected = 0;
	return 0;
}

static int finish(struct op *op, PGconn *pg, int64_t deadline_ms, struct sql_rows *ret_rows)
{
	_result_ PGresult *res = flush(pg, deadline_ms) ? receive(pg, deadline_ms) : NULL;

	if (!res)
		return fail_lost(op, pg, "statement");
	switch (PQresultStatus(res)) {
	case PGRES_COMMAND_OK:
	case PGRES_TUPLES_OK:
		return ret_rows ? take_rows(op, res, ret_rows) : 0;
	default:
		if (PQstatus(pg) != CONNECTION_OK)
			return fail_lost(op, pg, "statement");
		return sql_fail_state(op, PQresultErrorField(res, PG_DIAG_SQLSTATE), PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY));
	}
}

static int pg_run(struct op *op, void *connection, const struct sql_text *text, const struct str *values, int64_t timeout_ms,
                  struct sql_rows *ret_rows)
{
	PGconn *pg = connection;
	const char *params[SQL_PARAMS_MAX];

	for (size_t i = 0; i < text->n_params; i++) {
		struct str value = values[text->params[i]];

		params[i] = arena_cstr(op->arena, value);
	}
	if (PQsendQueryParams(pg, text->text.p, (int)text->n_params, NULL, params, NULL, NULL, 0) == 0)
		return fail_lost(op, pg, "send");
	return finish(op, pg, clock_mono_ms() + timeout_ms, ret_rows);
}

static int pg_command(struct op *op, void *connection, const char *command, int64_t timeout_ms)
{
	PGconn *pg = connection;
	bool is_commit = strcmp(command, "COMMIT") == 0;
	int r;

	/* COMMIT of a failed transaction is answered with ROLLBACK and no error. */
	if (is_commit && PQtransactionStatus(pg) == PQTRANS_INERROR)
		return op_fail(op, ERR_TARGET, "the transaction has failed before");
	if (PQsendQuery(pg, command) == 0)
		return fail_lost(op, pg, command);
	r = finish(op, pg, clock_mono_ms() + timeout_ms, NULL);
	return r;
}

const struct sql_driver sql_postgresql = {
	.connect = pg_connect, .close = pg_close, .run = pg_run, .command = pg_command,
	/* Asks nobody. */
	.is_usable = pg_is_alive, .is_alive = pg_is_alive
};
