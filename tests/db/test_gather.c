/* Gathered statements (common/db/query.h): many executions sent as one, each with its own answer. */
#include "tests/db/dbtest.h"

#include <string.h>

static const char schema[] =
	"CREATE SCHEMA sen;"
	DBTEST_GATE
	"CREATE TABLE sen.counter (id bigint PRIMARY KEY, n bigint NOT NULL CHECK (n < 1000));";

DB_QUERY(gather_gate_write, DB_WRITE, "SELECT gate()");
DB_QUERY(gather_gate_read, DB_READ, "SELECT gate()");
DB_QUERY(gather_plain, DB_WRITE, "UPDATE counter SET n = n + 100 WHERE id = $1 RETURNING n");
DB_GATHERED(gather_raise, DB_WRITE, 1,
            "UPDATE counter c SET n = c.n + 1 FROM " DB_EXECUTIONS("bigint") " WHERE c.id = " DB_EACH("1", "bigint") " RETURNING c.n, i.n");
DB_GATHERED(gather_find, DB_READ, 0,
            "SELECT c.n, i.n FROM " DB_EXECUTIONS("bigint") " JOIN counter c ON c.id = " DB_EACH("1", "bigint"));
DB_GATHERED(gather_length, DB_READ, 0, "SELECT length(" DB_EACH("1", "text") "), i.n FROM " DB_EXECUTIONS("text"));
DB_GATHERED(gather_echo, DB_READ, 0,
            "SELECT " DB_EACH("1", "text") ", " DB_EACH("2", "bytea") ", " DB_EACH("3", "bigint") ", " DB_EACH("4", "boolean") ", i.n"
            " FROM " DB_EXECUTIONS("text"));

#define MANY 20

static struct db *open_lanes(void)
{
	return dbtest_open((struct db_config){ .with_lanes = true, .pool_size = 1, .statement_timeout_ms = 20000, .lock_timeout_ms = 200 });
}

/* How many statements were sent for tasks, the gate's among them. */
static uint64_t sent_for(const struct query *gate, struct task *tasks, size_t n)
{
	struct db_stats before, after;

	db_stats_get(tasks[0].db, &before);
	tasks_in_one_batch(gate, tasks, n);
	db_stats_get(tasks[0].db, &after);
	assert_int_equal(after.statements - before.statements, n + 1);
	return after.sent - before.sent;
}

static int set_up(void **state)
{
	(void)state;
	side("TRUNCATE sen.counter");
	side("INSERT INTO sen.counter SELECT g, g * 10 FROM generate_series(1, 20) g");
	return 0;
}

static void test_each_gets_its_own_answer(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[MANY];

	(void)state;
	/* In no order of theirs, and every fifth finds nothing. */
	for (int64_t i = 0; i < MANY; i++)
		tasks[i] = task_of(db, &gather_find, i % 5 == 0 ? 100 + i : MANY - i);
	assert_int_equal(sent_for(&gather_gate_read, tasks, MANY), 2);
	for (int64_t i = 0; i < MANY; i++) {
		assert_int_equal(tasks[i].code, 0);
		assert_int_equal(tasks[i].value, i % 5 == 0 ? 0 : (MANY - i) * 10);
	}
	db_close(db);
}

static void test_writes_that_differ_are_one_statement(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[MANY];

	(void)state;
	for (int64_t i = 0; i < MANY; i++)
		tasks[i] = task_of(db, &gather_raise, i + 1);
	assert_int_equal(sent_for(&gather_gate_write, tasks, MANY), 2);
	for (int64_t i = 0; i < MANY; i++)
		assert_int_equal(tasks[i].value, (i + 1) * 10 + 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.counter WHERE n = id * 10 + 1"), MANY);
	db_close(db);
}

/* An UPDATE would change a row once and leave the others of its statement without an answer. */
static void test_writes_of_one_thing_follow_each_other(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[MANY];
	bool seen[MANY] = { false };

	(void)state;
	for (int64_t i = 0; i < MANY; i++)
		tasks[i] = task_of(db, &gather_raise, i % 2 ? 3 : 4);
	assert_int_equal(sent_for(&gather_gate_write, tasks, MANY), 1 + MANY / 2);
	for (int64_t i = 0; i < MANY; i++) {
		int64_t at = (tasks[i].value - (i % 2 ? 31 : 41)) * 2 + i % 2;

		assert_int_equal(tasks[i].code, 0);
		assert_in_range(at, 0, MANY - 1);
		assert_false(seen[at]);
		seen[at] = true;
	}
	db_close(db);
}

static void test_only_the_guilty_fail(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[MANY];

	(void)state;
	side("UPDATE sen.counter SET n = 999 WHERE id IN (5, 12)");
	for (int64_t i = 0; i < MANY; i++)
		tasks[i] = task_of(db, i == 9 ? &gather_plain : &gather_raise, i + 1);
	tasks_in_one_batch(&gather_gate_write, tasks, MANY);
	for (int64_t i = 0; i < MANY; i++) {
		bool is_guilty = i == 4 || i == 11;

		assert_int_equal(tasks[i].code, is_guilty ? ERR_INVALID_VALUE : 0);
		assert_int_equal(tasks[i].value, is_guilty ? 0 : (i + 1) * 10 + (i == 9 ? 100 : 1));
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.counter WHERE n = id * 10 + 1"), MANY - 3);
	db_close(db);
}

static void test_a_locked_row_fails_only_who_wants_it(void **state)
{
	struct db *db = open_lanes();
	struct task tasks[8];

	(void)state;
	side("BEGIN; UPDATE sen.counter SET n = 7 WHERE id = 3");
	for (int64_t i = 0; i < 8; i++)
		tasks[i] = task_of(db, &gather_raise, i + 1);
	tasks_in_one_batch(&gather_gate_write, tasks, 8);
	for (int64_t i = 0; i < 8; i++)
		assert_int_equal(tasks[i].code, i == 2 ? ERR_UNAVAILABLE : 0);
	side("ROLLBACK");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.counter WHERE n = id * 10 + 1"), 7);
	db_close(db);
}

static void test_what_is_large_goes_alone(void **state)
{
	static char text[700 * 1024];
	struct db *db = open_lanes();
	struct task tasks[6];

	(void)state;
	memset(text, 'x', sizeof(text));
	for (int64_t i = 0; i < 6; i++)
		tasks[i] = (struct task){ .db = db, .query = &gather_length, .n_params = 1,
		                          .params = { P_STR(str_n(text, i % 2 ? sizeof(text) : (size_t)i + 1)) } };
	/* The gate; and three, for no two large ones go together. */
	assert_int_equal(sent_for(&gather_gate_read, tasks, 6), 4);
	for (int64_t i = 0; i < 6; i++)
		assert_int_equal(tasks[i].value, i % 2 ? (int64_t)sizeof(text) : i + 1);
	db_close(db);
}

static void assert_echo(struct op *op, struct str text, struct str bytes, int64_t number)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &gather_echo, &rows, P_STR(text), P_BYTES(bytes), P_I64(number), P_BOOL(number > 0)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(rows.n_cols, 4);
	assert_int_equal(str_is_null(text), db_is_null(&rows, 0, 0));
	assert_true(str_equal(db_str(&rows, 0, 0), text));
	assert_int_equal(str_is_null(bytes), db_is_null(&rows, 0, 1));
	assert_true(str_equal(db_bytes(op->arena, &rows, 0, 1), bytes));
	assert_int_equal(db_i64(&rows, 0, 2), number);
	assert_int_equal(db_bool(&rows, 0, 3), number > 0);
}

static void assert_echoes(struct op *op)
{
	static const char bytes[] = { 0, 1, '\\', '"', (char)0xff };

	assert_echo(op, STR("Nghệ An"), str_n(bytes, sizeof(bytes)), 1);
	assert_echo(op, STR("a,\"b\"\\{NULL}\n"), STR(""), -42);
	assert_echo(op, STR("NULL"), STR_NULL, INT64_MIN);
	assert_echo(op, STR(""), STR("x"), INT64_MAX);
	assert_echo(op, STR_NULL, STR("x"), 0);
}

static void test_all_values_by_every_way(void **state)
{
	struct db *db = open_lanes();
	struct db_rows rows;
	struct op op;

	op_init(&op, *state, db, NULL);
	assert_echoes(&op);
	assert_int_equal(db_begin(&op), 0);
	assert_echoes(&op);
	assert_int_equal(db_run(&op, &gather_find, &rows, P_I64(100)), 0);
	assert_int_equal(rows.n, 0);
	assert_int_equal(db_commit(&op), 0);
	assert_int_equal(db_dry_run(&op), 0);
	assert_echoes(&op);
	db_dry_run_end(&op);
	db_op_done(&op);
	db_close(db);
}

static int create(void **state)
{
	(void)state;
	return dbtest_create("sen_test_gather", schema);
}

static int drop(void **state)
{
	(void)state;
	return dbtest_drop();
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_each_gets_its_own_answer, set_up),
		cmocka_unit_test_setup(test_writes_that_differ_are_one_statement, set_up),
		cmocka_unit_test_setup(test_writes_of_one_thing_follow_each_other, set_up),
		cmocka_unit_test_setup(test_only_the_guilty_fail, set_up),
		cmocka_unit_test_setup(test_a_locked_row_fails_only_who_wants_it, set_up),
		cmocka_unit_test_setup(test_what_is_large_goes_alone, set_up),
		UNIT_TEST(test_all_values_by_every_way),
	};

	return cmocka_run_group_tests_name("gather", tests, create, drop);
}
