#include "common/base/clock.h"
#include "common/base/fiber.h"
#include "tests/unit/unit.h"

#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <string.h>

enum { N_ITEMS = 20000, N_WAKERS = 3, N_AT_A_TIME = 24, N_FEW = 8, DEEP_BYTES = 128 * 1024 };

/* Waiters on their way to who wakes them. */
struct inbox {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	struct waiter *list[N_AT_A_TIME];
	size_t n;
	bool is_over;
};

#define INBOX { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER }

static void put(struct inbox *box, struct waiter *w)
{
	pthread_mutex_lock(&box->mutex);
	assert_true(box->n < N_AT_A_TIME);
	box->list[box->n++] = w;
	pthread_cond_broadcast(&box->changed);
	pthread_mutex_unlock(&box->mutex);
}

/* The oldest; NULL: it is over. */
static struct waiter *get(struct inbox *box)
{
	struct waiter *w = NULL;

	pthread_mutex_lock(&box->mutex);
	while (box->n == 0 && !box->is_over)
		pthread_cond_wait(&box->changed, &box->mutex);
	if (box->n > 0) {
		w = box->list[0];
		memmove(box->list, box->list + 1, --box->n * sizeof(*box->list));
	}
	pthread_mutex_unlock(&box->mutex);
	return w;
}

static void wait_until_there_are(struct inbox *box, size_t n)
{
	pthread_mutex_lock(&box->mutex);
	while (box->n < n)
		pthread_cond_wait(&box->changed, &box->mutex);
	pthread_mutex_unlock(&box->mutex);
}

static void end(struct inbox *box)
{
	pthread_mutex_lock(&box->mutex);
	box->is_over = true;
	pthread_cond_broadcast(&box->changed);
	pthread_mutex_unlock(&box->mutex);
}

struct tally {
	struct inbox box;
	atomic_int done[N_ITEMS];
	atomic_int n_under_way, n_most, n_wrong, n_paused;
	atomic_size_t n_since_pause;
};

static void *wake_all(void *arg)
{
	struct waiter *w;

	while ((w = get(arg)))
		waiter_wake(w);
	return NULL;
}

/* Waits twice, and finds its thread and its stack as they were. */
static void wait_twice(void *context, void *item)
{
	struct tally *t = context;
	pthread_t thread = pthread_self();
	volatile char stack[2048];
	int n = atomic_fetch_add(&t->n_under_way, 1) + 1, most = atomic_load(&t->n_most);

	while (n > most && !atomic_compare_exchange_weak(&t->n_most, &most, n))
		;
	for (size_t i = 0; i < sizeof(stack); i++)
		stack[i] = (char)((uintptr_t)item >> 2);
	for (int i = 0; i < 2; i++) {
		struct waiter w;

		waiter_begin(&w);
		put(&t->box, &w);
		if (!waiter_wait(&w, WAIT_FOR_EVER) || !pthread_equal(thread, pthread_self()) || !fiber_is_here())
			atomic_fetch_add(&t->n_wrong, 1);
		waiter_end(&w);
	}
	for (size_t i = 0; i < sizeof(stack); i++)
		if (stack[i] != (char)((uintptr_t)item >> 2))
			atomic_fetch_add(&t->n_wrong, 1);
	atomic_fetch_sub(&t->n_under_way, 1);
	atomic_fetch_add((atomic_int *)item, 1);
	atomic_fetch_add(&t->n_since_pause, 1);
}

static void note_pause(void *context)
{
	struct tally *t = context;

	atomic_fetch_add(&t->n_paused, 1);
	atomic_store(&t->n_since_pause, 0);
}

static void test_each_item_is_done_once(void **state)
{
	static struct tally t = { .box = INBOX };
	const struct crew_config config = { .name = "test", .n_threads = 2, .n_fibers = N_AT_A_TIME, .capacity = 7,
	                                    .process = wait_twice, .pause = note_pause, .context = &t };
	struct crew *c = crew_new(&config);
	pthread_t wakers[N_WAKERS];

	(void)state;
	for (size_t i = 0; i < N_WAKERS; i++)
		assert_int_equal(pthread_create(&wakers[i], NULL, wake_all, &t.box), 0);
	for (size_t i = 0; i < N_ITEMS; i++)
		while (!crew_push(c, &t.done[i]))
			sched_yield();
	crew_close(c);
	end(&t.box);
	for (size_t i = 0; i < N_WAKERS; i++)
		pthread_join(wakers[i], NULL);
	for (size_t i = 0; i < N_ITEMS; i++)
		assert_int_equal(atomic_load(&t.done[i]), 1);
	assert_int_equal(atomic_load(&t.n_wrong), 0);
	assert_in_range(atomic_load(&t.n_most), 2, N_AT_A_TIME);
	/* For several at once, and never forgotten. */
	assert_in_range(atomic_load(&t.n_paused), 1, 3 * N_ITEMS);
	assert_int_equal(atomic_load(&t.n_since_pause), 0);
}

struct order {
	struct inbox box;
	atomic_int n_begun;
	int passed[N_FEW + 1], n_passed, n_under_way, n_most; /* one thread */
	bool blocks_sigterm;
	char thread_name[16];
};

static void pass(void *context, void *item)
{
	struct order *o = context;
	struct waiter w;
	sigset_t mask;

	pthread_getname_np(pthread_self(), o->thread_name, sizeof(o->thread_name));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	o->blocks_sigterm = sigismember(&mask, SIGTERM) == 1;
	atomic_fetch_add(&o->n_begun, 1);
	o->n_under_way++;
	o->n_most = o->n_under_way > o->n_most ? o->n_under_way : o->n_most;
	waiter_begin(&w);
	put(&o->box, &w);
	assert_true(waiter_wait(&w, WAIT_FOR_EVER));
	waiter_end(&w);
	o->n_under_way--;
	o->passed[o->n_passed++] = *(int *)item;
}

static void test_as_many_as_fibers_wait_on_one_thread(void **state)
{
	struct order o = { .box = INBOX };
	const struct crew_config config = { .name = "abcdefghijklmnop", .n_threads = 1, .n_fibers = N_FEW, .capacity = N_FEW + 1,
	                                    .process = pass, .context = &o };
	struct crew *c = crew_new(&config);
	struct waiter *waiters[N_FEW];
	int items[N_FEW + 2];

	(void)state;
	for (int i = 0; i < N_FEW; i++) {
		items[i] = i;
		assert_true(crew_push(c, &items[i]));
	}
	wait_until_there_are(&o.box, N_FEW);
	/* No fiber is left: these wait, and a full queue refuses. */
	items[N_FEW] = N_FEW;
	for (int i = 0; i <= N_FEW; i++)
		assert_true(crew_push(c, &items[N_FEW]));
	assert_false(crew_push(c, &items[N_FEW]));
	assert_int_equal(crew_depth(c), N_FEW + 1);
	assert_int_equal(atomic_load(&o.n_begun), N_FEW);
	for (int i = 0; i < N_FEW; i++)
		waiters[i] = get(&o.box);
	/* The last first: whoever is woken goes on. */
	waiter_wake(waiters[N_FEW - 1]);
	wait_until_there_are(&o.box, 1);
	assert_int_equal(o.passed[0], N_FEW - 1);
	assert_int_equal(atomic_load(&o.n_begun), N_FEW + 1);
	o.n_passed = 0;
	for (int i = 0; i < N_FEW - 1; i++)
		waiter_wake(waiters[i]);
	wait_until_there_are(&o.box, N_FEW);
	for (int i = 0; i < N_FEW - 1; i++)
		assert_int_equal(o.passed[i], i);
	assert_string_equal(o.thread_name, "abcdefghij-0");
	assert_true(o.blocks_sigterm);

	pthread_t waker;

	o.n_passed = 0;
	assert_int_equal(pthread_create(&waker, NULL, wake_all, &o.box), 0);
	crew_close(c);
	end(&o.box);
	pthread_join(waker, NULL);
	assert_int_equal(o.n_passed, N_FEW + 1);
	assert_int_equal(o.n_most, N_FEW);
}

struct late {
	struct inbox box;
	bool first, second;
};

/* The time of the first wait ends, and then it is woken after all: while it runs, or while it waits again. */
static void be_late(void *context, void *item)
{
	struct late *l = context;
	struct waiter w;

	waiter_begin(&w);
	l->first = waiter_wait(&w, clock_mono_ms() + 5);
	if (*(bool *)item)
		waiter_wake(&w);
	else
		put(&l->box, &w);
	l->second = waiter_wait(&w, WAIT_FOR_EVER);
	waiter_end(&w);
}

static void test_a_wait_that_took_too_long_can_go_on(void **state)
{
	(void)state;
	for (int i = 0; i < 2; i++) {
		struct late l = { .box = INBOX, .first = true };
		const struct crew_config config = { .name = "late", .n_threads = 1, .n_fibers = 2, .capacity = 1, .process = be_late, .context = &l };
		struct crew *c = crew_new(&config);
		bool by_itself = i == 0;

		assert_true(crew_push(c, &by_itself));
		if (!by_itself)
			waiter_wake(get(&l.box));
		crew_close(c);
		assert_false(l.first);
		assert_true(l.second);
	}
}

struct blocked {
	sem_t go;
	bool was_fiber, was_fiber_inside;
	atomic_bool other_ran;
};

static void block_until_told(void *arg)
{
	struct blocked *b = arg;

	b->was_fiber_inside = fiber_is_here();
	while (sem_wait(&b->go) != 0)
		;
}

static void block_or_tell(void *context, void *item)
{
	struct blocked *b = context;

	if (item == b) {
		b->was_fiber = fiber_is_here();
		fiber_block(block_until_told, b);
		return;
	}
	atomic_store(&b->other_ran, true);
	sem_post(&b->go);
}

static void test_what_blocks_holds_up_nobody(void **state)
{
	struct blocked b = { .was_fiber_inside = true };
	const struct crew_config config = { .name = "block", .n_threads = 1, .n_fibers = 2, .capacity = 2, .process = block_or_tell, .context = &b };
	struct crew *c = crew_new(&config);
	int other;

	(void)state;
	sem_init(&b.go, 0, 0);
	assert_true(crew_push(c, &b));
	assert_true(crew_push(c, &other));
	crew_close(c);
	assert_true(b.was_fiber);
	assert_false(b.was_fiber_inside);
	assert_true(atomic_load(&b.other_ran));
	/* Without a crew it is just a call. */
	sem_post(&b.go);
	fiber_block(block_until_told, &b);
	sem_destroy(&b.go);
}

static void *wake_one(void *arg)
{
	waiter_wake(arg);
	return NULL;
}

static void test_threads_wait_too(void **state)
{
	struct waiter w;
	pthread_t thread;

	(void)state;
	assert_false(fiber_is_here());
	waiter_begin(&w);
	assert_false(waiter_wait(&w, clock_mono_ms() + 5));
	assert_int_equal(pthread_create(&thread, NULL, wake_one, &w), 0);
	assert_true(waiter_wait(&w, WAIT_FOR_EVER));
	pthread_join(thread, NULL);
	waiter_end(&w);
}

static void go_deep(void *context, void *item)
{
	volatile char deep[DEEP_BYTES];

	for (size_t i = 0; i < sizeof(deep); i += 512)
		deep[i] = 1;
	atomic_fetch_add((atomic_int *)context, deep[sizeof(deep) - 512]);
	(void)item;
}

static void test_a_stack_is_deep_enough(void **state)
{
	atomic_int n = 0;
	const struct crew_config config = { .name = "deep", .n_threads = 1, .n_fibers = 1, .capacity = 1, .process = go_deep, .context = &n };
	struct crew *c = crew_new(&config);

	(void)state;
	assert_true(crew_push(c, &n));
	crew_close(c);
	assert_int_equal(atomic_load(&n), 1);
	crew_close(NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_item_is_done_once),
		cmocka_unit_test(test_as_many_as_fibers_wait_on_one_thread),
		cmocka_unit_test(test_a_wait_that_took_too_long_can_go_on),
		cmocka_unit_test(test_what_blocks_holds_up_nobody),
		cmocka_unit_test(test_threads_wait_too),
		cmocka_unit_test(test_a_stack_is_deep_enough),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
