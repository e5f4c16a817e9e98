/* dry_run.c: an op whose transactions are parts of one that is never committed: see db_dry_run() in db.h. */

#include "common/db/db_impl.h"

#include "common/base/clock.h"
#include "common/db/result.h"

static bool is_usable(const struct db_conn *c)
{
	return c->reason[0] == '\0' && PQtransactionStatus(c->pg) != PQTRANS_IDLE && PQtransactionStatus(c->pg) != PQTRANS_UNKNOWN;
}

static int say(struct op *op, const char *sql)
{
	_pgresult_ PGresult *res = conn_exec(op->dry, sql, clock_mono_ms() + op->db->patience_ms);

	if (!res || result_is_error(res))
		return result_lost(op, "dry_run", ERR_UNAVAILABLE, res ? PQresultErrorMessage(res) : op->dry->reason);
	return 0;
}

int db_dry_run(struct op *op)
{
	int r;

	assert(!op->dry);
	r = db_begin(op);
	op->dry = TAKE_PTR(op->tx);
	return r;
}

int dry_begin(struct op *op)
{
	int r = say(op, "SAVEPOINT dry");

	if (r == 0)
		op->tx = op->dry;
	return r;
}

int dry_commit(struct op *op)
{
	int r = 0;

	/* What a real COMMIT would have turned into a rollback. */
	if (PQtransactionStatus(op->tx->pg) == PQTRANS_INERROR)
		r = op_fail(op, ERR_INTERNAL, "a statement of the transaction had failed");
	if (r == 0)
		r = say(op, "SET CONSTRAINTS ALL IMMEDIATE; SET CONSTRAINTS ALL DEFERRED; RELEASE SAVEPOINT dry");
	if (r < 0)
		dry_rollback(op);
	op->tx = NULL;
	return r;
}

void dry_rollback(struct op *op)
{
	struct db_conn *c = TAKE_PTR(op->tx);

	c->patience_ms = 0;
	if (is_usable(c))
		PQclear(conn_exec(c, "ROLLBACK TO SAVEPOINT dry; RELEASE SAVEPOINT dry", clock_mono_ms() + op->db->patience_ms));
}

/* A statement of its own is a transaction of its own: when it fails, what stood before stays. */
int dry_run_one(struct op *op, const struct bound *b, struct db_rows *ret_rows)
{
	int r = dry_begin(op);

	if (r < 0)
		return r;
	r = tx_run(op, b, ret_rows);
	if (r < 0)
		dry_rollback(op);
	else
		r = dry_commit(op);
	return r;
}

void db_dry_run_end(struct op *op)
{
	db_rollback(op);
	op->tx = TAKE_PTR(op->dry);
	db_rollback(op);
}
