/* db_impl.h (private): what an open database consists of. */
#pragma once

#include "common/db/bind.h"
#include "common/db/lane.h"
#include "common/db/pool.h"

#include <stdatomic.h>

#define N_LANES 2

struct db {
	struct arena *arena;        /* the settings' strings */
	struct lane *lanes[N_LANES]; /* by enum db_lane; NULL: everything goes to the pool */
	struct pool *pool;
	struct pool *readers;        /* for reads that keep off the lane; NULL: the pool */
	int64_t patience_ms;
	atomic_uint_least64_t pool_statements;
};

/* In op->tx, or by itself on a connection of a pool.  tx.c. */
int tx_run(struct op *op, const struct bound *b, struct db_rows *ret_rows) _must_check_;
int pool_run(struct pool *p, struct op *op, const struct bound *b, struct db_rows *ret_rows) _must_check_;

/* Of an op whose op->dry is set: db_begin(), db_commit(), db_rollback(), and a statement outside of both.  dry_run.c. */
int dry_begin(struct op *op) _must_check_;
int dry_commit(struct op *op) _must_check_;
void dry_rollback(struct op *op);
int dry_run_one(struct op *op, const struct bound *b, struct db_rows *ret_rows) _must_check_;
