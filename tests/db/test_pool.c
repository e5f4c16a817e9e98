#include "tests/db/dbtest.h"

#include <stdio.h>
#include <string.h>

static const char schema[] =
	"CREATE SCHEMA sen;"
	"CREATE TABLE sen.item (id bigint PRIMARY KEY, n int CHECK (n >= 0));"
	"CREATE FUNCTION sen.doubt() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL; END $$;"
	"CREATE TABLE sen.doubtful (id bigint);"
	"CREATE CONSTRAINT TRIGGER doubt AFTER INSERT ON sen.doubtful DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.doubt();"
	"CREATE FUNCTION sen.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN PERFORM pg_sleep(0.6); RETURN NULL; END $$;"
	"CREATE TABLE sen.slow (id bigint);"
	"CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON sen.slow DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.dawdle();"
	"CREATE FUNCTION sen.late_check() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN IF NEW.id < 0 THEN RAISE 'late'; END IF; RETURN NULL; END $$;"
	"CREATE TABLE sen.late (id bigint);"
	"CREATE CONSTRAINT TRIGGER late_check AFTER INSERT ON sen.late DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.late_check();"
	"CREATE TABLE sen.needed (id bigint);";

DB_QUERY(item_add, DB_WRITE, "INSERT INTO item (id) VALUES ($1) RETURNING id");
DB_QUERY(item_add_slowly, DB_WRITE, "INSERT INTO item (id) SELECT $1::bigint FROM pg_sleep(0.5) RETURNING id");
DB_QUERY(item_count, DB_READ, "SELECT count(*) FROM item");
DB_QUERY(read_slowly, DB_READ, "SELECT $1::bigint FROM pg_sleep(0.5)");
DB_QUERY(doubtful_add, DB_WRITE, "INSERT INTO doubtful VALUES ($1)");
DB_QUERY(late_add, DB_WRITE, "INSERT INTO late VALUES ($1)");
DB_QUERY(slow_add, DB_WRITE, "INSERT INTO slow VALUES ($1)");
DB_QUERY(needed_read, DB_READ, "SELECT id FROM needed");
DB_QUERY(setting_read, DB_READ, "SELECT current_setting($1)");

static int set_up(void **state)
{
	side("TRUNCATE sen.item, sen.doubtful");
	return unit_arena_setup(state);
}

static void sleep_ms(int64_t ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

/* Sessions are counted here: those of the test before are gone when their processes are. */
static struct db *open_pool(unsigned size)
{
	for (int i = 0; i < 1000 && side_i64("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	                                     " AND application_name = '" DBTEST_PROGRAM "'") > 0; i++)
		sleep_ms(5);
	return dbtest_open((struct db_config){ .pool_size = size, .statement_timeout_ms = 2000, .audit_chain = 7 });
}

static int add(struct op *op, int64_t id)
{
	struct db_rows rows;

	return db_run(op, &item_add, &rows, P_I64(id));
}

static int64_t count_seen_by(struct op *op)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &item_count, &rows), 0);
	return db_i64(&rows, 0, 0);
}

static void test_a_transaction_is_seen_when_committed(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .pool_size = 2 });
	struct op op, other;

	op_init(&op, *state, db, NULL);
	op_init(&other, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 1), 0);
	assert_int_equal(add(&op, 2), 0);
	assert_int_equal(count_seen_by(&op), 2);
	assert_int_equal(count_seen_by(&other), 0);
	assert_int_equal(db_commit(&op), 0);
	assert_null(op.tx);
	assert_int_equal(count_seen_by(&other), 2);
	db_op_done(&op);
	db_close(db);
}

/* What has a transaction of its own becomes part of the one around it. */
static void test_a_transaction_around_others(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .pool_size = 2 });
	struct op op, other;

	op_init(&op, *state, db, NULL);
	op_init(&other, *state, db, NULL);
	assert_int_equal(db_begin_around(&op), 0);
	for (int64_t id = 1; id <= 2; id++) {
		assert_int_equal(db_begin(&op), 0);
		assert_int_equal(add(&op, id), 0);
		assert_int_equal(db_commit(&op), 0);
	}
	assert_int_equal(count_seen_by(&other), 0);
	assert_int_equal(db_commit(&op), 0);
	assert_int_equal(count_seen_by(&other), 2);
	/* A rollback within ends all of it, and the op is as before. */
	assert_int_equal(db_begin_around(&op), 0);
	assert_int_equal(add(&op, 3), 0);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 4), 0);
	db_rollback(&op);
	assert_null(op.tx);
	assert_int_equal(count_seen_by(&op), 2);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 5), 0);
	assert_int_equal(db_commit(&op), 0);
	assert_int_equal(count_seen_by(&other), 3);
	db_close(db);
}

static void test_rollback_and_a_transaction_left_open_leave_nothing(void **state)
{
	struct db *db = open_pool(1);
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 1), 0);
	db_rollback(&op);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 2), 0);
	db_op_done(&op);
	db_op_done(&op);
	assert_int_equal(count_seen_by(&op), 0);
	/* The same connection served all of it. */
	assert_int_equal(side_i64("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	                          " AND application_name = '" DBTEST_PROGRAM "'"), 1);
	db_close(db);
}

static void test_a_transaction_with_a_failed_statement_cannot_commit(void **state)
{
	struct db *db = open_pool(1);
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 1), 0);
	assert_int_equal(add(&op, 1), ERR_CONFLICT);
	assert_int_equal(db_commit(&op), ERR_CONFLICT);
	assert_null(op.tx);
	op_forgive(&op);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 2), 0);
	assert_int_equal(add(&op, 2), ERR_CONFLICT);
	/* Even when the error was put aside: COMMIT would have said "ROLLBACK" and been content. */
	op_forgive(&op);
	assert_int_equal(db_commit(&op), ERR_INTERNAL);
	op_forgive(&op);
	assert_int_equal(count_seen_by(&op), 0);
	db_close(db);
}

static void test_a_dry_run_is_like_the_real_thing_and_leaves_nothing(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .with_lanes = true, .pool_size = 1, .statement_timeout_ms = 2000 });
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_int_equal(add(&op, 1), 0);
	assert_int_equal(db_dry_run(&op), 0);
	/* By themselves, each as on a lane: what fails takes nothing with it. */
	assert_int_equal(add(&op, 2), 0);
	assert_int_equal(add(&op, 2), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(count_seen_by(&op), 2);
	/* Transactions see what was before them; one that is rolled back takes only its own. */
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 3), 0);
	assert_int_equal(db_savepoint(&op), 0);
	assert_int_equal(add(&op, 3), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(db_restore(&op), 0);
	assert_int_equal(db_commit(&op), 0);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 4), 0);
	db_rollback(&op);
	assert_int_equal(count_seen_by(&op), 3);
	/* A failed statement that was put aside is no success here either. */
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 1), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(db_commit(&op), ERR_INTERNAL);
	op_forgive(&op);
	assert_null(op.tx);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 1);
	db_dry_run_end(&op);
	assert_int_equal(count_seen_by(&op), 1);
	assert_int_equal(add(&op, 5), 0);
	/* And by db_op_done(), amid a transaction. */
	assert_int_equal(db_dry_run(&op), 0);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(add(&op, 6), 0);
	db_op_done(&op);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 2);
	db_close(db);
}

/* What a COMMIT would have checked. */
static void test_a_dry_run_meets_deferred_constraints(void **state)
{
	struct db *db = open_pool(1);
	struct db_rows rows;
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_int_equal(db_dry_run(&op), 0);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(db_run(&op, &late_add, &rows, P_I64(-1)), 0);
	assert_true(db_commit(&op) < 0);
	op_forgive(&op);
	assert_int_equal(db_run(&op, &late_add, &rows, P_I64(1)), 0);
	db_dry_run_end(&op);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.late"), 0);
	db_close(db);
}

static void test_a_commit_without_its_standby_is_not_done(void **state)
{
	struct db *db = open_pool(1);
	struct db_rows rows;
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(db_run(&op, &doubtful_add, &rows, P_I64(1)), 0);
	assert_int_equal(db_commit(&op), ERR_OUTCOME_UNKNOWN);
	op_forgive(&op);
	assert_int_equal(db_run(&op, &doubtful_add, &rows, P_I64(1)), ERR_OUTCOME_UNKNOWN);
	op_forgive(&op);
	assert_int_equal(add(&op, 1), 0);
	db_close(db);
}

static void test_a_full_pool_is_overload_after_a_second(void **state)
{
	struct db *db = open_pool(1);
	struct op op, other;
	struct db_stats stats;
	int64_t begin_ms;

	op_init(&op, *state, db, NULL);
	op_init(&other, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	begin_ms = clock_mono_ms();
	assert_int_equal(db_begin(&other), ERR_OVERLOADED);
	assert_in_range(clock_mono_ms() - begin_ms, 900, 5000);
	db_op_done(&other);
	assert_int_equal(db_commit(&op), 0);
	op_forgive(&other);
	assert_int_equal(db_begin(&other), 0);
	db_op_done(&other);
	db_stats_get(db, &stats);
	assert_int_equal(stats.pool_waits, 1);
	db_close(db);
}

static void test_more_threads_than_connections(void **state)
{
	struct db *db = open_pool(3);
	struct task tasks[40];

	(void)state;
	for (int64_t i = 0; i < 40; i++) {
		tasks[i] = task_of(db, &item_add, i);
		task_start(&tasks[i]);
	}
	for (size_t i = 0; i < 40; i++) {
		task_join(&tasks[i]);
		assert_int_equal(tasks[i].code, 0);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.item"), 40);
	assert_in_range(side_i64("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	                         " AND application_name = '" DBTEST_PROGRAM "'"), 1, 3);
	db_close(db);
}

static void test_lost_connections_are_reopened(void **state)
{
	struct db *db = open_pool(1);
	struct task t = task_of(db, &item_add, 1);
	struct db_stats stats;

	(void)state;
	assert_int_equal(side_kill_sessions(), 1);
	task_run(&t);
	assert_int_equal(t.code, 0);
	db_stats_get(db, &stats);
	assert_int_equal(stats.reconnects, 1);
	assert_true(db_is_ready(db, 1000));
	db_close(db);
}

static void test_lost_during_a_statement(void **state)
{
	struct db *db = open_pool(2);
	struct task write = task_of(db, &item_add_slowly, 1), read = task_of(db, &read_slowly, 2);

	(void)state;
	task_start(&write);
	task_start(&read);
	sleep_ms(200);
	side_kill_sessions();
	task_join(&write);
	task_join(&read);
	assert_int_equal(write.code, ERR_OUTCOME_UNKNOWN);
	assert_int_equal(read.code, 0);
	assert_int_equal(read.value, 2);
	db_close(db);
}

static void test_lost_inside_a_transaction_nothing_is_done(void **state)
{
	struct db *db = open_pool(1);
	struct op op;

	for (int before_commit = 0; before_commit < 2; before_commit++) {
		op_init(&op, *state, db, NULL);
		assert_int_equal(db_begin(&op), 0);
		assert_int_equal(add(&op, 1), 0);
		side_kill_sessions();
		if (!before_commit)
			assert_int_equal(add(&op, 2), ERR_UNAVAILABLE);
		op_forgive(&op);
		assert_int_equal(db_commit(&op), ERR_UNAVAILABLE);
		db_op_done(&op);
	}
	op_forgive(&op);
	assert_int_equal(count_seen_by(&op), 0);
	db_close(db);
}

static void *commit_slowly(void *arg)
{
	struct op *op = arg;

	return (void *)(intptr_t)db_commit(op);
}

static void test_lost_during_commit_nobody_knows(void **state)
{
	struct db *db = open_pool(1);
	struct db_rows rows;
	pthread_t thread;
	struct op op;
	void *code;

	op_init(&op, *state, db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(db_run(&op, &slow_add, &rows, P_I64(1)), 0);
	assert_int_equal(pthread_create(&thread, NULL, commit_slowly, &op), 0);
	sleep_ms(200);
	side_kill_sessions();
	pthread_join(thread, &code);
	assert_int_equal((intptr_t)code, ERR_OUTCOME_UNKNOWN);
	assert_null(op.tx);
	db_close(db);
}

static void assert_setting(struct op *op, const char *name, const char *value)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &setting_read, &rows, P_C(name)), 0);
	assert_str_equal(db_str(&rows, 0, 0), value);
}

static void test_every_session_has_our_settings(void **state)
{
	struct op op;

	for (int with_lanes = 0; with_lanes < 2; with_lanes++) {
		struct db *db = dbtest_open((struct db_config){ .with_lanes = with_lanes, .statement_timeout_ms = 2000,
		                                                .lock_timeout_ms = 200, .audit_chain = 7 });

		op_init(&op, *state, db, NULL);
		assert_setting(&op, "application_name", DBTEST_PROGRAM);
		assert_setting(&op, "TimeZone", "UTC");
		assert_setting(&op, "DateStyle", "ISO, MDY");
		assert_setting(&op, "client_encoding", "UTF8");
		assert_setting(&op, "search_path", "sen,pg_temp");
		assert_setting(&op, "synchronous_commit", "on");
		assert_setting(&op, "statement_timeout", "2s");
		assert_setting(&op, "lock_timeout", with_lanes ? "200ms" : "0");
		assert_setting(&op, "idle_in_transaction_session_timeout", with_lanes ? "0" : "10s");
		assert_setting(&op, "default_transaction_read_only", with_lanes ? "on" : "off");
		/* Transactions never wait for the lanes' chain. */
		assert_setting(&op, "sen.audit_chain", with_lanes ? "7" : "8");
		db_close(db);
	}
}

/* Longer than anybody waits otherwise, for one transaction. */
static void test_a_transaction_may_take_time(void **state)
{
	struct db *db = dbtest_open((struct db_config){ .pool_size = 1, .statement_timeout_ms = 100 });
	struct db_rows rows;
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_int_equal(db_run(&op, &read_slowly, &rows, P_I64(1)), ERR_UNAVAILABLE);
	op_forgive(&op);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(db_take_time(&op, 30000), 0);
	assert_setting(&op, "statement_timeout", "30s");
	assert_setting(&op, "idle_in_transaction_session_timeout", "30s");
	for (int i = 0; i < 3; i++)
		assert_int_equal(db_run(&op, &read_slowly, &rows, P_I64(1)), 0);
	assert_int_equal(db_commit(&op), 0);
	assert_setting(&op, "statement_timeout", "100ms");
	assert_int_equal(db_run(&op, &read_slowly, &rows, P_I64(1)), ERR_UNAVAILABLE);
	db_close(db);
}

static void test_open_names_the_query_that_does_not_fit(void **state)
{
	struct db_config config = { .conninfo = str_c(dbtest_conninfo()), .program = DBTEST_PROGRAM, .pool_size = 1 };
	struct db *db = NULL;
	struct str message;

	side("ALTER TABLE sen.needed RENAME TO elsewhere");
	for (int with_lanes = 0; with_lanes < 2; with_lanes++) {
		config.with_lanes = with_lanes;
		assert_true(db_open(&config, &db, &message, *state) < 0);
		assert_true(str_contains(message, STR("needed_read")));
		assert_true(str_contains(message, STR("42P01")));
		assert_true(str_contains(message, STR("senctl migrate")));
	}
	side("ALTER TABLE sen.elsewhere RENAME TO needed");
	assert_int_equal(db_open(&config, &db, &message, *state), 0);
	db_close(db);
}

static void test_open_says_why_and_never_the_password(void **state)
{
	static const char *const wrong[] = { "host=/nowhere", "host=/nowhere password=hush", "password = 'hush" };
	struct db *db = NULL;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct db_config config = { .conninfo = str_c(wrong[i]), .password = STR("hush"), .program = DBTEST_PROGRAM };
		struct str message = STR("");

		assert_int_equal(db_open(&config, &db, &message, *state), ERR_UNAVAILABLE);
		assert_true(message.len > 20);
		assert_false(str_contains(message, STR("hush")));
	}
	db_close(NULL);
}

static int create(void **state)
{
	(void)state;
	return dbtest_create("pool", schema);
}

static int drop(void **state)
{
	(void)state;
	return dbtest_drop();
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, unit_arena_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_transaction_is_seen_when_committed),
		TEST(test_a_transaction_around_others),
		TEST(test_rollback_and_a_transaction_left_open_leave_nothing),
		TEST(test_a_transaction_with_a_failed_statement_cannot_commit),
		TEST(test_a_dry_run_is_like_the_real_thing_and_leaves_nothing),
		TEST(test_a_dry_run_meets_deferred_constraints),
		TEST(test_a_commit_without_its_standby_is_not_done),
		TEST(test_a_full_pool_is_overload_after_a_second),
		TEST(test_more_threads_than_connections),
		TEST(test_lost_connections_are_reopened),
		TEST(test_lost_during_a_statement),
		TEST(test_lost_inside_a_transaction_nothing_is_done),
		TEST(test_lost_during_commit_nobody_knows),
		TEST(test_every_session_has_our_settings),
		TEST(test_a_transaction_may_take_time),
		TEST(test_open_names_the_query_that_does_not_fit),
		TEST(test_open_says_why_and_never_the_password),
	};

	return cmocka_run_group_tests_name("pool", tests, create, drop);
}
