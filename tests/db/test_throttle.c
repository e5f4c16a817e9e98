/* Reservations of sign-in attempts (server/login/throttle.h) whose statements began before the counter that they find. */
#include "server/login/throttle.h"
#include "tests/db/migrated.h"
#include "tests/unit/unit.h"

#define NAME "\\x0102030405060708"

DB_QUERY(test_begin_clock, DB_READ, "SELECT now()");

static const struct throttle_policy policy = { .lock_after = 5, .lock_s = 900 };

static int setup(_unused_ void **state)
{
	return migrated_open("throttle", NULL, 2);
}

/* Many statements share a transaction, whose now() is its beginning: another batch has made the counter since. */
static bool is_admitted(struct arena *a, const char *meanwhile)
{
	static const uint8_t name[] = { 1, 2, 3, 4, 5, 6, 7, 8 };
	struct throttle_answer answer;
	struct db_rows rows;
	struct op op;

	side("DELETE FROM sen.sign_in_throttle");
	op_init(&op, a, migrated_db, NULL);
	assert_int_equal(db_begin(&op), 0);
	assert_int_equal(db_run(&op, &test_begin_clock, &rows), 0);
	side(meanwhile);
	assert_int_equal(throttle_reserve(&op, &policy, str_n((const char *)name, sizeof(name)), STR("-"), &answer), 0);
	assert_int_equal(db_commit(&op), 0);
	db_op_done(&op);
	return answer.admitted;
}

static void a_counter_that_is_newer_delays_nobody(void **state)
{
	assert_true(is_admitted(*state, "INSERT INTO sen.sign_in_throttle (name_hash, in_flight) VALUES ('" NAME "', 1)"));
}

static void a_delay_that_is_newer_holds(void **state)
{
	assert_false(is_admitted(*state, "INSERT INTO sen.sign_in_throttle (name_hash, fails, next_at) VALUES ('" NAME "', 3, now() + interval '1 h')"));
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(a_counter_that_is_newer_delays_nobody), UNIT_TEST(a_delay_that_is_newer_holds) };

	return cmocka_run_group_tests_name("login/throttle", tests, setup, migrated_drop);
}
