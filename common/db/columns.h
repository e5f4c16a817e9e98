/* columns.h: parallel arrays for unnest($1::type[], …): how stores send many rows at once. */
#pragma once

#include "common/db/db.h"

#define COLUMNS_MAX 12

struct columns {
	struct arena *arena;
	size_t n_rows;
	struct str *cells[COLUMNS_MAX];
};

/* All cells begin as NULL. */
struct columns columns_new(struct arena *a, size_t n_rows, size_t n_columns);
void columns_text(struct columns *c, size_t column, size_t row, struct str value);
void columns_int(struct columns *c, size_t column, size_t row, int64_t value);
void columns_bool(struct columns *c, size_t column, size_t row, bool value);
/* The column as one parameter. */
struct db_param columns_param(const struct columns *c, size_t column);
