#include "common/db/columns.h"

struct columns columns_new(struct arena *a, size_t n_rows, size_t n_columns)
{
	struct columns c = { .arena = a, .n_rows = n_rows };

	assert(n_columns <= COLUMNS_MAX);
	for (size_t i = 0; i < n_columns; i++)
		c.cells[i] = ARENA_ARRAY(a, struct str, n_rows);
	return c;
}

void columns_text(struct columns *c, size_t column, size_t row, struct str value)
{
	c->cells[column][row] = value;
}

void columns_int(struct columns *c, size_t column, size_t row, int64_t value)
{
	char digits[20];
	uint64_t rest = value < 0 ? 0 - (uint64_t)value : (uint64_t)value;
	size_t at = sizeof(digits);

	/* Written by hand: a plan is a hundred thousand of them. */
	do
		digits[--at] = (char)('0' + rest % 10);
	while ((rest /= 10) > 0);
	if (value < 0)
		digits[--at] = '-';
	c->cells[column][row] = arena_dup(c->arena, str_n(digits + at, sizeof(digits) - at));
}

void columns_bool(struct columns *c, size_t column, size_t row, bool value)
{
	c->cells[column][row] = value ? STR("t") : STR("f");
}

struct db_param columns_param(const struct columns *c, size_t column)
{
	return P_STR(db_array(c->arena, c->cells[column], c->n_rows));
}
