/* Revocations that were not carried out at once, against PostgreSQL: which are late, since when, and who is told of it how often. */
#include "provisioning/late_store.h"
#include "tests/db/healthy.h"
#include "tests/unit/at_once.h"

#define SINCE(s) "UPDATE sen.revocation_late SET since = now() - interval '" s " s'"
#define STATE(n, at) "UPDATE sen.binding SET state = " n ", due_at = now() + interval '" at " s'"

static struct late_platform look(struct arena *a)
{
	static const int64_t ids[] = { PLATFORM };
	const struct late_platform *late = NULL;
	struct op op = begin_op(a);
	size_t n = 0;

	assert_int_equal(late_run(&op, ids, 1, &late, &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(late[0].platform_id, PLATFORM);
	db_op_done(&op);
	return late[0];
}

static void nothing_is_late(void **state)
{
	struct late_platform l = look(*state);

	assert_int_equal(l.n + l.oldest_s + l.n_overdue + l.n_called, 0);
}

static int begin(void **state)
{
	side("DELETE FROM sen.revocation_late");
	return healthy_begin(state);
}
#define LATE_TEST(f) cmocka_unit_test_setup_teardown(f, begin, unit_arena_teardown)

static void what_is_carried_out_in_time_is_not(void **state)
{
	due(1, 0, 0);
	nothing_is_late(state);
	/* What gives access may wait. */
	due(3, 2, 5);
	side(STATE("4", "600") " WHERE prio = 2");
	nothing_is_late(state);
	side("UPDATE sen.binding SET state = 0, due_at = NULL WHERE prio = 0");
	nothing_is_late(state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.revocation_late"), 0);
}

/* When it is tried again says nothing of how long it has waited. */
static void it_waits_since_it_was_due(void **state)
{
	struct late_platform l;

	due(1, 0, 0);
	side(STATE("1", "-40"));
	l = look(*state);
	assert_int_equal(l.n, 1);
	assert_in_range(l.oldest_s, 40, 45);
	assert_int_equal(l.n_overdue, 0);
	for (int i = 0; i < 3; i++) {
		side(i % 2 ? STATE("3", "300") : STATE("4", "300"));
		assert_true(look(*state).oldest_s >= 40);
	}
	/* Being worked at is not done either. */
	side(STATE("2", "-1"));
	assert_true(look(*state).oldest_s >= 40);
	side("UPDATE sen.binding SET state = 0, due_at = NULL");
	nothing_is_late(state);
}

static void blocked_is_late_too(void **state)
{
	due(1, 0, 0);
	side("UPDATE sen.binding SET state = 5, due_at = NULL");
	assert_int_equal(look(*state).n, 1);
}

/* Access is wanted again: there is nothing to take away. */
static void what_is_given_back_is_not(void **state)
{
	due(1, 0, 0);
	side(STATE("4", "300"));
	assert_int_equal(look(*state).n, 1);
	side("UPDATE sen.binding SET prio = 1, want_active = true");
	nothing_is_late(state);
}

static void each_is_told_once_and_called_for_once(void **state)
{
	struct late_platform l;

	due(2, 0, 0);
	side(STATE("4", "300"));
	assert_int_equal(look(*state).n_overdue, 0);
	side(SINCE("59"));
	assert_int_equal(look(*state).n_overdue, 0);
	side(SINCE("61"));
	l = look(*state);
	assert_int_equal(l.n_overdue, 2);
	assert_int_equal(l.n_called, 0);
	l = look(*state);
	assert_int_equal(l.n_overdue + l.n_called, 0);
	side(SINCE("301"));
	l = look(*state);
	assert_int_equal(l.n_overdue, 0);
	assert_int_equal(l.n_called, 2);
	l = look(*state);
	assert_int_equal(l.n_overdue + l.n_called, 0);
	assert_true(l.oldest_s >= 301);
	/* Nobody looked for a while: both at once. */
	side("DELETE FROM sen.revocation_late");
	due(1, 0, 0);
	side(STATE("1", "-400"));
	l = look(*state);
	assert_int_equal(l.n_overdue, 3);
	assert_int_equal(l.n_called, 3);
}

/* Of a platform that nobody here serves, nobody here tells. */
static void of_ours_alone(void **state)
{
	due(1, 0, 0);
	side(STATE("4", "300") ", platform_id = 3");
	nothing_is_late(state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.revocation_late"), 0);
}

struct looker {
	int64_t n_overdue, n_called;
};

static void *look_for_itself(void *arg)
{
	struct looker *l = arg;
	static const int64_t ids[] = { PLATFORM };
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	const struct late_platform *late;
	struct op op = begin_op(a);
	size_t n;

	if (late_run(&op, ids, 1, &late, &n) == 0)
		*l = (struct looker){ late[0].n_overdue, late[0].n_called };
	db_op_done(&op);
	arena_free(a);
	return NULL;
}

static void by_one_of_many_provisioners(void **state)
{
	struct looker lookers[50] = { { 0 } };
	int64_t n_overdue = 0, n_called = 0;

	due(40, 0, 0);
	side(STATE("4", "300"));
	assert_int_equal(look(*state).n, 40);
	side(SINCE("301"));
	AT_ONCE(look_for_itself, lookers);
	for (size_t i = 0; i < ARRAY_LEN(lookers); i++) {
		n_overdue += lookers[i].n_overdue;
		n_called += lookers[i].n_called;
	}
	assert_int_equal(n_overdue, 40);
	assert_int_equal(n_called, 40);
}

static void the_health_of_the_platform_says_it(void **state)
{
	static const int64_t ids[] = { PLATFORM };
	struct gate g = new_gate();
	struct op op = begin_op(*state);

	due(2, 0, 0);
	(void)admit(&g, *state, 8, 0);
	side(STATE("4", "300"));
	assert_int_equal(look(*state).n, 2);
	side(SINCE("61") " WHERE account_id = (SELECT max(account_id::text)::uuid FROM sen.revocation_late)");
	assert_int_equal(health_count(&op, ids, 1), 0);
	assert_int_equal(side_i64("SELECT (counts ->> 'late')::bigint FROM sen.platform_health WHERE platform_id = 2"), 1);
	db_op_done(&op);
	gate_done(&g);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		LATE_TEST(what_is_carried_out_in_time_is_not),
		LATE_TEST(it_waits_since_it_was_due),
		LATE_TEST(blocked_is_late_too),
		LATE_TEST(what_is_given_back_is_not),
		LATE_TEST(each_is_told_once_and_called_for_once),
		LATE_TEST(of_ours_alone),
		LATE_TEST(by_one_of_many_provisioners),
		LATE_TEST(the_health_of_the_platform_says_it),
	};

	return cmocka_run_group_tests(tests, healthy_create, migrated_drop);
}
