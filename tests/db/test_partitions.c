/* Partitions follow each other without gap and overlap, also where a plan changes its step. */
#include "tests/db/migrated.h"

#include <stdio.h>

static int setup(void **state)
{
	(void)state;
	return migrated_create("partitions");
}

static int teardown(void **state)
{
	(void)state;
	return dbtest_drop();
}

/* Days from before today on, one after the other, that have a place. */
static int64_t days_with_room(const char *parent, int from, int to)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "SELECT count(DISTINCT d) FROM generate_series(%d, %d) n, LATERAL (SELECT (now() AT TIME ZONE 'UTC')::date + n AS d) x"
	               " JOIN pg_inherits i ON i.inhparent = 'sen.%s'::regclass JOIN pg_class c ON c.oid = i.inhrelid"
	               " WHERE d >= (substring(pg_get_expr(c.relpartbound, c.oid) FROM 'FROM \\(''([0-9-]+)'))::date"
	               " AND d < (substring(pg_get_expr(c.relpartbound, c.oid) FROM 'TO \\(''([0-9-]+)'))::date", from, to, parent);
	return side_i64(sql);
}

static int64_t partitions_of(const char *parent)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.partition WHERE parent = '%s'", parent);
	return side_i64(sql);
}

static void every_plan_is_kept(void **state)
{
	(void)state;
	assert_int_equal(side_i64("SELECT count(*) FROM sen.partition_plan p WHERE"
	                          " (SELECT max(ends_on) FROM sen.partition t WHERE t.parent = p.parent) <= (now() AT TIME ZONE 'UTC')::date + p.ahead_days"), 0);
	assert_int_equal(days_with_room("session", -1, 7), 9);
	assert_int_equal(days_with_room("auth_code", -1, 7), 9);
	assert_in_range(partitions_of("session"), 2, 4);
	assert_in_range(partitions_of("auth_code"), 2, 4);
	assert_int_equal(side_i64("SELECT sen.partitions_maintain()"), 0);
}

static void a_plan_may_change_its_step(void **state)
{
	(void)state;
	side("UPDATE sen.partition_plan SET by_week = false, ahead_days = 20 WHERE parent = 'session'");
	assert_in_range(side_i64("SELECT sen.partitions_maintain()"), 7, 20);
	assert_int_equal(days_with_room("session", -1, 20), 22);
	side("UPDATE sen.partition_plan SET by_week = true, ahead_days = 40 WHERE parent = 'session'");
	assert_in_range(side_i64("SELECT sen.partitions_maintain()"), 3, 4);
	assert_int_equal(days_with_room("session", -1, 40), 42);
	side("UPDATE sen.partition_plan SET by_week = false, by_month = true, ahead_days = 70 WHERE parent = 'session'");
	assert_in_range(side_i64("SELECT sen.partitions_maintain()"), 1, 3);
	assert_int_equal(days_with_room("session", -1, 70), 72);
}

/* All that is over by the plan, and nothing else. */
static void what_is_over_is_dropped(void **state)
{
	static const char over[] = "SELECT count(*) FROM sen.partition WHERE parent = 'used_jti' AND ends_on < (now() AT TIME ZONE 'UTC') + interval '3 days'";
	int64_t n_over = side_i64(over), before = partitions_of("used_jti");

	(void)state;
	assert_true(n_over > 0 && n_over < before);
	side("UPDATE sen.partition_plan SET keep_days = -3 WHERE parent = 'used_jti'");
	assert_int_equal(side_i64("SELECT sen.partitions_maintain()"), n_over);
	assert_int_equal(side_i64(over), 0);
	assert_int_equal(partitions_of("used_jti"), before - n_over);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_plan_is_kept),
		cmocka_unit_test(a_plan_may_change_its_step),
		cmocka_unit_test(what_is_over_is_dropped),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
