/* pooldb.h: tables of the tests of db.h's pool: item; and some that raise, wait or refuse when a transaction commits. */
#pragma once

#include "tests/db/dbtest.h"

/* Group set-up and tear-down; and of each test: no rows. */
int pooldb_create(void **state);
int pooldb_drop(void **state);
int pooldb_begin(void **state);
#define POOL_TEST(f) cmocka_unit_test_setup_teardown(f, pooldb_begin, unit_arena_teardown)

/* Sessions are counted: those of the test before are gone when it returns. */
struct db *open_pool(unsigned size);
void sleep_ms(int64_t ms);
/* What db_run() returns. */
int add(struct op *op, int64_t id);
int64_t count_seen_by(struct op *op);
/* As PostgreSQL shows it to this session. */
void assert_setting(struct op *op, const char *name, const char *value);
