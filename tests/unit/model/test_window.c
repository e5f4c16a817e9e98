#include "common/model/window.h"
#include "tests/unit/unit.h"

/* 2026-11-26 is a Thursday; 17:00 UTC is midnight in Vietnam. */
#define MIDNIGHT_FRIDAY ((int64_t)1795712400)
#define HOUR ((int64_t)3600)
#define MONDAY 1u
#define THURSDAY 8u
#define FRIDAY 16u
#define SUNDAY 64u

static void weekly_windows_by_the_clock_of_vietnam(void **state)
{
	static const struct {
		struct window window;
		int64_t now_s;
		int64_t until_s; /* 0: not open */
	} cases[] = {
		/* 22:00 to 04:00 on Thursdays */
		{ { true, THURSDAY, 22 * HOUR, 4 * HOUR, false }, MIDNIGHT_FRIDAY - 2 * HOUR - 1, 0 },
		{ { true, THURSDAY, 22 * HOUR, 4 * HOUR, false }, MIDNIGHT_FRIDAY - 2 * HOUR, MIDNIGHT_FRIDAY + 4 * HOUR },
		{ { true, THURSDAY, 22 * HOUR, 4 * HOUR, false }, MIDNIGHT_FRIDAY, MIDNIGHT_FRIDAY + 4 * HOUR },
		{ { true, THURSDAY, 22 * HOUR, 4 * HOUR, false }, MIDNIGHT_FRIDAY + 4 * HOUR - 1, MIDNIGHT_FRIDAY + 4 * HOUR },
		{ { true, THURSDAY, 22 * HOUR, 4 * HOUR, false }, MIDNIGHT_FRIDAY + 4 * HOUR, 0 },
		{ { true, FRIDAY, 22 * HOUR, 4 * HOUR, false }, MIDNIGHT_FRIDAY + HOUR, 0 },
		/* Within one day */
		{ { true, FRIDAY, 1 * HOUR, 2 * HOUR, false }, MIDNIGHT_FRIDAY + HOUR, MIDNIGHT_FRIDAY + 2 * HOUR },
		{ { true, FRIDAY, 1 * HOUR, 2 * HOUR, false }, MIDNIGHT_FRIDAY + 2 * HOUR, 0 },
		{ { true, THURSDAY, 1 * HOUR, 2 * HOUR, false }, MIDNIGHT_FRIDAY + HOUR, 0 },
		/* A whole day: to its end, or to the same time of the next one */
		{ { true, FRIDAY, 0, 24 * HOUR, false }, MIDNIGHT_FRIDAY + 23 * HOUR, MIDNIGHT_FRIDAY + 24 * HOUR },
		{ { true, FRIDAY, 0, 24 * HOUR, false }, MIDNIGHT_FRIDAY + 24 * HOUR, 0 },
		{ { true, FRIDAY, 6 * HOUR, 6 * HOUR, false }, MIDNIGHT_FRIDAY + 29 * HOUR, MIDNIGHT_FRIDAY + 30 * HOUR },
		/* From Sunday into Monday */
		{ { true, SUNDAY, 23 * HOUR, 1 * HOUR, false }, MIDNIGHT_FRIDAY + 72 * HOUR, MIDNIGHT_FRIDAY + 73 * HOUR },
		{ { true, MONDAY, 23 * HOUR, 1 * HOUR, false }, MIDNIGHT_FRIDAY + 72 * HOUR, 0 },
		/* Dated: its end is not part of it */
		{ { false, 0, 1000, 2000, false }, 999, 0 },
		{ { false, 0, 1000, 2000, false }, 1000, 2000 },
		{ { false, 0, 1000, 2000, false }, 1999, 2000 },
		{ { false, 0, 1000, 2000, false }, 2000, 0 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct window_state s = window_at(&cases[i].window, 1, cases[i].now_s);

		if (s.is_open != (cases[i].until_s != 0) || s.until_s != cases[i].until_s)
			fail_msg("case %zu: until %ld", i, (long)s.until_s);
		assert_false(s.holds_revocations);
	}
}

static void the_strictest_of_several_counts(void **state)
{
	const struct window windows[] = {
		{ false, 0, 1000, 2000, false },
		{ false, 0, 1500, 1800, true },
		{ true, 127, 0, 24 * HOUR, false },
	};

	(void)state;
	assert_false(window_at(windows, 0, 1600).is_open);
	assert_false(window_at(windows, 2, 1499).holds_revocations);
	assert_true(window_at(windows, 2, 1500).holds_revocations);
	assert_int_equal(window_at(windows, 2, 1600).until_s, 2000);
	assert_false(window_at(windows, 3, 1900).holds_revocations);
	assert_true(window_at(windows, 3, 1900).until_s > 2000);
}

static void windows_are_read_or_refused(void **state)
{
	static const char *const bad[] = {
		"", "{}", "[1]", "[{}]", "[{\"days\":[]}]", "[{\"days\":[\"x\"],\"from\":\"01:00\",\"to\":\"02:00\"}]",
		"[{\"days\":[8],\"from\":\"01:00\",\"to\":\"02:00\"}]", "[{\"days\":[\"mon\"],\"from\":\"24:00\",\"to\":\"02:00\"}]",
		"[{\"days\":[\"mon\"],\"from\":\"1:00\",\"to\":\"02:00\"}]", "[{\"days\":[\"mon\"],\"from\":\"01:60\",\"to\":\"02:00\"}]",
		"[{\"days\":[\"mon\"],\"from\":\"01:00\"}]", "[{\"from_s\":5,\"to_s\":5}]", "[{\"from_s\":-5,\"to_s\":5}]",
	};
	const struct window *windows;
	size_t n;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		if (windows_read(*state, str_c(bad[i]), &windows, &n))
			fail_msg("read: %s", bad[i]);
	assert_true(windows_read(*state, STR("[]"), &windows, &n));
	assert_int_equal(n, 0);
	assert_true(windows_read(*state, STR("[{\"days\":[\"mon\",\"sun\"],\"from\":\"22:30\",\"to\":\"24:00\",\"revocations\":false},"
	                                     "{\"from_s\":7,\"to_s\":9,\"note\":\"x\"}]"), &windows, &n));
	assert_int_equal(n, 2);
	assert_true(windows[0].is_weekly && windows[0].holds_revocations && windows[0].days == (MONDAY | SUNDAY));
	assert_int_equal(windows[0].from_s, 22 * HOUR + 1800);
	assert_int_equal(windows[0].to_s, 24 * HOUR);
	assert_false(windows[1].is_weekly || windows[1].holds_revocations);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(weekly_windows_by_the_clock_of_vietnam),
		cmocka_unit_test(the_strictest_of_several_counts),
		cmocka_unit_test_setup_teardown(windows_are_read_or_refused, unit_arena_setup, unit_arena_teardown),
	};

	return cmocka_run_group_tests_name("model/window", tests, NULL, NULL);
}
