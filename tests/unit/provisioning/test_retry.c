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

static void a_rate_is_halved_and_grows_back(void **state)
{
	struct rate none = { .milli = 0 };
	struct rate r = rate_cut(25000, 99000);

	(void)state;
	assert_int_equal(rate_in_force(&none, 1000, 0), 0);
	assert_int_equal(rate_in_force(&none, 1000, 7000), 7000);
	assert_int_equal(r.milli, 12500);
	/* Half a minute later where it was; then up to what is allowed, and no further. */
	assert_int_equal(rate_in_force(&r, 0, 40000), 12500);
	assert_int_equal(rate_in_force(&r, 30000, 40000), 25000);
	assert_int_equal(rate_in_force(&r, 3600000, 40000), 40000);
	/* An administrator's limit is never exceeded, a clock that goes back gives nothing. */
	assert_int_equal(rate_in_force(&r, 30000, 20000), 20000);
	assert_int_equal(rate_in_force(&r, -5000, 20000), 12500);
	/* Nobody set a limit: it is lifted at twice of what was too much. */
	assert_int_equal(rate_in_force(&r, 89999, 0), 49999);
	assert_int_equal(rate_in_force(&r, 90000, 0), 0);
	assert_int_equal(rate_in_force(&r, INT64_MAX, 0), 0);
}

static void a_rate_never_ends(void **state)
{
	struct rate r = rate_cut(0, 0);

	(void)state;
	assert_int_equal(r.milli, RATE_MIN_MILLI);
	r = rate_cut(0, 60000);
	assert_int_equal(r.milli, 30000);
	for (int i = 0; i < 40; i++)
		r = rate_cut(r.milli, 60000);
	assert_int_equal(r.milli, RATE_MIN_MILLI);
	assert_true(rate_in_force(&r, 60000, 0) > RATE_MIN_MILLI || rate_in_force(&r, 60000, 0) == 0);
}

/* A platform that takes 20 a second: what it takes is not far below, and what it refuses is little. */
static void a_rate_finds_the_platforms_own(void **state)
{
	struct rate r = { .milli = 0 };
	int64_t cut_ms = 0, sent = 0, refused = 0, credit = 0, of_second = 0;

	(void)state;
	for (int64_t ms = 0; ms < 600000; ms += 10) {
		int64_t in_force = rate_in_force(&r, ms - cut_ms, 0);

		of_second = ms % 1000 == 0 ? 0 : of_second;
		/* Without a limit 200 a second would go. */
		for (credit += (in_force == 0 ? 200000 : in_force) / 100; credit >= 1000; credit -= 1000) {
			if (++of_second <= 20) {
				sent++;
				continue;
			}
			refused++;
			if (r.milli > 0 && ms - cut_ms < RATE_CUT_EVERY_MS)
				continue;
			r = rate_cut(rate_in_force(&r, ms - cut_ms, 0), 200000);
			cut_ms = ms;
		}
	}
	assert_in_range(sent, 600 * 12, 600 * 20);
	assert_true(refused * 20 < sent);
}

static void fail_often(struct breaker *b, enum breaker_event event, int n, int64_t now_ms)
{
	for (int i = 0; i < n; i++)
		(void)breaker_note(b, event, now_ms);
}

static void breaker_opens_after_ten_failures_in_a_row(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	fail_often(&b, BREAKER_UNREACHABLE, BREAKER_THRESHOLD - 1, 0);
	assert_false(breaker_note(&b, BREAKER_ANSWERED, 0));
	fail_often(&b, BREAKER_UNREACHABLE, BREAKER_THRESHOLD - 1, 0);
	assert_int_equal(breaker_admit(&b, 7, 0, false), 7);
	fail_often(&b, BREAKER_UNREACHABLE, 1, 0);
	assert_int_equal(b.state, BREAKER_OPEN);
	assert_int_equal(breaker_admit(&b, 7, 29999, false), 0);
	assert_int_equal(breaker_admit(&b, 7, 30000, false), 1);
	/* One at a time. */
	assert_int_equal(breaker_admit(&b, 7, 30001, false), 0);
	assert_true(breaker_note(&b, BREAKER_ANSWERED, 30100));
	assert_int_equal(breaker_admit(&b, 7, 30101, false), 7);
	/* What was counted before is over. */
	fail_often(&b, BREAKER_UNREACHABLE, BREAKER_THRESHOLD - 1, 30200);
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static void breaker_opens_when_too_many_fail(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	/* 20 of 49 are too many, but too few to tell. */
	for (int i = 0; i < BREAKER_WINDOW_MIN - 1; i++)
		(void)breaker_note(&b, i < 21 ? BREAKER_FAILED : BREAKER_ANSWERED, 0);
	assert_int_equal(b.state, BREAKER_CLOSED);
	(void)breaker_note(&b, BREAKER_ANSWERED, 0);
	assert_int_equal(b.state, BREAKER_OPEN);

	b = (struct breaker){ 0 };
	/* 40 % of 200 is not more than 40 %; the oldest are forgotten. */
	for (int i = 0; i < 1000; i++)
		(void)breaker_note(&b, i % 5 >= 3 ? BREAKER_FAILED : BREAKER_ANSWERED, 0);
	assert_int_equal(b.n_window, BREAKER_WINDOW);
	assert_int_equal(b.n_bad, 80);
	assert_int_equal(b.state, BREAKER_CLOSED);
	(void)breaker_note(&b, BREAKER_FAILED, 0);
	(void)breaker_note(&b, BREAKER_FAILED, 0);
	(void)breaker_note(&b, BREAKER_FAILED, 0);
	assert_int_equal(b.state, BREAKER_OPEN);
}

static void probes_become_rarer_but_never_end(void **state)
{
	static const int64_t steps_ms[] = { 30000, 60000, 120000, 300000, 900000, 3600000, 3600000, 3600000 };
	struct breaker b = { 0 };
	int64_t now_ms = 0;

	(void)state;
	fail_often(&b, BREAKER_UNREACHABLE, BREAKER_THRESHOLD, now_ms);
	for (size_t i = 0; i < ARRAY_LEN(steps_ms); i++) {
		assert_int_equal(breaker_admit(&b, 1, now_ms + steps_ms[i] - 1, false), 0);
		now_ms += steps_ms[i];
		assert_int_equal(breaker_admit(&b, 1, now_ms, false), 1);
		(void)breaker_note(&b, i % 2 ? BREAKER_UNREACHABLE : BREAKER_FAILED, now_ms);
		assert_int_equal(b.state, now_ms >= BREAKER_QUARANTINE_MS ? BREAKER_QUARANTINE : BREAKER_OPEN);
	}
	/* Somebody's access waits to be taken away: each minute, also in quarantine. */
	assert_int_equal(breaker_admit(&b, 1, now_ms + 59999, true), 0);
	assert_int_equal(breaker_admit(&b, 1, now_ms + 60000, true), 1);
	assert_true(breaker_note(&b, BREAKER_ANSWERED, now_ms));
	assert_int_equal(b.state, BREAKER_CLOSED);
}

static void probes_are_quick_while_a_revocation_waits(void **state)
{
	static const int64_t steps_ms[] = { 5000, 10000, 30000, 60000, 60000 };
	struct breaker b = { 0 };
	int64_t now_ms = 0;

	(void)state;
	fail_often(&b, BREAKER_UNREACHABLE, BREAKER_THRESHOLD, now_ms);
	for (size_t i = 0; i < ARRAY_LEN(steps_ms); i++) {
		assert_int_equal(breaker_admit(&b, 1, now_ms + steps_ms[i] - 1, true), 0);
		now_ms += steps_ms[i];
		assert_int_equal(breaker_admit(&b, 1, now_ms, true), 1);
		(void)breaker_note(&b, BREAKER_UNREACHABLE, now_ms);
	}
}

static void a_probe_that_was_not_used_comes_again(void **state)
{
	struct breaker b = { .state = BREAKER_OPEN, .failed_ms = 10 };

	(void)state;
	assert_int_equal(breaker_admit(&b, 3, 5010, true), 1);
	breaker_unused(&b);
	assert_int_equal(breaker_admit(&b, 3, 5011, true), 1);
}

static void what_ends_late_is_no_probe(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	fail_often(&b, BREAKER_UNREACHABLE, BREAKER_THRESHOLD + 5, 100);
	assert_int_equal(b.openings, 0);
	assert_int_equal(b.failed_ms, 100);
}

static void missing_credentials_open_at_once(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	(void)breaker_note(&b, BREAKER_UNAUTHORIZED, 100);
	assert_int_equal(b.state, BREAKER_AUTH_FAILED);
	assert_int_equal(breaker_admit(&b, 1, 30099, false), 0);
	assert_int_equal(breaker_admit(&b, 1, 30100, false), 1);
	(void)breaker_note(&b, BREAKER_UNAUTHORIZED, 30100);
	/* Longer than a quarantine's quarter of an hour it is still known why. */
	assert_int_equal(breaker_admit(&b, 1, 3000000, false), 1);
	(void)breaker_note(&b, BREAKER_FORBIDDEN, 3000000);
	assert_int_equal(b.state, BREAKER_AUTH_FAILED);
}

static void one_forbidden_account_is_not_the_platform(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	for (int i = 0; i < 100; i++) {
		fail_often(&b, BREAKER_FORBIDDEN, BREAKER_FORBIDDEN_THRESHOLD - 1, 0);
		(void)breaker_note(&b, BREAKER_ANSWERED, 0);
	}
	assert_int_equal(b.state, BREAKER_CLOSED);
	fail_often(&b, BREAKER_FORBIDDEN, BREAKER_FORBIDDEN_THRESHOLD, 0);
	assert_int_equal(b.state, BREAKER_AUTH_FAILED);
}

static void another_process_is_believed(void **state)
{
	struct breaker here = { 0 }, there = { .state = BREAKER_QUARANTINE, .openings = 7, .opened_ms = 1, .failed_ms = 2, .is_probing = true };

	(void)state;
	breaker_adopt(&here, &there);
	assert_int_equal(breaker_admit(&here, 1, INT64_MAX / 2, true), 0);
	there.is_probing = false;
	breaker_adopt(&here, &there);
	assert_int_equal(breaker_admit(&here, 1, 60002, true), 1);
	there = (struct breaker){ .state = BREAKER_CLOSED };
	here.failures = BREAKER_THRESHOLD - 1;
	breaker_adopt(&here, &there);
	assert_int_equal(breaker_admit(&here, 5, 0, true), 5);
	fail_often(&here, BREAKER_UNREACHABLE, 1, 0);
	assert_int_equal(here.state, BREAKER_CLOSED);
}

static void a_pause_holds_an_open_door(void **state)
{
	struct breaker b = { 0 };

	(void)state;
	breaker_pause(&b, 2000);
	breaker_pause(&b, 1000);
	assert_int_equal(breaker_admit(&b, 5, 1999, true), 0);
	assert_int_equal(breaker_admit(&b, 5, 2000, true), 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(delays_grow_and_stay_in_bounds),
		cmocka_unit_test(a_rate_is_halved_and_grows_back),
		cmocka_unit_test(a_rate_never_ends),
		cmocka_unit_test(a_rate_finds_the_platforms_own),
		cmocka_unit_test(breaker_opens_after_ten_failures_in_a_row),
		cmocka_unit_test(breaker_opens_when_too_many_fail),
		cmocka_unit_test(probes_become_rarer_but_never_end),
		cmocka_unit_test(probes_are_quick_while_a_revocation_waits),
		cmocka_unit_test(a_probe_that_was_not_used_comes_again),
		cmocka_unit_test(what_ends_late_is_no_probe),
		cmocka_unit_test(missing_credentials_open_at_once),
		cmocka_unit_test(one_forbidden_account_is_not_the_platform),
		cmocka_unit_test(another_process_is_believed),
		cmocka_unit_test(a_pause_holds_an_open_door),
	};

	return cmocka_run_group_tests_name("provisioning/retry", tests, NULL, NULL);
}
