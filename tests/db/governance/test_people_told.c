/* Who has to act for something at a platform to go on is told, on PostgreSQL: holds, blocked accounts, forms. */
#include "tests/db/governance/acting.h"

#include <stdio.h>

#define RUN "SELECT sen.provisioning_notices_run()"
#define P02 "(SELECT id FROM sen.platform WHERE code = 'P02')"
#define ACCOUNT(code) "(SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id AND p.employee_code = '" code "' LIMIT 1)"
#define FORGET "DELETE FROM sen.notice; DELETE FROM sen.notice_round; "

static int64_t told_of(const char *kind, const char *code)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice n JOIN sen.account a ON a.id = n.account_id JOIN sen.person p ON p.id = a.person_id"
	               " WHERE n.kind = '%s' AND p.employee_code = '%s'", kind, code);
	return side_i64(sql);
}

/* Once, however often it is looked. */
static void run(void)
{
	side(RUN "; " RUN);
}

static void test_a_hold(_unused_ void **state)
{
	side(FORGET "INSERT INTO sen.hold (platform_id, state, reason, n_disable) SELECT " P02 ", 'open', 'platform', 25;"
	     "INSERT INTO sen.hold_author SELECT id, " ACCOUNT("P3") " FROM sen.hold WHERE state = 'open'");
	run();
	/* Who may release it; not whose acts are held, and not who is over another unit. */
	assert_int_equal(told_of("hold_open", "P2"), 1);
	assert_int_equal(told_of("hold_open", "P3"), 0);
	assert_int_equal(told_of("hold_open", "OTHER") + told_of("hold_open", "WA") + told_of("hold_open", "VP"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice WHERE kind = 'hold_open' AND data ->> 'platform' = 'P02' AND data ->> 'count' = '25'"),
	                 side_i64("SELECT count(*) FROM sen.notice WHERE kind = 'hold_open'"));
	/* What is decided is told to nobody. */
	side(FORGET "UPDATE sen.hold SET state = 'released'");
	run();
	assert_int_equal(told_of("hold_open", "P2"), 0);
	side("DELETE FROM sen.hold_author; DELETE FROM sen.hold");
}

static void test_blocked(_unused_ void **state)
{
	side(FORGET "UPDATE sen.admin_scope SET rights = rights || ARRAY['catalogue'] WHERE account_id IN (" ACCOUNT("P2") ", " ACCOUNT("OTHER") ")");
	run();
	assert_int_equal(told_of("provisioning_blocked", "P2"), 0);
	side("INSERT INTO sen.binding (account_id, platform_id, want_active, state, err_class) SELECT gen_random_uuid(), " P02 ", true, 5,"
	     " CASE WHEN i = 1 THEN 'data' ELSE 'conflict' END FROM generate_series(1, 3) i");
	run();
	assert_int_equal(told_of("provisioning_blocked", "P2"), 1);
	assert_int_equal(told_of("provisioning_blocked", "OTHER") + told_of("provisioning_blocked", "P3"), 0);
	assert_int_equal(side_i64("SELECT (data ->> 'count')::bigint * 100 + (data -> 'why' ->> 'conflict')::bigint * 10 + (data -> 'why' ->> 'data')::bigint FROM sen.notice"
	                          " WHERE kind = 'provisioning_blocked' AND account_id = " ACCOUNT("P2")), 321);
	/* Again on the next day, as long as it lasts. */
	side("UPDATE sen.notice_round SET subject = 'P02/' || sen.today() - 1; UPDATE sen.notice SET subject = 'P02/' || sen.today() - 1");
	run();
	assert_int_equal(told_of("provisioning_blocked", "P2"), 2);
	side("DELETE FROM sen.binding; UPDATE sen.admin_scope SET rights = array_remove(rights, 'catalogue') WHERE account_id IN (" ACCOUNT("P2") ", " ACCOUNT("OTHER") ")");
}

static void form(const char *officer)
{
	char sql[600];

	(void)snprintf(sql, sizeof(sql), FORGET "DELETE FROM sen.form; INSERT INTO sen.form (platform_id, number, n_lines, officer) SELECT " P02 ", 7, 3, %s", officer);
	side(sql);
}

static void test_a_form(_unused_ void **state)
{
	form(ACCOUNT("W2"));
	run();
	/* It is still being filled. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice"), 0);
	side("UPDATE sen.form SET closed_at = now(), close_reason = 'time', due_at = now() + interval '3 days'");
	run();
	assert_int_equal(told_of("form_out", "W2"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.notice"), 1);
	/* Reminded of once: the officer; the third time those above, too. */
	side("UPDATE sen.form SET due_at = now() - interval '1 min', reminders = 1");
	run();
	assert_int_equal(told_of("form_overdue", "W2"), 1);
	assert_int_equal(told_of("form_overdue", "P2"), 0);
	side("UPDATE sen.form SET reminders = 3");
	run();
	assert_int_equal(told_of("form_overdue", "W2"), 2);
	assert_int_equal(told_of("form_overdue", "P2"), 1);
	assert_int_equal(told_of("form_overdue", "OTHER"), 0);
	side("UPDATE sen.form SET reminders = 4, settled_at = now()");
	run();
	assert_int_equal(told_of("form_overdue", "W2"), 2);
	/* Nobody is named: who may say who it is. */
	form("NULL");
	side("UPDATE sen.form SET closed_at = now(), close_reason = 'time', due_at = now() + interval '3 days'");
	run();
	assert_int_equal(told_of("form_out", "P2"), 1);
	assert_int_equal(told_of("form_out", "W2"), 0);
	side("DELETE FROM sen.form");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_a_hold),
		ACTING_TEST(test_blocked),
		ACTING_TEST(test_a_form),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
