/*
 * bind.h (private): parameters in the form libpq takes them.
 *
 * Text goes as text, so that the server reads uuid, date, jsonb and arrays from it; bytea
 * goes in binary.  What is made lives in op->arena, bytea stays where it is.
 *
 * Of a gathered query (query.h) this is one execution, to be sent by what bind_gather() makes of it and of others.
 */
#pragma once

#include "common/db/db.h"

struct bound {
	const struct query *query;
	int n;
	const char **values;
	int *lengths; /* in bytes */
	int *formats;
};

/* ERR_INVALID_VALUE for NUL inside a text, ERR_LIMIT past what the protocol carries. */
int bind_params(struct op *op, const struct query *q, const struct db_param *params, size_t n_params,
                struct bound *ret) _must_check_;
/* n executions of one gathered query as one: arrays of what they gave, in the arena. */
void bind_gather(struct arena *a, const struct bound *const *each, size_t n, struct bound *ret);
