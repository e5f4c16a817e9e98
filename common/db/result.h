/*
 * result.h (private): from libpq's results to rows and errors.
 */
#pragma once

#include "common/db/db.h"

#include <libpq-fe.h>

/* A result that libpq calls an error. */
bool result_is_error(const PGresult *res);

/* What a SQLSTATE means to the domain. */
enum err result_err_of(const char *sqlstate);

/* Copies rows, or fails the op from an error result.  The result stays the caller's. */
int result_take(struct op *op, const struct query *q, PGresult *res, struct db_rows *ret_rows) _must_check_;

/* Without a result: code is ERR_UNAVAILABLE, ERR_OUTCOME_UNKNOWN or ERR_OVERLOADED.  what: query or "begin". */
int result_lost(struct op *op, const char *what, enum err code, const char *reason);
