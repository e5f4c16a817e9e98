#include "common/db/bind.h"

#include "common/base/base64.h"

#include <limits.h>

#define FORMAT_TEXT 0
#define FORMAT_BINARY 1
#define PARAMS_MAX 1000
/* PostgreSQL's own limit of one value is 1 GB; nothing of ours comes near. */
#define VALUE_MAX_BYTES (64 * 1024 * 1024)

/* An array's elements are text. */
static int bind_bytea(struct op *op, const struct query *q, struct str bytes, size_t i, struct bound *b)
{
	if (!q->is_gathered) {
		b->formats[i] = FORMAT_BINARY;
		b->values[i] = bytes.p;
		return 0;
	}

	struct str hex = hex_encode(op->arena, bytes);

	b->values[i] = arena_printf(op->arena, "\\x%.*s", STR_ARG(hex)).p;
	b->lengths[i] = (int)hex.len + 2;
	return 0;
}

static int bind_string(struct op *op, const struct query *q, const struct db_param *p, size_t i, struct bound *b)
{
	if (str_is_null(p->s)) {
		b->values[i] = NULL;
		return 0;
	}
	if (p->s.len > VALUE_MAX_BYTES)
		return op_fail_detail(op, ERR_LIMIT, "a value is too large", "%s: parameter %zu", q->name, i + 1);
	b->lengths[i] = (int)p->s.len;
	if (p->type == DB_P_BYTEA)
		return bind_bytea(op, q, p->s, i, b);
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
	case DB_P_I64: {
		struct str text = str_of_i64(p->i, digits);

		b->values[i] = arena_cstr(op->arena, text);
		b->lengths[i] = (int)text.len;
		return 0;
	}
	case DB_P_BOOL:
		b->values[i] = p->i ? "t" : "f";
		b->lengths[i] = 1;
		return 0;
	case DB_P_TEXT:
	case DB_P_BYTEA:
		break;
	}
	return bind_string(op, q, p, i, b);
}

/* Empty: to be filled. */
static struct bound bound_new(struct arena *a, const struct query *q, size_t n_params)
{
	struct bound b = { .query = q, .n = (int)n_params };

	assert(n_params <= PARAMS_MAX);
	if (n_params > 0) {
		b.values = ARENA_ARRAY(a, const char *, n_params);
		b.lengths = ARENA_ARRAY(a, int, n_params);
		b.formats = ARENA_ARRAY(a, int, n_params);
	}
	return b;
}

int bind_params(struct op *op, const struct query *q, const struct db_param *params, size_t n_params,
                struct bound *ret)
{
	struct bound b = bound_new(op->arena, q, n_params);

	for (size_t i = 0; i < n_params; i++) {
		int r = bind_one(op, q, &params[i], i, &b);

		if (r < 0)
			return r;
	}
	*ret = b;
	return 0;
}

void bind_gather(struct arena *a, const struct bound *const *each, size_t n, struct bound *ret)
{
	struct bound b = bound_new(a, each[0]->query, (size_t)each[0]->n);
	struct str *elements = ARENA_ARRAY(a, struct str, n);

	for (int i = 0; i < b.n; i++) {
		for (size_t k = 0; k < n; k++) {
			assert(each[k]->query == b.query && each[k]->n == b.n);
			elements[k] = each[k]->values[i] ? str_n(each[k]->values[i], (size_t)each[k]->lengths[i]) : STR_NULL;
		}

		struct str array = db_array(a, elements, n);

		b.values[i] = array.p;
		b.lengths[i] = (int)array.len;
		b.formats[i] = FORMAT_TEXT;
	}
	*ret = b;
}
