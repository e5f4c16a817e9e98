/*
 * json_rows.h: rows whose first cell is a JSON object, as jsonb_build_object makes it: what an answer shows of a thing
 * that the program itself does not look into.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"

#define JSON_ROWS_KEYS_MAX 3

/* Which page of a list: behind the row with these keys (STR_NULL: from its beginning), at most limit rows. */
struct page_ask {
	struct str after[JSON_ROWS_KEYS_MAX];
	size_t limit;
};
/* A page of a list: at most limit items; next: the keys of the last one when there are more (cells behind the first). */
struct json_page {
	json_t *items; /* the caller's */
	struct str next[JSON_ROWS_KEYS_MAX];
	bool has_more;
};
/* limit + 1 rows were asked for. */
struct json_page json_page_of(struct op *op, const struct db_rows *rows, size_t limit, size_t n_keys);
/* The object in a cell; a new reference. */
json_t *json_cell(struct op *op, const struct db_rows *rows, size_t row, size_t col);
