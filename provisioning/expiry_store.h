/* expiry_store.h: sessions that end by time. */
#pragma once

#include "common/db/db.h"

/*
 * Ends up to 500 sessions that have passed their idle or absolute limit, with audit.  Looks only at
 * sessions whose sweep_at has come; those that were active meanwhile get a new one.  *ret_n: how
 * many were looked at; 500 means that there may be more.
 */
#define EXPIRY_BATCH 500
int session_expire(struct op *op, size_t *ret_n_seen, size_t *ret_n_ended) _must_check_;
