#include "server/governance/json_rows.h"

#define DEPTH 6

json_t *json_cell(_unused_ struct op *op, const struct db_rows *rows, size_t row, size_t col)
{
	json_t *json = json_read(db_str(rows, row, col), DEPTH, NULL);

	assert(json); /* made by jsonb_build_object */
	return json;
}

struct json_page json_page_of(struct op *op, const struct db_rows *rows, size_t limit, size_t n_keys)
{
	struct json_page page = { .items = json_new_array(), .has_more = rows->n > limit };
	size_t n = page.has_more ? limit : rows->n;

	for (size_t i = 0; i < n; i++)
		json_array_append_new(page.items, json_cell(op, rows, i, 0));
	for (size_t k = 0; page.has_more && k < n_keys; k++)
		page.next[k] = db_str(rows, n - 1, 1 + k);
	return page;
}
