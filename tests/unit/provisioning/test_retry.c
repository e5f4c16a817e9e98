#include "provisioning/retry.h"
#include "tests/unit/unit.h"

static void delays_grow_and_stay_in_bounds(void **state)
{
	static const struct {
		int64_t tries, cap_ms, low_ms, high_ms;
	} cases[] = {
		{ 1, RETRY_CAP_MS, 100, 1000 },
		{ 2, RETRY_CAP_MS, 200, 2000 },
		{ 5, RETRY_CAP_MS, 1600, 16000 },
		{ 12, RETRY_CAP_MS, 204800, 2048000 },
		{ 13, RETRY_CAP_MS, 360000, 3600000 },
		{ 1000000, RETRY_CAP_MS, 360000, 3600000 },
		{ 1000000, RETRY_DOWN_CAP_MS, 3000, 30000 },
		{ 0, RETRY_CAP_MS, 100, 1000 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		assert_int_equal(retry_delay_ms(cases[i].tries, cases[i].cap_ms, 0), cases[i].low_ms);
		assert_in_range(retry_delay_ms(cases[i].tries, cases[i].cap_ms, UINT32_MAX), cases[i].high_ms - 2,
		                cases[i].high_ms);
		assert_in_range(retry_delay_ms(cases[i].tries, cases[i].cap_ms, 1u << 31), cases[i].high_ms / 2,
		                cases[i].high_ms / 2 + cases[i].low_ms);
	}
}

static void bucket_lets_the_rate_through(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 10, 1000);
	assert_int_equal(bucket_take(&b, 4, 1000), 4);
	assert_int_equal(bucket_take(&b, 100, 1000), 6);
	assert_int_equal(bucket_take(&b, 1, 1099), 0);
	assert_int_equal(bucket_take(&b, 5, 1100), 1);
	bucket_return(&b, 1);
	assert_int_equal(bucket_take(&b, 5, 1100), 1);
	/* However long it was idle: one second's worth. */
	assert_int_equal(bucket_take(&b, 1000, 999999), 10);
	/* A clock that stands still or goes back gives nothing. */
	assert_int_equal(bucket_take(&b, 1, 5), 0);
}

static void bucket_without_rate_is_open(void **state)
{
	struct bucket b;

	(void)state;
	bucket_init(&b, 0, 0);
	assert_int_equal(bucket_take(&b, 12345, 0), 12345);
	bucket_return(&b, 5);
	assert_int_equal(bucket_take(&b, 12345, 0), 12345);
}

static void breaker_opens_after_ten_failures_in_a_row(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	for (int i = 0; i < BREAKER_THRESHOLD - 1; i++)
		assert_false(breaker_note(&b, BREAKER_UNREACHABLE, 0));
	assert_false(breaker_note(&b, BREAKER_ANSWERED, 0));
	for (int i = 0; i < BREAKER_THRESHOLD - 1; i++)
		breaker_note(&b, BREAKER_UNREACHABLE, 0);
	assert_int_equal(breaker_admit(&b, 7, 0), 7);
	breaker_note(&b, BREAKER_UNREACHABLE, 0);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(breaker_admit(&b, 7, 4999), 0);
	assert_int_equal(breaker_admit(&b, 7, 5000), 1);
	/* One at a time. */
	assert_int_equal(breaker_admit(&b, 7, 5001), 0);
	assert_true(breaker_note(&b, BREAKER_ANSWERED, 5100));
	assert_int_equal(breaker_admit(&b, 7, 5101), 7);
}

static void probes_become_rarer_but_never_end(void **state)
{
	static const int64_t steps_ms[] = { 5000, 10000, 30000, 60000, 60000, 60000 };
	struct breaker b = { 0 };
	int64_t now_ms = 0;

	(void)state;
	for (int i = 0; i < BREAKER_THRESHOLD; i++)
		breaker_note(&b, BREAKER_UNREACHABLE, now_ms);
	for (size_t i = 0; i < ARRAY_LEN(steps_ms); i++) {
		assert_int_equal(breaker_admit(&b, 1, now_ms + steps_ms[i] - 1), 0);
		now_ms += steps_ms[i];
		assert_int_equal(breaker_admit(&b, 1, now_ms), 1);
		breaker_note(&b, BREAKER_UNREACHABLE, now_ms);
	}
}

static void a_probe_that_was_not_used_comes_again(void **state)
{
	struct breaker b = { .state = BREAKER_OPEN, .probe_ms = 10 };

	(void)state;
	assert_int_equal(breaker_admit(&b, 3, 10), 1);
	breaker_unused(&b);
	assert_int_equal(breaker_admit(&b, 3, 11), 1);
}

static void missing_rights_open_at_once(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	breaker_note(&b, BREAKER_UNAUTHORIZED, 100);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(breaker_admit(&b, 1, 5099), 0);
	assert_int_equal(breaker_admit(&b, 1, 5100), 1);
}

static void a_pause_holds_an_open_door(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	breaker_pause(&b, 2000);
	breaker_pause(&b, 1000);
	assert_int_equal(breaker_admit(&b, 5, 1999), 0);
	assert_int_equal(breaker_admit(&b, 5, 2000), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_grow_and_stay_in_bounds),
		cmocka_unit_test(bucket_lets_the_rate_through),
		cmocka_unit_test(bucket_without_rate_is_open),
		cmocka_unit_test(breaker_opens_after_ten_failures_in_a_row),
		cmocka_unit_test(probes_become_rarer_but_never_end),
		cmocka_unit_test(a_probe_that_was_not_used_comes_again),
		cmocka_unit_test(missing_rights_open_at_once),
		cmocka_unit_test(a_pause_holds_an_open_door),
	};

	return cmocka_run_group_tests_name("provisioning/retry", tests, NULL, NULL);
}
