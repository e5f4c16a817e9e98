/* What is urgent holds up all else, until it is over, but not for long. */
#include "common/base/clock.h"
#include "provisioning/urgency.h"
#include "tests/unit/unit.h"

#include <time.h>

/* With room for a machine that is busy with other things. */
#define LONG_MS 3000

static atomic_int nothing;

static int64_t yield_ms(struct urgency *u)
{
	int64_t from_ms = clock_mono_ms();

	assert_false(urgency_yield(u, &nothing));
	return clock_mono_ms() - from_ms;
}

static void nobody_waits_for_nothing(void **state)
{
	struct urgency u;

	(void)state;
	urgency_init(&u);
	assert_false(urgency_is_there(&u));
	urgency_begin(&u);
	assert_true(urgency_is_there(&u));
	urgency_begin(&u);
	urgency_end(&u);
	assert_true(urgency_is_there(&u));
	urgency_end(&u);
	assert_false(urgency_is_there(&u));
	assert_false(urgency_yield(&u, &nothing));
	urgency_done(&u);
}

static void nobody_waits_for_ever(void **state)
{
	struct urgency u;
	int64_t ms;

	(void)state;
	urgency_init(&u);
	urgency_begin(&u);
	ms = yield_ms(&u);
	assert_in_range(ms, 400, LONG_MS);
	/* One whose platform does not answer holds up others once, not as long as it takes. */
	while (urgency_is_there(&u))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	urgency_end(&u);
	urgency_expect(&u);
	assert_true(urgency_is_there(&u));
	while (urgency_is_there(&u))
		nanosleep(&(struct timespec){ .tv_nsec = 1000000 }, NULL);
	urgency_done(&u);
}

static void *end_it(void *arg)
{
	nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
	urgency_end(arg);
	return NULL;
}

/* Ten in a row would wait five seconds, were nobody told that it is over. */
static void who_waits_is_told(void **state)
{
	int64_t sum_ms = 0;

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct urgency u;
		pthread_t thread;

		urgency_init(&u);
		urgency_begin(&u);
		assert_int_equal(pthread_create(&thread, NULL, end_it, &u), 0);
		sum_ms += yield_ms(&u);
		pthread_join(thread, NULL);
		urgency_done(&u);
	}
	assert_in_range(sum_ms, 0, 3000);
}

struct platform {
	struct urgency *u;
	atomic_int own;
};

static void *call_for(void *arg)
{
	struct platform *p = arg;

	nanosleep(&(struct timespec){ .tv_nsec = 20 * 1000000 }, NULL);
	atomic_fetch_add(&p->own, 1);
	urgency_call(p->u);
	return NULL;
}

/* It would wait for the thread that waits for it: ten in a row five seconds. */
static void who_waits_gives_way_to_what_is_urgent_on_its_own_platform(void **state)
{
	int64_t from_ms = clock_mono_ms();

	(void)state;
	for (int i = 0; i < 10; i++) {
		struct urgency u;
		struct platform p = { .u = &u };
		pthread_t thread;

		urgency_init(&u);
		urgency_begin(&u);
		assert_int_equal(pthread_create(&thread, NULL, call_for, &p), 0);
		assert_true(urgency_yield(&u, &p.own));
		pthread_join(thread, NULL);
		/* Nor does it wait to find out. */
		assert_true(urgency_yield(&u, &p.own));
		urgency_end(&u);
		urgency_done(&u);
	}
	assert_in_range(clock_mono_ms() - from_ms, 0, 3000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(nobody_waits_for_nothing),
		cmocka_unit_test(nobody_waits_for_ever),
		cmocka_unit_test(who_waits_is_told),
		cmocka_unit_test(who_waits_gives_way_to_what_is_urgent_on_its_own_platform),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
