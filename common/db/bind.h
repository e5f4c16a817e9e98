/*
 * bind.h (private): parameters in the form libpq takes them.
 *
 * Text goes as text, so that the server reads uuid, date, jsonb and arrays from it; bytea
 * goes in binary.  What is made lives in op->arena, bytea stays where it is.
 */
#pragma once

#include "common/db/db.h"

struct bound {
	const struct query *query;
	int n;
	const char **values;
	int *lengths;
	int *formats;
};

/* ERR_INVALID_VALUE for NUL inside a text, ERR_LIMIT past what the protocol carries. */
int bind_params(struct op *op, const struct query *q, const struct db_param *params, size_t n_params,
                struct bound *ret) _must_check_;
