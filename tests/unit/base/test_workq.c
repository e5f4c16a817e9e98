#include "common/base/workq.h"
#include "tests/unit/at_once.h"
#include "tests/unit/unit.h"

#include <stdatomic.h>
#include <string.h>

enum { N_PUSHERS = 4, N_PER_PUSHER = 5000 };

struct tally {
	atomic_int done[N_PUSHERS * N_PER_PUSHER];
	struct workq *q;
};

struct pusher {
	struct tally *tally;
	int first;
	int refused;
};

static void count(void *context, void *item)
{
	struct tally *t = context;

	/* The item is the address of its own counter. */
	atomic_fetch_add((atomic_int *)item, 1);
	assert((atomic_int *)item >= t->done && (atomic_int *)item < t->done + ARRAY_LEN(t->done));
}

static void *push_many(void *arg)
{
	struct pusher *p = arg;

	for (int i = p->first; i < p->first + N_PER_PUSHER; i++) {
		while (!workq_push(p->tally->q, &p->tally->done[i])) {
			p->refused++;
			sched_yield();
		}
	}
	return NULL;
}

static void test_each_item_is_done_once(void **state)
{
	static struct tally t;
	struct pusher pushers[N_PUSHERS] = { 0 };

	(void)state;
	t.q = workq_new("test", 4, 16, count, &t);
	for (int i = 0; i < N_PUSHERS; i++)
		pushers[i] = (struct pusher){ &t, i * N_PER_PUSHER, 0 };
	AT_ONCE(push_many, pushers);
	workq_close(t.q);
	for (size_t i = 0; i < ARRAY_LEN(t.done); i++)
		assert_int_equal(atomic_load(&t.done[i]), 1);
}

struct gate {
	pthread_mutex_t mutex;
	pthread_cond_t changed;
	bool is_open;
	int waiting;
	int passed[8];
	int n_passed;
	char thread_name[16];
	bool blocks_sigterm;
};

static void pass(void *context, void *item)
{
	struct gate *g = context;
	sigset_t mask;

	pthread_mutex_lock(&g->mutex);
	pthread_getname_np(pthread_self(), g->thread_name, sizeof(g->thread_name));
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	g->blocks_sigterm = sigismember(&mask, SIGTERM) == 1;
	g->waiting++;
	pthread_cond_broadcast(&g->changed);
	while (!g->is_open)
		pthread_cond_wait(&g->changed, &g->mutex);
	g->passed[g->n_passed++] = *(int *)item;
	pthread_mutex_unlock(&g->mutex);
}

static void wait_for_worker(struct gate *g)
{
	pthread_mutex_lock(&g->mutex);
	while (g->waiting == 0)
		pthread_cond_wait(&g->changed, &g->mutex);
	pthread_mutex_unlock(&g->mutex);
}

static void open_gate(struct gate *g)
{
	pthread_mutex_lock(&g->mutex);
	g->is_open = true;
	pthread_cond_broadcast(&g->changed);
	pthread_mutex_unlock(&g->mutex);
}

static void test_full_queue_refuses_and_close_drains_in_order(void **state)
{
	struct gate g = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	struct workq *q = workq_new("abcdefghijklmnop", 1, 3, pass, &g);
	int items[] = { 0, 1, 2, 3, 4 };

	(void)state;
	assert_true(workq_push(q, &items[0]));
	wait_for_worker(&g); /* it has taken the first and stands at the gate */
	assert_int_equal(workq_depth(q), 0);
	for (int i = 1; i <= 3; i++)
		assert_true(workq_push(q, &items[i]));
	assert_int_equal(workq_depth(q), 3);
	assert_false(workq_push(q, &items[4]));
	assert_int_equal(workq_depth(q), 3);

	open_gate(&g);
	workq_close(q);
	assert_int_equal(g.n_passed, 4);
	for (int i = 0; i < 4; i++)
		assert_int_equal(g.passed[i], i);
	assert_string_equal(g.thread_name, "abcdefghij-0");
	assert_true(g.blocks_sigterm);
}

static void test_what_is_first_goes_before_all_that_wait(void **state)
{
	struct gate g = { .mutex = PTHREAD_MUTEX_INITIALIZER, .changed = PTHREAD_COND_INITIALIZER };
	struct workq *q = workq_new("first", 1, 4, pass, &g);
	int items[] = { 0, 1, 2, 3, 4, 5 };
	const int order[] = { 0, 4, 3, 1, 2 };

	(void)state;
	assert_true(workq_push(q, &items[0]));
	wait_for_worker(&g);
	assert_true(workq_push(q, &items[1]));
	assert_true(workq_push(q, &items[2]));
	assert_true(workq_push_first(q, &items[3]));
	assert_true(workq_push_first(q, &items[4]));
	assert_false(workq_push_first(q, &items[5]));
	open_gate(&g);
	workq_close(q);
	assert_int_equal(g.n_passed, 5);
	for (size_t i = 0; i < ARRAY_LEN(order); i++)
		assert_int_equal(g.passed[i], order[i]);
}

static void test_close_of_an_idle_queue_and_of_null(void **state)
{
	sigset_t mask;

	(void)state;
	workq_close(workq_new("idle", 8, 1, pass, NULL));
	workq_close(NULL);
	/* The caller's signal mask is as before. */
	pthread_sigmask(SIG_SETMASK, NULL, &mask);
	assert_int_equal(sigismember(&mask, SIGTERM), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_item_is_done_once),
		cmocka_unit_test(test_full_queue_refuses_and_close_drains_in_order),
		cmocka_unit_test(test_what_is_first_goes_before_all_that_wait),
		cmocka_unit_test(test_close_of_an_idle_queue_and_of_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
