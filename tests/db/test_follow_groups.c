/* Who belongs into a group that a platform tells of, and which unit's entry is to be looked at. */
#include "provisioning/observe/follow_store.h"
#include "tests/db/planned.h"

#define N_ACCOUNTS 40

static struct arena *arena;

static int setup(_unused_ void **state)
{
	int r = migrated_open("follow_groups", PLANNED_FACTS "SELECT people(40); SELECT give('nv%')", 2);

	arena = arena_new((size_t)64 * 1024 * 1024);
	plan_all(arena);
	side("SELECT settle()");
	return r;
}

static int tear_down(void **state)
{
	arena_free(arena);
	return migrated_drop(state);
}

static struct group_members members_of(int64_t platform_id, bool is_unit, const char *name, size_t n)
{
	struct group_members m = { .group = { is_unit, str_c(name) } };
	bool is_whole = false;
	struct op op;

	op_init(&op, arena, migrated_db, NULL);
	assert_int_equal(follow_group(&op, platform_id, &m, &is_whole), 0);
	assert_true(is_whole);
	assert_int_equal(m.n, n);
	db_op_done(&op);
	return m;
}

/* Of a platform by its own code, in the directory by that of both; of a unit, whose main post is there today. */
static void test_who_is_expected_in_a_group(_unused_ void **state)
{
	(void)members_of(2, false, "MC", N_ACCOUNTS);
	(void)members_of(2, false, "P02:MC", 0);
	(void)members_of(0, false, "P02:MC", N_ACCOUNTS);
	(void)members_of(0, false, "p02:mc", N_ACCOUNTS);
	(void)members_of(0, false, "MC", 0);
	(void)members_of(0, false, "P03:MC", 0);
	(void)members_of(0, true, "40", N_ACCOUNTS);
	(void)members_of(0, true, "41", 0);
	side("UPDATE sen.post SET valid = daterange('2025-07-01', sen.today()) WHERE person_id IN (SELECT person_id FROM sen.account WHERE login = 'nv5')");
	side("UPDATE sen.binding SET want_active = false WHERE platform_id = 0 AND account_id = (SELECT id FROM sen.account WHERE login = 'nv6')");
	assert_false(str_is_empty(members_of(0, true, "40", N_ACCOUNTS - 2).expected[0].ext_id));
	(void)members_of(0, false, "P02:MC", N_ACCOUNTS - 1);
	side("UPDATE sen.post SET valid = '[2025-07-01,)'");
}

static void test_a_unit_that_is_told_of_is_marked(_unused_ void **state)
{
	struct op op;

	op_init(&op, arena, migrated_db, NULL);
	assert_int_equal(follow_unit(&op, 0, STR("40")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 0);
	side("INSERT INTO sen.unit_sync (platform_id) VALUES (0)");
	assert_int_equal(follow_unit(&op, 0, STR("40")), 0);
	assert_int_equal(follow_unit(&op, 0, STR("40")), 0);
	assert_int_equal(follow_unit(&op, 0, STR("none")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 1);
	side("DELETE FROM sen.unit_sync");
	db_op_done(&op);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_who_is_expected_in_a_group),
		cmocka_unit_test(test_a_unit_that_is_told_of_is_marked),
	};

	return cmocka_run_group_tests(tests, setup, tear_down);
}
