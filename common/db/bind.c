#include "common/db/bind.h"

#include <limits.h>

#define FORMAT_TEXT 0
#define FORMAT_BINARY 1
#define PARAMS_MAX 1000
/* PostgreSQL's own limit of one value is 1 GB; nothing of ours comes near. */
#define VALUE_MAX_BYTES (64 * 1024 * 1024)

static int bind_string(struct op *op, const struct query *q, const struct db_param *p, size_t i, struct bound *b)
{
	if (str_is_null(p->s)) {
		b->values[i] = NULL;
		return 0;
	}
	if (p->s.len > VALUE_MAX_BYTES)
		return op_fail_detail(op, ERR_LIMIT, "a value is too large", "%s: parameter %zu", q->name, i + 1);
	b->lengths[i] = (int)p->s.len;
	if (p->type == DB_P_BYTEA) {
		b->formats[i] = FORMAT_BINARY;
		b->values[i] = p->s.p;
		return 0;
	}
	/* The protocol ends a text at NUL: the rest would be lost without a word. */
	if (str_index(p->s, '\0') >= 0)
		return op_fail_detail(op, ERR_INVALID_VALUE, "a text contains NUL", "%s: parameter %zu", q->name, i + 1);
	b->values[i] = arena_cstr(op->arena, p->s);
	return 0;
}

static int bind_one(struct op *op, const struct query *q, const struct db_param *p, size_t i, struct bound *b)
{
	char digits[STR_I64_MAX];

	b->formats[i] = FORMAT_TEXT;
	b->lengths[i] = 0;
	switch (p->type) {
	case DB_P_NULL:
		b->values[i] = NULL;
		return 0;
	case DB_P_I64:
		b->values[i] = arena_cstr(op->arena, str_of_i64(p->i, digits));
		return 0;
	case DB_P_BOOL:
		b->values[i] = p->i ? "t" : "f";
		return 0;
	case DB_P_TEXT:
	case DB_P_BYTEA:
		break;
	}
	return bind_string(op, q, p, i, b);
}

int bind_params(struct op *op, const struct query *q, const struct db_param *params, size_t n_params,
                struct bound *ret)
{
	struct bound b = { .query = q, .n = (int)n_params };

	assert(n_params <= PARAMS_MAX);
	if (n_params > 0) {
		b.values = ARENA_ARRAY(op->arena, const char *, n_params);
		b.lengths = ARENA_ARRAY(op->arena, int, n_params);
		b.formats = ARENA_ARRAY(op->arena, int, n_params);
	}
	for (size_t i = 0; i < n_params; i++) {
		int r = bind_one(op, q, &params[i], i, &b);

		if (r < 0)
			return r;
	}
	*ret = b;
	return 0;
}
