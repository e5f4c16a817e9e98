/*
 * pool.h (private): a few ordinary connections, for transactions and for programs without
 * lanes, and for reads that may take long.  Opened when first needed.
 * Thread-safe.
 */
#pragma once

#include "common/db/conn.h"
#include "common/db/db.h"

struct pool;

/* settings' strings outlive it.  wait_ms: for a connection, while all are taken. */
struct pool *pool_new(const struct conn_settings *settings, size_t size, int64_t wait_ms);
/* Waits until every connection has been given back.  Accepts NULL. */
void pool_free(struct pool *p);

/*
 * A connection that answered nothing amiss so far, waiting for one if need be.  NULL with
 * ERR_OVERLOADED, or ERR_UNAVAILABLE when it cannot be opened, and a reason.
 */
struct db_conn *pool_take(struct pool *p, enum err *ret_code, char ret_reason[CONN_REASON_MAX]);
/* Closes it when it is lost or in the middle of something. */
void pool_give(struct pool *p, struct db_conn *c);

void pool_stats_add(struct pool *p, struct db_stats *sum);
