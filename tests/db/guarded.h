/*
 * guarded.h: a platform with many accounts, for the tests of what is held before anybody is harmed.
 *
 * Accounts nv000 … nv299: roles MC for all and TK for every second one; the first 100 in unit 40.1, the others in 40.
 * SQL: give(who, what), take(who, what): the role, for whose user name matches; settle(): as if a worker had brought all of it
 * there; on_p02: its bindings with user names.
 */
#pragma once

#include "provisioning/guard_store.h"
#include "tests/db/planned.h"

#define N_THREADS 50

/* Group set-up; and of each test: everybody is on P02 and settled. */
int guarded_create(void **state);
int guarded_begin(void **state);
#define GUARD_TEST(f) cmocka_unit_test_setup_teardown(f, guarded_begin, unit_arena_teardown)
/* From the beginning, within a test. */
void everybody_again(void **state);

#define HELD "SELECT count(*) FROM on_p02 WHERE state = 6"
#define HARMED "SELECT count(*) FROM on_p02 WHERE NOT want_active AND state = 1"

/* Judges until nothing is left; what was opened for P02, or id 0. */
struct guard_opened judge_all(struct arena *a);
/* What was released: how many. */
size_t apply(struct arena *a);
void run_deletions(struct arena *a);
