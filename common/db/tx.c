#include "common/base/clock.h"
#include "common/db/db_impl.h"
#include "common/db/result.h"

#include <stdio.h>

static int64_t deadline(const struct db *db, const struct db_conn *c)
{
	return clock_mono_ms() + (c->patience_ms > 0 ? c->patience_ms : db->patience_ms);
}

/* NULL: the connection was lost, and nobody knows whether the statement ran. */
static PGresult *execute(const struct db *db, struct db_conn *c, const struct bound *b)
{
	c->commit_in_doubt = false;
	return conn_send(c, b) ? conn_finish(c, deadline(db, c)) : NULL;
}

int tx_run(struct op *op, const struct bound *b, struct db_rows *ret_rows)
{
	const struct query *q = b->query;
	_pgresult_ PGresult *res = execute(op->db, op->tx, b);

	/* Lost before COMMIT: the server rolls it back. */
	if (!res)
		return result_lost(op, q->name, ERR_UNAVAILABLE, op->tx->reason);
	return result_take(op, q, res, ret_rows);
}

static int run_once(struct pool *p, struct op *op, const struct bound *b, struct db_rows *ret_rows, bool *ret_was_lost)
{
	const struct query *q = b->query;
	char reason[CONN_REASON_MAX];
	enum err code;
	struct db_conn *c = pool_take(p, &code, reason);
	int r;

	if (!c)
		return result_lost(op, q->name, code, reason);

	_pgresult_ PGresult *res = execute(op->db, c, b);

	*ret_was_lost = !res;
	if (!res)
		r = result_lost(op, q->name, q->lane == DB_READ ? ERR_UNAVAILABLE : ERR_OUTCOME_UNKNOWN, c->reason);
	else if (c->commit_in_doubt)
		r = result_lost(op, q->name, ERR_OUTCOME_UNKNOWN, "not confirmed by the standby");
	else
		r = result_take(op, q, res, ret_rows);
	pool_give(p, c);
	return r;
}

int pool_run(struct pool *p, struct op *op, const struct bound *b, struct db_rows *ret_rows)
{
	const struct error before = op->error;
	bool was_lost = false;
	int r = run_once(p, op, b, ret_rows, &was_lost);

	if (!was_lost || b->query->lane != DB_READ)
		return r;
	/* A read may be asked again: the error of the first attempt is forgotten. */
	op->error = before;
	return run_once(p, op, b, ret_rows, &was_lost);
}

int db_begin(struct op *op)
{
	char reason[CONN_REASON_MAX];
	enum err code;

	assert(op->db && (!op->tx || op->tx_is_around));
	if (op->tx) {
		op->tx_within++;
		return 0;
	}
	if (op->dry)
		return dry_begin(op);

	struct db_conn *c = pool_take(op->db->pool, &code, reason);

	if (!c)
		return result_lost(op, "begin", code, reason);

	_pgresult_ PGresult *res = conn_exec(c, "BEGIN", clock_mono_ms() + op->db->patience_ms);

	if (!res || result_is_error(res)) {
		int r = result_lost(op, "begin", ERR_UNAVAILABLE, res ? PQresultErrorMessage(res) : c->reason);

		pool_give(op->db->pool, c);
		return r;
	}
	op->tx = c;
	return 0;
}

int db_begin_around(struct op *op)
{
	int r;

	assert(!op->tx);
	r = db_begin(op);
	op->tx_is_around = r == 0;
	return r;
}

static int commit(struct op *op, struct db_conn *c)
{
	static const struct query commit_query = { .name = "commit" };
	struct db_rows ignored;

	/* COMMIT would answer "ROLLBACK" and call that a success. */
	if (PQtransactionStatus(c->pg) == PQTRANS_INERROR)
		return op_fail(op, ERR_INTERNAL, "a statement of the transaction had failed");
	/* Ended by the server (idle for too long, shut down) before COMMIT was sent: rolled back for certain. */
	if (!conn_is_alive(c) || PQtransactionStatus(c->pg) != PQTRANS_INTRANS)
		return result_lost(op, "commit", ERR_UNAVAILABLE, c->reason);

	_pgresult_ PGresult *res = conn_exec(c, "COMMIT", deadline(op->db, c));

	if (!res)
		return result_lost(op, "commit", ERR_OUTCOME_UNKNOWN, c->reason);
	if (c->commit_in_doubt)
		return result_lost(op, "commit", ERR_OUTCOME_UNKNOWN, "not confirmed by the standby");
	return result_take(op, &commit_query, res, &ignored);
}

int db_commit(struct op *op)
{
	assert(op->tx);
	if (op->tx_within > 0) {
		op->tx_within--;
		return 0;
	}

	int r = op->before_commit ? op->before_commit(op, op->before_commit_context) : 0;

	if (r == 0 && op->dry)
		return dry_commit(op);
	if (r == 0)
		r = commit(op, op->tx);

	/* Ends the transaction in every case, and with it the op's hold on the connection. */
	db_rollback(op);
	return r;
}

void db_rollback(struct op *op)
{
	struct db_conn *c;

	op->tx_is_around = false;
	op->tx_within = 0;
	if (!op->tx)
		return;
	if (op->dry) {
		dry_rollback(op);
		return;
	}
	c = TAKE_PTR(op->tx);
	c->patience_ms = 0;
	/* When even this fails the connection is closed, which does the same. */
	if (c->reason[0] == '\0' && PQtransactionStatus(c->pg) != PQTRANS_IDLE)
		PQclear(conn_exec(c, "ROLLBACK", clock_mono_ms() + op->db->patience_ms));
	pool_give(op->db->pool, c);
}

int db_take_time(struct op *op, unsigned ms)
{
	struct db_conn *c = op->tx;
	char sql[160];

	assert(c);
	(void)snprintf(sql, sizeof(sql), "SET LOCAL statement_timeout = %u; SET LOCAL idle_in_transaction_session_timeout = %u", ms, ms);
	_pgresult_ PGresult *res = conn_exec(c, sql, deadline(op->db, c));

	if (!res || result_is_error(res))
		return result_lost(op, "take_time", ERR_UNAVAILABLE, res ? PQresultErrorMessage(res) : c->reason);
	c->patience_ms = 2 * (int64_t)ms + 1000;
	return 0;
}

static int control(struct op *op, const char *sql)
{
	assert(op->tx);

	_pgresult_ PGresult *res = conn_exec(op->tx, sql, deadline(op->db, op->tx));

	if (!res || result_is_error(res))
		return result_lost(op, "savepoint", ERR_UNAVAILABLE, res ? PQresultErrorMessage(res) : op->tx->reason);
	return 0;
}

int db_savepoint(struct op *op)
{
	return control(op, "SAVEPOINT place");
}

int db_restore(struct op *op)
{
	return control(op, "ROLLBACK TO SAVEPOINT place");
}

void db_op_done(struct op *op)
{
	db_dry_run_end(op);
}
