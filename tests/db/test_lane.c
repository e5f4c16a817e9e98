#include "tests/db/dbtest.h"

#include <sched.h>
#include <string.h>

static const char schema[] =
	"CREATE SCHEMA sen;"
	DBTEST_GATE
	"CREATE TABLE sen.item (id bigint PRIMARY KEY, n int NOT NULL DEFAULT 0 CHECK (n >= 0),"
	"                       late bigint REFERENCES sen.item DEFERRABLE INITIALLY DEFERRED, at timestamptz DEFAULT now());"
	"CREATE TABLE sen.counter (id bigint PRIMARY KEY, n bigint NOT NULL);"
	/* What a COMMIT says whose wait for the synchronous standby is cancelled. */
	"CREATE FUNCTION sen.doubt() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL; END $$;"
	"CREATE TABLE sen.doubtful (id bigint);"
	"CREATE CONSTRAINT TRIGGER doubt AFTER INSERT ON sen.doubtful DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.doubt();";

DB_QUERY(item_add, DB_WRITE, "INSERT INTO item (id) VALUES ($1) RETURNING id");
DB_QUERY(item_add_late, DB_WRITE, "INSERT INTO item (id, late) VALUES ($1, $2) RETURNING id");
DB_QUERY(counter_raise, DB_WRITE, "UPDATE counter SET n = n + 1 WHERE id = $1 RETURNING n");
DB_QUERY(gate_write, DB_WRITE, "SELECT gate()");
DB_QUERY(gate_read, DB_READ, "SELECT gate()");
DB_QUERY(pause_write, DB_WRITE, "SELECT 1 FROM pg_sleep($1::float8 / 1000)");
DB_QUERY(doubtful_add, DB_WRITE, "INSERT INTO doubtful VALUES ($1)");
DB_QUERY(item_count, DB_READ, "SELECT count(*) FROM item");
DB_QUERY(item_add_by_reader, DB_READ, "INSERT INTO item (id) VALUES ($1)");

#define THREADS 64
#define WRITES_EACH 50

static int set_up(void **state)
{
	(void)state;
	side("TRUNCATE sen.item, sen.counter, sen.doubtful");
	return 0;
}

static struct db *open_lanes(void)
{
	return dbtest_open((struct db_config){ .with_lanes = true, .pool_size = 1, .statement_timeout_ms = 20000,
	                                       .lock_timeout_ms = 200, .audit_chain = 7 });
}

static struct task at_gate(struct db *db, const struct query *q)
{
	return (struct task){ .db = db, .query = q };
}

static void *write_many(void *arg)
{
	struct task *t = arg;
	int64_t first = t->params[0].i;

	for (int64_t i = 0; i < WRITES_EACH; i++) {
		t->params[0] = P_I64(first + i);
		task_run(t);
		if (t->code < 0 || t->value != first + i)
			return t;
	}
	return NULL;
}

static void test_every_write_of_64_threads_is_durable(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[THREADS], gate = at_gate(db, &gate_write);
	struct db_stats stats;

	(void)state;
	gate_close();
	task_start(&gate);
	gate_await(1);
	for (int64_t i = 0; i < THREADS; i++) {
		tasks[i] = task_of(db, &item_add, i * WRITES_EACH);
		assert_int_equal(pthread_create(&tasks[i].thread, NULL, write_many, &tasks[i]), 0);
	}
	queue_await(db, THREADS);
	gate_open();
	for (size_t i = 0; i < THREADS; i++) {
		void *failed;

		pthread_join(tasks[i].thread, &failed);
		assert_null(failed);
	}
	task_join(&gate);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item WHERE id < 64 * 50"), THREADS * WRITES_EACH);
	db_stats_get(db, &stats);
	assert_int_equal(stats.statements, 1 + THREADS * WRITES_EACH);
	assert_int_equal(stats.queued, 0);
	assert_int_equal(stats.replays, 0);
	/* One commit for many, at least for those that stood in the queue: now() is the same in a transaction. */
	assert_true(stats.batches <= stats.statements - (THREADS - 1));
	assert_int_equal(side_i64("SELECT (max(n) >= 64)::int FROM (SELECT count(*) AS n FROM sen.item GROUP BY at) AS commits"), 1);
	db_close(db);
}

static void test_only_the_guilty_of_a_batch_fail(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[20];
	struct db_stats before, after;

	(void)state;
	side("INSERT INTO sen.item (id) VALUES (0), (7), (19)");
	for (int64_t i = 0; i < 20; i++)
		tasks[i] = task_of(db, &item_add, i);
	db_stats_get(db, &before);
	tasks_in_one_batch(&gate_write, tasks, 20);
	db_stats_get(db, &after);
	for (int64_t i = 0; i < 20; i++) {
		bool is_guilty = i == 0 || i == 7 || i == 19;

		assert_int_equal(tasks[i].code, is_guilty ? ERR_CONFLICT : 0);
		if (is_guilty)
			assert_non_null(strstr(tasks[i].detail, "item_add: 23505 "));
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 20);
	assert_true(after.replays > 0);
	assert_true(after.replays <= 3 * 20);
	assert_int_equal(after.statements - before.statements, 21);
	db_close(db);
}

static void test_an_error_at_commit_fails_only_its_statement(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[6];

	(void)state;
	for (int64_t i = 0; i < 6; i++)
		tasks[i] = task_of(db, &item_add, i);
	tasks[3] = (struct task){ .db = db, .query = &item_add_late, .params = { P_I64(3), P_I64(999) }, .n_params = 2 };
	tasks_in_one_batch(&gate_write, tasks, 6);
	for (int64_t i = 0; i < 6; i++)
		assert_int_equal(tasks[i].code, i == 3 ? ERR_INVALID_VALUE : 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item WHERE id <> 3"), 5);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item WHERE id = 3"), 0);
	/* Alone from the beginning: the same. */
	task_run(&tasks[3]);
	assert_int_equal(tasks[3].code, ERR_INVALID_VALUE);
	assert_non_null(strstr(tasks[3].detail, "item_late_fkey"));
	db_close(db);
}

static void test_a_locked_row_fails_only_who_wants_it(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[8];

	(void)state;
	side("INSERT INTO sen.counter VALUES (1, 0), (2, 0)");
	side("BEGIN; UPDATE sen.counter SET n = 100 WHERE id = 1");
	for (int64_t i = 0; i < 8; i++)
		tasks[i] = task_of(db, i == 2 ? &counter_raise : &item_add, i == 2 ? 1 : i);
	tasks_in_one_batch(&gate_write, tasks, 8);
	for (int64_t i = 0; i < 8; i++)
		assert_int_equal(tasks[i].code, i == 2 ? ERR_UNAVAILABLE : 0);
	assert_non_null(strstr(tasks[2].detail, "55P03"));
	side("ROLLBACK");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 7);
	assert_int_equal(side_i64("SELECT n FROM sen.counter WHERE id = 1"), 0);
	task_run(&tasks[2]);
	assert_int_equal(tasks[2].code, 0);
	assert_int_equal(tasks[2].value, 1);
	db_close(db);
}

static void test_a_slow_statement_is_ended_alone(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .statement_timeout_ms = 2000 });
	struct task tasks[4];

	(void)state;
	for (int64_t i = 0; i < 4; i++)
		tasks[i] = task_of(db, i == 1 ? &pause_write : &item_add, i == 1 ? 60000 : i);
	tasks_in_one_batch(&gate_write, tasks, 4);
	for (int64_t i = 0; i < 4; i++)
		assert_int_equal(tasks[i].code, i == 1 ? ERR_UNAVAILABLE : 0);
	assert_non_null(strstr(tasks[1].detail, "57014"));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 3);
	db_close(db);
}

static void await_first_batch(struct db *db)
{
	struct db_stats stats;

	while (db_stats_get(db, &stats), stats.statements == 0)
		sched_yield();
}

/*
 * The late one's patience, 2 * 3000 + 1000 ms, ends in the midst of the third pause of 2.7 s.
 * What the pauses themselves are told does not matter here.
 */
static void test_who_waits_too_long_is_told_that_nothing_was_done(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .statement_timeout_ms = 3000, .batch_max = 1 });
	struct task pauses[3], late = task_of(db, &item_add, 1);

	(void)state;
	for (uint64_t i = 0; i < 3; i++) {
		pauses[i] = task_of(db, &pause_write, 2700);
		task_start(&pauses[i]);
		if (i > 0)
			queue_await(db, i);
		else
			await_first_batch(db);
	}
	task_run(&late);
	for (size_t i = 0; i < 3; i++)
		task_join(&pauses[i]);
	db_close(db);
	assert_int_equal(late.code, ERR_UNAVAILABLE);
	assert_true(late.took_ms >= 7000);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 0);
}

static void test_the_read_lane_cannot_write(void **state)
{
	struct db *db = open_lanes();
	struct task t = task_of(db, &item_add_by_reader, 1);

	(void)state;
	task_run(&t);
	assert_int_equal(t.code, ERR_INTERNAL);
	assert_non_null(strstr(t.detail, "25006"));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 0);
	db_close(db);
}

static void test_reads_do_not_wait_for_writes(void **state)
{
	struct db *db = open_lanes();
	struct task write = at_gate(db, &gate_write), read = at_gate(db, &item_count);

	(void)state;
	gate_close();
	task_start(&write);
	gate_await(1);
	task_run(&read);
	assert_int_equal(read.code, 0);
	gate_open();
	task_join(&write);
	assert_int_equal(write.code, 0);
	db_close(db);
}

static void test_a_long_read_holds_up_no_other(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .readers = 1, .statement_timeout_ms = 20000 });
	struct task list = at_gate(db, &gate_read), read = at_gate(db, &item_count);

	(void)state;
	list.off_read_lane = true;
	gate_close();
	task_start(&list);
	gate_await(1);
	task_run(&read);
	assert_int_equal(read.code, 0);
	gate_open();
	task_join(&list);
	assert_int_equal(list.code, 0);
	db_close(db);
}

static void test_a_commit_without_its_standby_is_not_done(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[3];

	(void)state;
	for (int64_t i = 0; i < 3; i++)
		tasks[i] = task_of(db, i == 1 ? &doubtful_add : &item_add, i);
	tasks_in_one_batch(&gate_write, tasks, 3);
	for (int64_t i = 0; i < 3; i++)
		assert_int_equal(tasks[i].code, ERR_OUTCOME_UNKNOWN);
	/* And the doubt ends with its batch. */
	tasks[0] = task_of(db, &item_add, 10);
	task_run(&tasks[0]);
	assert_int_equal(tasks[0].code, 0);
	db_close(db);
}

/* Most likely after db_close() has begun; the outcome is the same otherwise. */
static void *open_gate_soon(void *arg)
{
	const struct timespec soon = { .tv_nsec = 300 * 1000000 };

	nanosleep(&soon, NULL);
	gate_open();
	return arg;
}

static void test_close_drains_what_was_accepted(void **state)
{
	struct db *db = open_lanes();
	struct task write = at_gate(db, &gate_write), read = at_gate(db, &gate_read), tasks[32];
	pthread_t opener;

	(void)state;
	gate_close();
	task_start(&write);
	task_start(&read);
	gate_await(2);
	for (int64_t i = 0; i < 32; i++) {
		tasks[i] = task_of(db, &item_add, i);
		task_start(&tasks[i]);
	}
	queue_await(db, 32);
	assert_int_equal(pthread_create(&opener, NULL, open_gate_soon, NULL), 0);
	db_close(db);
	pthread_join(opener, NULL);
	task_join(&write);
	task_join(&read);
	assert_int_equal(write.code, 0);
	assert_int_equal(read.code, 0);
	for (size_t i = 0; i < 32; i++) {
		task_join(&tasks[i]);
		assert_int_equal(tasks[i].code, 0);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 32);
}

static void *commit_soon(void *arg)
{
	const struct timespec soon = { .tv_nsec = 400 * 1000000 };

	nanosleep(&soon, NULL);
	side("COMMIT");
	return arg;
}

/* To prepare all of a program's queries takes what it takes; what they take afterwards does not change by that. */
static void test_opens_on_a_busy_server(void **state)
{
	pthread_t committer;

	(void)state;
	side("BEGIN; LOCK TABLE sen.item IN ACCESS EXCLUSIVE MODE");
	assert_int_equal(pthread_create(&committer, NULL, commit_soon, NULL), 0);
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .pool_size = 1, .statement_timeout_ms = 100 });
	struct task pause = task_of(db, &pause_write, 1000);

	pthread_join(committer, NULL);
	task_run(&pause);
	assert_true(pause.code < 0);
	db_close(db);
}

static void test_a_wrong_number_of_parameters_is_our_fault(void **state)
{
	struct db *db = open_lanes();
	struct task t = { .db = db, .query = &item_add }, after = task_of(db, &item_add, 1);

	(void)state;
	task_run(&t);
	assert_int_equal(t.code, ERR_INTERNAL);
	assert_non_null(strstr(t.detail, "08P01"));
	task_run(&after);
	assert_int_equal(after.code, 0);
	db_close(db);
}

static int create(void **state)
{
	(void)state;
	return dbtest_create("lane", schema);
}

static int drop(void **state)
{
	(void)state;
	return dbtest_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_every_write_of_64_threads_is_durable, set_up),
		cmocka_unit_test_setup(test_only_the_guilty_of_a_batch_fail, set_up),
		cmocka_unit_test_setup(test_an_error_at_commit_fails_only_its_statement, set_up),
		cmocka_unit_test_setup(test_a_locked_row_fails_only_who_wants_it, set_up),
		cmocka_unit_test_setup(test_a_slow_statement_is_ended_alone, set_up),
		cmocka_unit_test_setup(test_who_waits_too_long_is_told_that_nothing_was_done, set_up),
		cmocka_unit_test_setup(test_the_read_lane_cannot_write, set_up),
		cmocka_unit_test_setup(test_reads_do_not_wait_for_writes, set_up),
		cmocka_unit_test_setup(test_a_long_read_holds_up_no_other, set_up),
		cmocka_unit_test_setup(test_a_commit_without_its_standby_is_not_done, set_up),
		cmocka_unit_test_setup(test_close_drains_what_was_accepted, set_up),
		cmocka_unit_test_setup(test_opens_on_a_busy_server, set_up),
		cmocka_unit_test_setup(test_a_wrong_number_of_parameters_is_our_fault, set_up),
	};

	return cmocka_run_group_tests_name("lane", tests, create, drop);
}
