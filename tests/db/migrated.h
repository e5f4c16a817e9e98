/*
 * migrated.h: a database of the test's own with our schema in it; SEN_TEST_MIGRATIONS names the folder.
 *
 * FACT_…: SQL for what many tests begin with: unit 40, its id 1; the platforms P02 (id 2) and P03 (id 3) in operation.
 */
#pragma once

#include "tests/db/dbtest.h"

#define FACT_UNIT \
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
#define FACT_P02 \
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified) VALUES (2, 'P02', 'Hai', 'hai', 'central', 'operating', true);"
#define FACT_P03 \
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified) VALUES (3, 'P03', 'Ba', 'ba', 'central', 'operating', true);"

int migrated_create(const char *name);

/* The same with these facts in it (NULL: none), and opened as migrated_db; group set-up and tear-down. */
extern struct db *migrated_db;
int migrated_open(const char *name, const char *facts_sql, unsigned pool_size);
int migrated_drop(void **state);
