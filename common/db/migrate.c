#include "common/db/migrate.h"

#include "common/db/conn.h"
#include "common/db/migrate_files.h"
#include "common/db/result.h"

#include <stdlib.h>
#include <string.h>

/* "senmigr" as a number: one migration at a time in a database. */
#define LOCK_SQL "SELECT pg_advisory_lock(32480043143521138)"
/*
 * A table that is in use all the time must not be waited for: everybody else would queue up
 * behind the waiting ALTER TABLE.
 */
#define LOCK_TIMEOUT_MS 30000
#define NO_DEADLINE INT64_MAX

struct run {
	struct op *op;
	struct db_conn *conn;
	struct migration *list;
	size_t n;
	size_t n_done; /* the first n_done of list are in the database */
};

static int fail_lost(struct run *run)
{
	return result_lost(run->op, "migrate", ERR_UNAVAILABLE, run->conn->reason);
}

/* The line that an error is in, when the server said where; 0 otherwise. */
static size_t line_of(const PGresult *res, struct str text)
{
	const char *position = PQresultErrorField(res, PG_DIAG_STATEMENT_POSITION);
	uint64_t left = 0; /* in characters */
	size_t line = 1;

	if (!str_to_u64(str_c(position), text.len, &left))
		return 0;
	for (size_t i = 0; i < text.len && left > 1; i++) {
		line += text.p[i] == '\n';
		/* Bytes that continue a character of UTF-8 do not count. */
		left -= i + 1 < text.len && ((unsigned char)text.p[i + 1] & 0xc0) != 0x80;
	}
	return line;
}

static int fail_sql(struct run *run, const char *where, const PGresult *res, struct str text)
{
	const char *state = PQresultErrorField(res, PG_DIAG_SQLSTATE);
	const char *message = PQresultErrorField(res, PG_DIAG_MESSAGE_PRIMARY);
	size_t line = line_of(res, text);
	struct str at = line > 0 ? arena_printf(run->op->arena, " line %zu", line) : STR("");

	return op_fail_detail(run->op, ERR_CONFIG, "a migration cannot be applied", "%s%.*s: %s %s", where, STR_ARG(at),
	                      state ? state : "-", message ? message : PQresStatus(PQresultStatus(res)));
}

/* A step of our own around the files. */
static int execute(struct run *run, const char *sql)
{
	_pgresult_ PGresult *res = conn_exec(run->conn, sql, NO_DEADLINE);

	if (!res)
		return fail_lost(run);
	return result_is_error(res) ? fail_sql(run, "migrate", res, str_c(sql)) : 0;
}

/* $1: the text of the file as bytea, $2 (when n_params is 2): its name. */
static int query(struct run *run, const char *sql, int n_params, const struct migration *m, PGresult **ret)
{
	const char *values[] = { m->text.p, m->name.p };
	const int lengths[] = { (int)m->text.len, (int)m->name.len };
	const int formats[] = { 1, 0 };

	if (!PQsendQueryParams(run->conn->pg, sql, n_params, NULL, values, lengths, formats, 0)) {
		conn_lose(run->conn, PQerrorMessage(run->conn->pg));
		return fail_lost(run);
	}

	PGresult *res = conn_finish(run->conn, NO_DEADLINE);

	if (!res)
		return fail_lost(run);
	if (result_is_error(res)) {
		int r = fail_sql(run, m->name.p, res, str_c(sql));

		PQclear(res);
		return r;
	}
	*ret = res;
	return 0;
}

static int has_table(struct run *run, bool *ret_has)
{
	_pgresult_ PGresult *res =
	        conn_exec(run->conn, "SELECT 1 WHERE to_regclass('sen_meta.migration') IS NOT NULL", NO_DEADLINE);

	if (!res)
		return fail_lost(run);
	if (result_is_error(res))
		return fail_sql(run, "migrate", res, STR_NULL);
	*ret_has = PQntuples(res) > 0;
	return 0;
}

/* The same number, name and bytes as when it was applied? */
static int check_applied(struct run *run, const PGresult *applied, int row)
{
	struct op *op = run->op;
	const char *name = PQgetvalue(applied, row, 1);
	uint64_t version = 0;

	if (!str_to_u64(str_c(PQgetvalue(applied, row, 0)), INT32_MAX, &version) || version != (uint64_t)row + 1)
		return op_fail_detail(op, ERR_CONFIG, "the table of migrations is damaged", "%s: not number %d", name, row + 1);
	if (version > run->n)
		return op_fail_detail(op, ERR_CONFIG, "the database is newer than this release", "%s: no such file", name);

	const struct migration *m = &run->list[version - 1];
	_pgresult_ PGresult *res = NULL;
	int r = query(run, "SELECT encode(sha256($1::bytea), 'hex')", 1, m, &res);

	if (r < 0)
		return r;
	if (!str_equal(m->name, str_c(name)) || strcmp(PQgetvalue(res, 0, 0), PQgetvalue(applied, row, 2)) != 0)
		return op_fail_detail(op, ERR_CONFIG, "a migration was changed after it had been applied",
		                      "%.*s.sql differs from %s as applied", STR_ARG(m->name), name);
	return 0;
}

static int check_all_applied(struct run *run)
{
	_pgresult_ PGresult *applied =
	        conn_exec(run->conn, "SELECT version, name, encode(sha256, 'hex') FROM sen_meta.migration ORDER BY version",
	                  NO_DEADLINE);

	if (!applied)
		return fail_lost(run);
	if (result_is_error(applied))
		return fail_sql(run, "migrate", applied, STR_NULL);
	for (int row = 0; row < PQntuples(applied); row++) {
		int r = check_applied(run, applied, row);

		if (r < 0)
			return r;
	}
	run->n_done = (size_t)PQntuples(applied);
	return 0;
}

/* Inside BEGIN and COMMIT.  The simple protocol takes a text of several statements. */
static int apply_text(struct run *run, const struct migration *m)
{
	_pgresult_ PGresult *res = conn_exec(run->conn, m->text.p, NO_DEADLINE);
	_pgresult_ PGresult *noted = NULL;

	if (!res)
		return fail_lost(run);
	if (result_is_error(res))
		return fail_sql(run, m->name.p, res, m->text);
	if (PQtransactionStatus(run->conn->pg) != PQTRANS_INTRANS)
		return op_fail_detail(run->op, ERR_CONFIG, "a migration ended its transaction", "%s", m->name.p);
	return query(run, "INSERT INTO sen_meta.migration (sha256, version, name)"
	                  " VALUES (sha256($1::bytea), left($2::text, 4)::int, $2)",
	             2, m, &noted);
}

static int apply(struct run *run, const struct migration *m)
{
	/* What the file before may have SET is forgotten: each runs the same first or tenth. */
	int r = execute(run, "RESET ALL");

	if (r == 0)
		r = execute(run, "BEGIN");
	if (r == 0)
		r = apply_text(run, m);
	if (r == 0)
		r = execute(run, "COMMIT");
	/* After an error nothing of the file stays; closing the connection would do the same. */
	if (r < 0)
		PQclear(conn_exec(run->conn, "ROLLBACK", NO_DEADLINE));
	return r;
}

static int prepare_table(struct run *run, bool dry_run, bool *ret_has_table)
{
	int r = execute(run, LOCK_SQL);

	if (r == 0 && !dry_run)
		r = execute(run, "CREATE SCHEMA IF NOT EXISTS sen_meta;"
		                 "CREATE TABLE IF NOT EXISTS sen_meta.migration ("
		                 "version int PRIMARY KEY, name text NOT NULL, sha256 bytea NOT NULL,"
		                 "applied_at timestamptz NOT NULL DEFAULT now())");
	if (r == 0)
		r = has_table(run, ret_has_table);
	return r;
}

static int run_all(struct run *run, bool dry_run, struct migrate_report *ret_report)
{
	struct migrate_report report = { .n_known = run->n };
	bool has_any = false;
	int r = prepare_table(run, dry_run, &has_any);

	if (r == 0 && has_any)
		r = check_all_applied(run);
	for (size_t i = run->n_done; r == 0 && i < run->n; i++) {
		if (!dry_run)
			r = apply(run, &run->list[i]);
		report.n_applied++;
	}
	if (r < 0)
		return r;
	if (run->n > 0)
		report.last = run->list[run->n - 1].name;
	*ret_report = report;
	return 0;
}

int migrate_run(struct op *op, struct str conninfo, struct str password, const char *folder, bool dry_run,
                struct migrate_report *ret_report)
{
	struct run run = { .op = op };
	struct conn_settings settings = {
		.conninfo = arena_cstr(op->arena, conninfo),
		.password = str_is_empty(password) ? NULL : arena_cstr(op->arena, password),
		.program = "senctl migrate",
		.search_path = "sen,public",
		.lock_timeout_ms = LOCK_TIMEOUT_MS,
	};
	char reason[CONN_REASON_MAX];
	int r = migrate_files_read(op, folder, &run.list, &run.n);

	if (r < 0)
		return r;

	_cleanup_(conn_closep) struct db_conn *conn = conn_open(&settings, reason);

	if (!conn)
		return result_lost(op, "migrate", ERR_UNAVAILABLE, reason);
	run.conn = conn;
	return run_all(&run, dry_run, ret_report);
}
