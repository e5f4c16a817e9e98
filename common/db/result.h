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

/* Copies rows, or fails the op from an error result.  A gathered query was sent for one execution.  The result stays the caller's. */
int result_take(struct op *op, const struct query *q, PGresult *res, struct db_rows *ret_rows) _must_check_;
/* The same of one execution of a gathered query: its row, without the number; -1: it has none. */
int result_take_row(struct op *op, const struct query *q, PGresult *res, int row, struct db_rows *ret_rows) _must_check_;
/* Which of n executions a row of a gathered query is of, from 0 on: its last column. */
size_t result_execution(const PGresult *res, int row, size_t n);

/* Without a result: code is ERR_UNAVAILABLE, ERR_OUTCOME_UNKNOWN or ERR_OVERLOADED.  what: query or "begin". */
int result_lost(struct op *op, const char *what, enum err code, const char *reason);
