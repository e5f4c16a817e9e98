/*
 * overlapping.h: platforms of govdb.h's authority that do what others do.
 *
 *   C01 central, P05 provincial, in operation
 *   D10 proposed, as C01 and P03        D11 proposed, as none        D12 proposed, as P05
 */
#pragma once

#include "tests/db/governance/govdb.h"

struct fixture {
	struct op op;
	struct principal admin, second;
};

/* Group set-up; and of each test: nothing is found, declared or reviewed. */
int overlapping_create(void **state);
int overlapping_set_up(void **state);
int overlapping_tear_down(void **state);
#define OVERLAP_TEST(f) cmocka_unit_test_setup_teardown(f, overlapping_set_up, overlapping_tear_down)

/* Another administrator of that unit, without the right to grant. */
struct principal second_admin(struct op *op, const struct principal *admin, const char *employee, const char *unit);
