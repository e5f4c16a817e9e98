#include "common/base/clock.h"
#include "provisioning/combine.h"
#include "tests/unit/at_once.h"
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <time.h>

#define N 40

static struct combine combine;
static atomic_int n_sent, n_batches, n_together, most_together, largest;

struct one {
	struct combine_item item; /* first: found from the item */
	struct combine_how how;
	int n_times;
	bool was_sent;
};

static void raise_to(atomic_int *most, int n)
{
	int now = atomic_load(most);

	while (n > now && !atomic_compare_exchange_weak(most, &now, n))
		;
}

static void send(void *context, const struct combine_item *mine, struct combine_item *const *items, size_t n)
{
	(void)context, (void)mine;
	raise_to(&most_together, atomic_fetch_add(&n_together, 1) + 1);
	raise_to(&largest, (int)n);
	atomic_fetch_add(&n_batches, 1);
	for (size_t i = 0; i < n; i++) {
		((struct one *)(void *)items[i])->n_times++;
		assert_true(str_equal(items[i]->key, items[0]->key));
	}
	atomic_fetch_add(&n_sent, (int)n);
	nanosleep(&(struct timespec){ .tv_nsec = 2000000 }, NULL);
	atomic_fetch_sub(&n_together, 1);

}

static void *run(void *arg)
{
	struct one *one = arg;

	one->was_sent = combine_run(&combine, &one->item, &one->how);
	return NULL;
}

static void go(struct one *all, size_t max, size_t max_bytes, size_t lanes)
{
	static const char *const keys[] = { "a", "b" };

	n_sent = n_batches = n_together = most_together = largest = 0;
	combine_init(&combine);
	for (int i = 0; i < N; i++) {
		all[i] = (struct one){ .item = { .key = str_c(keys[i % 2]), .bytes = 10 },
			               .how = { .max = max, .max_bytes = max_bytes, .lanes = lanes, .deadline_ms = clock_mono_ms() + 10000, .send = send } };
	}
	at_once(run, all, N, sizeof(all[0]));
	combine_done(&combine);
	for (int i = 0; i < N; i++) {
		assert_true(all[i].was_sent);
		assert_int_equal(all[i].n_times, 1);
	}
	assert_int_equal(n_sent, N);
}

static void each_goes_once_and_some_together(void **state)
{
	static struct one all[N];

	(void)state;
	go(all, 64, SIZE_MAX, 1);
	assert_true(largest >= 2);
	assert_true(n_batches < N);
	/* One a key. */
	assert_true(most_together <= 2);
}

static void never_more_than_may_be(void **state)
{
	static struct one all[N];

	(void)state;
	go(all, 3, SIZE_MAX, 1);
	assert_true(largest >= 2 && largest <= 3);
	go(all, 64, 45, 1);
	assert_true(largest >= 2 && largest <= 4);
	/* One that is too large by itself goes by itself. */
	go(all, 64, 5, 1);
	assert_int_equal(largest, 1);
	go(all, 64, SIZE_MAX, 2);
	assert_true(most_together <= 4);
}

static void what_cannot_be_sent_in_time_is_not(void **state)
{
	static struct one slow, late;

	(void)state;
	combine_init(&combine);
	late = (struct one){ .item = { .key = STR("a"), .bytes = 1 }, .how = { .max = 4, .max_bytes = 100, .lanes = 1, .deadline_ms = clock_mono_ms() - 1, .send = send } };
	assert_false(combine_run(&combine, &late.item, &late.how));
	assert_int_equal(late.n_times, 0);
	/* And leaves nothing behind. */
	slow = (struct one){ .item = { .key = STR("a"), .bytes = 1 }, .how = { .max = 4, .max_bytes = 100, .lanes = 1, .deadline_ms = clock_mono_ms() + 1000, .send = send } };
	assert_true(combine_run(&combine, &slow.item, &slow.how));
	assert_int_equal(slow.n_times, 1);
	assert_int_equal(late.n_times, 0);
	combine_done(&combine);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_goes_once_and_some_together),
		cmocka_unit_test(never_more_than_may_be),
		cmocka_unit_test(what_cannot_be_sent_in_time_is_not),
	};

	return cmocka_run_group_tests_name("provisioning/combine", tests, NULL, NULL);
}
