/* Transactions and dry runs of db.h against PostgreSQL: what is seen when, what is left of them, what a commit meets. */
#include "tests/db/pooldb.h"

DB_QUERY(doubtful_add, DB_WRITE, "INSERT INTO doubtful VALUES ($1)");
DB_QUERY(late_add, DB_WRITE, "INSERT INTO late VALUES ($1)");

DB_QUERY(read_slowly, DB_READ, "SELECT $1::bigint FROM pg_sleep(0.5)");

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

int main(void)
{
	const struct CMUnitTest tests[] = {
		POOL_TEST(test_a_transaction_is_seen_when_committed),
		POOL_TEST(test_a_transaction_around_others),
		POOL_TEST(test_rollback_and_a_transaction_left_open_leave_nothing),
		POOL_TEST(test_a_transaction_with_a_failed_statement_cannot_commit),
		POOL_TEST(test_a_dry_run_is_like_the_real_thing_and_leaves_nothing),
		POOL_TEST(test_a_dry_run_meets_deferred_constraints),
		POOL_TEST(test_a_commit_without_its_standby_is_not_done),
		POOL_TEST(test_a_transaction_may_take_time),
	};

	return cmocka_run_group_tests_name("transactions", tests, pooldb_create, pooldb_drop);
}
