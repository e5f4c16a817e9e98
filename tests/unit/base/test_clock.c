#include "common/base/clock.h"
#include "tests/unit/unit.h"

#include <time.h>

static void test_wall_clock_is_that_of_the_system(void **state)
{
	(void)state;

	time_t before = time(NULL);
	int64_t now_s = clock_now_s(), now_us = clock_now_us();
	time_t after = time(NULL);

	/* time() may lag by one tick of the coarse clock. */
	assert_true(now_s >= before && now_s <= after + 1);
	assert_true(now_us / 1000000 >= before && now_us / 1000000 <= after + 1);
}

static void test_monotonic_clock_measures(void **state)
{
	const struct timespec wait = { .tv_nsec = 20 * 1000 * 1000 };

	(void)state;

	int64_t start_us = clock_mono_us(), start_ms = clock_mono_ms();

	assert_int_equal(nanosleep(&wait, NULL), 0);

	int64_t took_us = clock_mono_us() - start_us, took_ms = clock_mono_ms() - start_ms;

	assert_true(took_us >= 20000);
	assert_true(took_us < 20000000);
	assert_true(took_ms >= 19 && took_ms < 20000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wall_clock_is_that_of_the_system),
		cmocka_unit_test(test_monotonic_clock_measures),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
