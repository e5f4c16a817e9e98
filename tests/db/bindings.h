/* bindings.h: the world of planned.h with accounts nv0 … nv400, for the tests of what becomes of a binding. */
#pragma once

#include "tests/db/planned.h"

#define N_ACCOUNTS 400
#define N_THREADS 8

/* Group set-up; and of each test: nobody has a grant, nothing is bound or due. */
int bindings_create(void **state);
int bindings_begin(void **state);
#define BINDING_TEST(f) cmocka_unit_test_setup_teardown(f, bindings_begin, unit_arena_teardown)

/* A creation that worked. */
extern const struct result done_ok;
