/* Cards never say what is not so: after every kind of change, by time alone, and between transactions. */
#include "tests/db/carded.h"

DB_QUERY(test_card_revoke, DB_WRITE,
         "UPDATE sen.access_grant SET revoked_at = now(), revoked_by = public.account('adm') WHERE account_id = public.account('a1') AND revoked_at IS NULL RETURNING 1");
DB_QUERY(test_cards_renew, DB_WRITE, "SELECT count(sen.cards_renew(id)) FROM sen.account");
DB_QUERY(test_card_post_ends, DB_WRITE,
         "UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = public.person('A1') RETURNING 1");

static int setup(_unused_ void **state)
{
	return carded_open("cards", NULL);
}

static int begin(void **state)
{
	unit_arena_setup(state);
	side("DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; DELETE FROM sen.access_grant; DELETE FROM sen.admin_scope; DELETE FROM sen.post; UPDATE sen.platform SET state = 'operating';"
	     " SELECT give('a1', 'MC'), give('a2', 'MC'), post('A1', '2025-01-01', NULL); SELECT renew()");
	assert_int_equal(freshness("a1"), 3);
	return 0;
}

static void who_is_new_has_cards_that_are_not_fresh(void **state)
{
	(void)state;
	side("INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	     " VALUES (gen_random_uuid(), 'A9', 'cong_chuc', 'Lê', '', 'Bình', 'Lê Bình', 'le binh');"
	     "INSERT INTO sen.account (id, person_id, login, status) VALUES (gen_random_uuid(), person('A9'), 'a9', 'active')");
	assert_int_equal(freshness("a9"), 0);
	assert_int_equal(lies(), 0);
	side("SELECT renew()");
	assert_int_equal(freshness("a9"), 3);
	assert_int_equal(lies(), 0);
	side("DELETE FROM sen.account WHERE login = 'a9'; DELETE FROM sen.dirty_account");
}

static void each_change_is_seen_at_once(void **state)
{
	static const struct {
		const char *sql;
		int64_t still_fresh;
	} changes[] = {
		{ "SELECT give('a1', 'TP')", 2 },
		{ "SELECT take('a1', 'TP')", 2 },
		{ "SELECT give('a1', 'ND')", 2 },
		{ "SELECT take('a1', 'MC')", 2 },
		{ "DELETE FROM sen.access_grant", 2 },
		{ "SELECT scope('a1', NULL)", 2 },
		{ "UPDATE sen.admin_scope SET revoked_at = now()", 2 },
		{ "SELECT give('a1', 'MC')", 2 },
		{ "UPDATE sen.person SET ten = 'Ân', full_name = 'Lê Ân' WHERE employee_code = 'A1'", 1 },
		{ "SELECT post('A1', '2025-02-01', NULL)", 1 },
		{ "UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE lower(valid) = '2025-02-01'", 0 },
		{ "SELECT hang('a1')", 2 },
		{ "UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE lower(valid) = '2025-01-01'", 0 },
		{ "SELECT hang('a1', 5)", 2 },
		{ "SELECT stop('a1', 3)", 2 },
		{ "SELECT stop('a1', 2)", 2 },
		{ "SELECT grace('a1', s.id, 'MC', now() + interval '1 day') FROM sen.account_stop s WHERE platform_id = 2", 2 },
		{ "SELECT hang('a1', 0)", 2 },
		{ "UPDATE sen.account_grace SET until_at = now()", 2 },
		{ "DELETE FROM sen.account_grace", 2 },
		{ "UPDATE sen.account_stop SET valid_to = now() + interval '1 day'", 2 },
		{ "UPDATE sen.account_stop SET valid_to = now()", 2 },
		{ "SELECT scope('a1', NULL)", 2 },
		{ "SELECT stop('a1')", 2 },
		{ "DELETE FROM sen.account_stop", 2 },
		{ "UPDATE sen.access_grant SET suspended_at = now()", 2 },
		{ "UPDATE sen.access_grant SET suspended_at = NULL", 2 },
		{ "DELETE FROM sen.post", 0 },
		{ "UPDATE sen.access_grant SET post_id = NULL", 2 },
		{ "UPDATE sen.unit SET name = 'Tỉnh Nghệ An'", 0 },
		{ "UPDATE sen.role SET code = 'MCX' WHERE code = 'MC'", 0 },
		{ "UPDATE sen.role SET platform_id = 3 WHERE code = 'MCX'", 0 },
		{ "UPDATE sen.role SET platform_id = 2, code = 'MC' WHERE code = 'MCX'", 0 },
		{ "UPDATE sen.platform SET state = 'stopped' WHERE id = 2", 0 },
		{ "UPDATE sen.platform SET state = 'operating' WHERE id = 2", 0 },
		{ "UPDATE sen.account SET status = 'suspended' WHERE login = 'a1'", 3 },
		{ "UPDATE sen.account SET status = 'active', epoch = epoch + 1 WHERE login = 'a1'", 3 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		side(changes[i].sql);
		if (freshness("a1") != changes[i].still_fresh || lies() != 0)
			fail_msg("%s: fresh %d, lies %d", changes[i].sql, (int)freshness("a1"), (int)lies());
		side("SELECT renew()");
		assert_int_equal(freshness("a1"), 3);
		if (lies() != 0)
			fail_msg("renewed after %s", changes[i].sql);
	}
}

static void what_changes_nothing_leaves_them_fresh(void **state)
{
	(void)state;
	side("UPDATE sen.unit SET name = name, code = code; UPDATE sen.role SET name = name || '.'; UPDATE sen.platform SET state = state, note = 'x';"
	     " UPDATE sen.account SET next_eval_at = now(); SELECT take('a2', 'MC')");
	assert_int_equal(freshness("a1"), 3);
	assert_int_equal(lies(), 0);
}

/* The moment is in the card, to the microsecond; and when it has come, nobody has to do anything. */
static void what_begins_or_ends_by_itself_does(void **state)
{
	(void)state;
	side("DELETE FROM sen.access_grant; SELECT give('a1', 'MC', now(), now() + interval '400 ms'),"
	     " give('a2', 'MC', now() + interval '400 ms', NULL), scope('a1', now() + interval '1 h'); SELECT renew()");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_card c JOIN sen.access_grant g ON g.account_id = c.account_id"
	                          " AND c.fresh_until IN (g.valid_from, g.valid_to)"), 2);
	assert_int_equal(lies(), 0);
	side("SELECT pg_sleep(0.5)");
	assert_int_equal(freshness("a1"), 2);
	assert_int_equal(freshness("a2"), 2);
	assert_int_equal(lies(), 0);
	side("SELECT renew()");
	assert_int_equal(freshness("a1"), 3);
	assert_int_equal(side_i64("SELECT (fresh_until = (SELECT valid_to FROM sen.admin_scope))::int FROM sen.account_card WHERE login = 'a1'"), 1);
	assert_int_equal(lies(), 0);

	side("DELETE FROM sen.access_grant; SELECT give('a1', 'MC'); UPDATE sen.access_grant SET suspended_at = now() + interval '400 ms'; SELECT renew()");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.account_card c JOIN sen.access_grant g USING (account_id) WHERE c.fresh_until = g.suspended_at"), 1);
	side("SELECT pg_sleep(0.5)");
	assert_int_equal(lies(), 0);

	side("SELECT post('A1', sen.today() + 3, NULL), post('A2', '2025-01-01', sen.today() + 2); SELECT renew()");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.person_card c JOIN sen.post p USING (person_id)"
	                          " WHERE (c.fresh_until AT TIME ZONE 'Asia/Ho_Chi_Minh') IN (sen.today() + 3, sen.today() + 2) AND p.valid @> sen.today()"), 2);
}

/* Somebody changes facts while the card is being made of what was before. */
static void expect_marked_after_renewal(const struct query *change)
{
	struct task t = { .db = migrated_db, .query = change };

	side("UPDATE sen.account_card SET fresh_until = '-infinity'; UPDATE sen.person_card SET fresh_until = '-infinity'");
	side("BEGIN");
	side("SELECT renew()");
	task_start(&t);
	for (int64_t until_ms = clock_mono_ms() + 5000; side_i64("SELECT count(*) FROM pg_locks l JOIN pg_stat_activity s USING (pid)"
	                                                                " WHERE NOT l.granted AND s.datname = current_database()") == 0;)
		if (clock_mono_ms() > until_ms)
			fail_msg("%s", "the change does not wait for the renewal");
	side("COMMIT");
	task_join(&t);
	assert_int_equal(t.code, 0);
	assert_int_not_equal(freshness("a1"), 3);
	assert_int_equal(lies(), 0);
}

/* Access that a post, a stop or a grace begins or ends: the card knows the moment. */
static void what_posts_and_stops_do_by_time(void **state)
{
	static const char *const changes[] = {
		"SELECT stop('a1', 2, now() + interval '300 ms')",
		"SELECT stop('a1', 2, now() - interval '1 s', now() + interval '300 ms')",
		"SELECT grace('a1', stop('a1', 2), 'MC', now() + interval '300 ms')",
		"UPDATE sen.access_grant SET suspended_at = now() + interval '300 ms'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		side("DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; UPDATE sen.access_grant SET suspended_at = NULL");
		side(changes[i]);
		side("SELECT renew()");
		if (freshness("a1") != 3 || lies() != 0)
			fail_msg("%s: fresh %d, lies %d", changes[i], (int)freshness("a1"), (int)lies());
		side("SELECT pg_sleep(0.35)");
		if (freshness("a1") != 2 || lies() != 0)
			fail_msg("after %s: fresh %d, lies %d", changes[i], (int)freshness("a1"), (int)lies());
	}
	side("DELETE FROM sen.account_grace; DELETE FROM sen.account_stop; UPDATE sen.access_grant SET suspended_at = NULL;"
	     " UPDATE sen.post SET valid = daterange(lower(valid), sen.today() + 2); SELECT hang('a1', 3); SELECT renew()");
	assert_int_equal(side_i64("SELECT (fresh_until = sen.midnight(sen.today() + 2))::int FROM sen.account_card WHERE login = 'a1'"), 1);
	side("UPDATE sen.post SET valid = daterange(lower(valid), sen.today()); SELECT renew()");
	assert_int_equal(side_i64("SELECT (fresh_until = sen.midnight(sen.today() + 3))::int FROM sen.account_card WHERE login = 'a1'"), 1);
	assert_int_equal(side_i64("SELECT (access <> '{}')::int FROM sen.account_card WHERE login = 'a1'"), 1);
	assert_int_equal(lies(), 0);
}

static void a_change_during_a_renewal_is_not_lost(void **state)
{
	(void)state;
	expect_marked_after_renewal(&test_card_revoke);
	side("SELECT renew()");
	expect_marked_after_renewal(&test_card_post_ends);
}

/* A renewal that cannot see a change yet: in an account's card, which is left alone, and in all cards at once. */
static void a_renewal_during_a_change_is_not_believed(void **state)
{
	static const char *const changes[] = {
		"SELECT take('a1', 'MC')", "UPDATE sen.post SET valid = daterange(lower(valid), sen.today())", "UPDATE sen.platform SET state = 'stopped' WHERE id = 2",
		"UPDATE sen.unit SET name = name || ' 2'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(changes); i++) {
		struct task renewal = { .db = migrated_db, .query = &test_cards_renew };

		side("UPDATE sen.account_card SET fresh_until = '-infinity'; UPDATE sen.person_card SET fresh_until = '-infinity'");
		side("BEGIN");
		side(changes[i]);
		task_run(&renewal);
		assert_int_equal(renewal.code, 0);
		side("COMMIT");
		if (freshness("a1") == 3 || lies() != 0)
			fail_msg("%s: fresh %d, lies %d", changes[i], (int)freshness("a1"), (int)lies());
		side("SELECT renew()");
		assert_int_equal(freshness("a1"), 3);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(who_is_new_has_cards_that_are_not_fresh, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(each_change_is_seen_at_once, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(what_changes_nothing_leaves_them_fresh, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(what_begins_or_ends_by_itself_does, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(what_posts_and_stops_do_by_time, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_change_during_a_renewal_is_not_lost, begin, unit_arena_teardown),
		cmocka_unit_test_setup_teardown(a_renewal_during_a_change_is_not_believed, begin, unit_arena_teardown),
	};

	return cmocka_run_group_tests(tests, setup, migrated_drop);
}
