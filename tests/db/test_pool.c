/* The pool of db.h against PostgreSQL: its limits, connections that are lost, what every session has, what opening says. */
#include "tests/db/pooldb.h"

DB_QUERY(item_add, DB_WRITE, "INSERT INTO item (id) VALUES ($1) RETURNING id");
DB_QUERY(item_add_slowly, DB_WRITE, "INSERT INTO item (id) SELECT $1::bigint FROM gate() RETURNING id");

DB_QUERY(read_slowly, DB_READ, "SELECT $1::bigint FROM gate()");

DB_QUERY(slow_add, DB_WRITE, "INSERT INTO slow VALUES ($1)");
DB_QUERY(needed_read, DB_READ, "SELECT id FROM needed");

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
	gate_close();
	task_start(&write);
	task_start(&read);
	gate_await(2);
	side_kill_sessions();
	gate_open();
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
	gate_close();
	assert_int_equal(pthread_create(&thread, NULL, commit_slowly, &op), 0);
	gate_await(1);
	side_kill_sessions();
	gate_open();
	pthread_join(thread, &code);
	assert_int_equal((intptr_t)code, ERR_OUTCOME_UNKNOWN);
	assert_null(op.tx);
	db_close(db);
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

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(test_a_full_pool_is_overload_after_a_second),
		POOL_TEST(test_more_threads_than_connections),
		POOL_TEST(test_lost_connections_are_reopened),
		POOL_TEST(test_lost_during_a_statement),
		POOL_TEST(test_lost_inside_a_transaction_nothing_is_done),
		POOL_TEST(test_lost_during_commit_nobody_knows),
		POOL_TEST(test_every_session_has_our_settings),
		POOL_TEST(test_open_names_the_query_that_does_not_fit),
		POOL_TEST(test_open_says_why_and_never_the_password),
	};

	return cmocka_run_group_tests_name("pool", tests, pooldb_create, pooldb_drop);
}
