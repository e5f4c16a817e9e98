/* duties.h: which two holdings exclude each other. */
#include "server/governance/duties.h"
#include "tests/unit/unit.h"

#define HOLDS(platform_, role_, path_) { .platform = (platform_), .role = { (role_), sizeof(role_) - 1 }, .unit_path = { (path_), sizeof(path_) - 1 } }
#define PAIR(pa, ra, pb, rb, where) \
	{ .platform_a = (pa), .platform_b = (pb), .role_a = { (ra), sizeof(ra) - 1 }, .role_b = { (rb), sizeof(rb) - 1 }, .within = (where) }

static void test_pairs(_unused_ void **state)
{
	static const struct {
		struct duty_pair pair;
		struct duty_holding held, given;
		bool expected;
	} rows[] = {
		{ PAIR(2, "MC", 2, "TK", DUTY_EVERYWHERE), HOLDS(2, "MC", "1.17."), HOLDS(2, "TK", "1.18."), true },
		{ PAIR(2, "MC", 2, "TK", DUTY_EVERYWHERE), HOLDS(2, "TK", "1.17."), HOLDS(2, "MC", "1.18."), true },
		{ PAIR(2, "MC", 2, "TK", DUTY_EVERYWHERE), HOLDS(2, "MC", "1.17."), HOLDS(2, "MC", "1.18."), false },
		{ PAIR(2, "MC", 2, "TK", DUTY_EVERYWHERE), HOLDS(3, "MC", "1.17."), HOLDS(2, "TK", "1.17."), false },
		/* Units meet when one lies in the other; 1.17 and 1.170 do not. */
		{ PAIR(2, "MC", 2, "TK", DUTY_UNIT), HOLDS(2, "MC", "1.17."), HOLDS(2, "TK", "1.17.230."), true },
		{ PAIR(2, "MC", 2, "TK", DUTY_UNIT), HOLDS(2, "MC", "1.17.230."), HOLDS(2, "TK", "1.17."), true },
		{ PAIR(2, "MC", 2, "TK", DUTY_UNIT), HOLDS(2, "MC", "1.17."), HOLDS(2, "TK", "1.170."), false },
		{ PAIR(2, "MC", 2, "TK", DUTY_UNIT), HOLDS(2, "MC", "1.17."), HOLDS(2, "TK", "1.18."), false },
		/* On each platform, but the same one. */
		{ PAIR(-1, "ADMIN", -1, "AUDIT", DUTY_PLATFORM), HOLDS(2, "ADMIN", "1."), HOLDS(2, "AUDIT", "1.18."), true },
		{ PAIR(-1, "ADMIN", -1, "AUDIT", DUTY_PLATFORM), HOLDS(2, "ADMIN", "1."), HOLDS(3, "AUDIT", "1.18."), false },
		{ PAIR(-1, "ADMIN", 3, "AUDIT", DUTY_EVERYWHERE), HOLDS(2, "ADMIN", "1."), HOLDS(3, "AUDIT", "1.18."), true },
		{ PAIR(-1, "ADMIN", 3, "AUDIT", DUTY_EVERYWHERE), HOLDS(3, "AUDIT", "1."), HOLDS(3, "ADMIN", "1.18."), true },
		{ PAIR(-1, "ADMIN", 3, "AUDIT", DUTY_EVERYWHERE), HOLDS(2, "AUDIT", "1."), HOLDS(3, "ADMIN", "1.18."), false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("row %zu\n", i);
		assert_int_equal(duty_excludes(&rows[i].pair, &rows[i].held, &rows[i].given), rows[i].expected);
		assert_int_equal(duty_excludes(&rows[i].pair, &rows[i].given, &rows[i].held), rows[i].expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_pairs) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
