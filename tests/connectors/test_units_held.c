/*
 * A mass change of units is held before any entry of the directory is touched: by a feed, or by one transaction with many; by name, and
 * what was approved, it passes.  60 communes, of which more than 20 are too many.
 */
#include "provisioning/guard_store.h"
#include "provisioning/keeping_store.h"
#include "tests/connectors/units_rig.h"

#define FEED(sql) "BEGIN; SET LOCAL sen.cause = 'feed'; " sql "; COMMIT"
#define CLOSE(codes) "UPDATE sen.unit SET valid_to = sen.today() WHERE code ~ '^H." codes "$'"
#define RENAME(codes, name_) "UPDATE sen.unit SET name = '" name_ " ' || code WHERE code ~ '^H." codes "$'"
#define N_OPEN "SELECT count(*) FROM sen.hold WHERE state = 'open' AND reason = 'units'"
#define N_HELD "SELECT count(*) FROM sen.unit_shown s JOIN sen.hold h ON h.id = s.hold_id WHERE h.state = 'open'"

/* H.00 to H.59, below the province. */
static int held_begin(void **state)
{
	units_begin(state);
	side("INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, verified) SELECT 'H.' || to_char(i, 'FM00'), 'Xã ' || i, 'xa', 'commune', u.id,"
	     " '2025-07-01', true FROM generate_series(0, 59) i, sen.unit u WHERE u.code = '40'");
	(void)units_turn_now(*state);
	while (units_are_due(*state))
		(void)units_turn_now(*state);
	return 0;
}

static void settle(struct arena *a)
{
	while (units_are_due(a))
		assert_null(units_turn_now(a).fault);
}

static void decide(struct arena *a, const char *state)
{
	side(arena_printf(a, "UPDATE sen.hold SET state = '%s', decided_at = now(), applied_at = NULL, version = version + 1 WHERE reason = 'units'"
	                  " AND state IN ('open', 'discarded')", state).p);
}

static size_t n_entries(struct arena *a, const char *filter)
{
	static const char *const attrs[] = { "1.1", NULL };
	const struct ldap_entry *entries;
	struct op op = units_op(a);
	size_t n = 0;

	assert_int_equal(ldap_search(&op, ldap_test.pool, ldap_test.folder, LDAP_ONE, str_c(filter), attrs, 1000, &entries, &n), 0);
	return n;
}

static size_t n_abolished(struct arena *a)
{
	return n_entries(a, "(senUnitStatus=abolished)");
}

/* A file that has lost half of its lines, or says an end for them. */
static void test_a_bad_import_touches_nothing(void **state)
{
	side(FEED(CLOSE("[0-2].")));
	settle(*state);
	assert_int_equal(n_abolished(*state), 0);
	assert_int_equal(side_i64(N_OPEN), 1);
	assert_int_equal(side_i64(N_HELD), 30);
	assert_true(units_rig.opened.id > 0);
	assert_int_equal(units_rig.opened.n_close, 30);
	assert_int_equal(side_i64("SELECT n_disable FROM sen.hold WHERE reason = 'units'"), 30);
	assert_int_equal(side_i64("SELECT n_live FROM sen.hold WHERE reason = 'units'"), 62);
	/* However often all are compared. */
	side("UPDATE sen.unit_sync SET whole_due_at = now()");
	settle(*state);
	assert_int_equal(n_abolished(*state), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE reason = 'units'"), 1);
	decide(*state, "released");
	assert_true(units_are_due(*state));
	settle(*state);
	assert_int_equal(n_abolished(*state), 30);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE applied_at IS NOT NULL"), 1);
	assert_false(units_are_due(*state));
}

static void test_one_transaction_with_many(void **state)
{
	side("BEGIN; " RENAME("[0-1].", "Phường") "; " RENAME("2.", "Phường") "; COMMIT");
	settle(*state);
	assert_int_equal(side_i64(N_HELD), 30);
	assert_int_equal(side_i64("SELECT n_change FROM sen.hold WHERE reason = 'units'"), 30);
	assert_unit(*state, "H.00", "senUnitName", "Xã 0");
	/* One by one in one transaction is no decision about each of them either. */
	decide(*state, "released");
	settle(*state);
	side("DO $$ DECLARE c text; BEGIN FOR c IN SELECT code FROM sen.unit WHERE code ~ '^H.[3-5]' LOOP UPDATE sen.unit SET name = 'Khác' WHERE code = c; END LOOP; END $$");
	settle(*state);
	assert_int_equal(side_i64(N_HELD), 30);
	assert_unit(*state, "H.00", "senUnitName", "Phường H.00");
	assert_unit(*state, "H.30", "senUnitName", "Xã 30");
}

static void test_by_name_and_what_was_approved_pass(void **state)
{
	for (int i = 0; i < 30; i++) {
		side(arena_printf(*state, "UPDATE sen.unit SET name = 'Tên mới' WHERE code = 'H.%02d'", i).p);
		if (i % 10 == 9)
			settle(*state);
	}
	assert_int_equal(n_entries(*state, "(senUnitName=Tên mới)"), 30);
	/* A reorganisation that a second person has approved: at once, and on a day to come. */
	side("BEGIN; SET LOCAL sen.cause = 'approved'; " CLOSE("[0-3].") "; UPDATE sen.unit SET valid_to = sen.today() + 30 WHERE code ~ '^H.[45]'; COMMIT");
	settle(*state);
	assert_int_equal(n_abolished(*state), 40);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_shown WHERE valid_to = sen.today() + 30"), 20);
}

/* What would happen only later is held now, while there is time. */
static void test_an_end_to_come_is_held_today(void **state)
{
	side(FEED("UPDATE sen.unit SET valid_to = sen.today() + 30 WHERE code ~ '^H.[0-4]'"));
	settle(*state);
	assert_int_equal(side_i64(N_HELD), 50);
	/* The day itself changes nothing more. */
	side("UPDATE sen.unit SET valid_to = sen.today() WHERE code = 'H.55'");
	settle(*state);
	assert_int_equal(n_abolished(*state), 1);
}

static void test_by_name_while_it_is_held(void **state)
{
	side(FEED(CLOSE("[0-2].")));
	settle(*state);
	side("UPDATE sen.unit SET name = 'Đặt riêng' WHERE code IN ('H.05', 'H.59')");
	settle(*state);
	assert_unit(*state, "H.59", "senUnitName", "Đặt riêng");
	/* Somebody has decided about this one, as it is. */
	assert_unit(*state, "H.05", "senUnitName", "Đặt riêng");
	assert_unit(*state, "H.05", "senUnitStatus", "abolished");
	assert_unit(*state, "H.06", "senUnitStatus", "active");
	assert_int_equal(side_i64(N_HELD), 29);
	/* However few come later from a feed: they join. */
	side(FEED(CLOSE("40")));
	settle(*state);
	assert_unit(*state, "H.40", "senUnitStatus", "active");
	assert_int_equal(side_i64(N_HELD), 30);
	assert_int_equal(side_i64(N_OPEN), 1);
	/* New ones wait for nobody; nor does what is taken back. */
	side(FEED("INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('H.60', 'Xã 60', 'xa', 'commune', '2025-07-01', true);"
	          "UPDATE sen.unit SET valid_to = NULL WHERE code ~ '^H.[12]'"));
	settle(*state);
	assert_unit(*state, "H.60", "senUnitStatus", "active");
	assert_int_equal(side_i64(N_HELD), 10);
}

/* The directory is away for long: who edited a unit meanwhile has not decided about what a feed does to it later. */
static void test_a_decision_is_used_once(void **state)
{
	units_rig.config.units_base = arena_printf(*state, "ou=nowhere,%.*s", STR_ARG(ldap_test.folder));
	for (int i = 0; i < 30; i += 5) {
		side(arena_printf(*state, "UPDATE sen.unit SET name = 'Tên mới' WHERE code BETWEEN 'H.%02d' AND 'H.%02d'", i, i + 4).p);
		side("UPDATE sen.unit_sync SET retry_at = NULL, whole_due_at = now()");
		assert_non_null(units_turn_now(*state).fault);
	}
	side(FEED(CLOSE("[0-2].")));
	side("UPDATE sen.unit_sync SET retry_at = NULL");
	units_rig.config.units_base = ldap_test.folder;
	settle(*state);
	assert_int_equal(n_entries(*state, "(senUnitName=Tên mới)"), 30);
	assert_int_equal(n_abolished(*state), 0);
	assert_int_equal(side_i64(N_HELD), 30);
}

static void test_a_feed_is_stopped_at_the_limit(void **state)
{
	for (int i = 0; i < 25; i++) {
		side(arena_printf(*state, "BEGIN; SET LOCAL sen.cause = 'feed'; UPDATE sen.unit SET valid_to = sen.today() WHERE code = 'H.%02d'; COMMIT", i).p);
		settle(*state);
	}
	assert_int_equal(n_abolished(*state), 20);
	assert_int_equal(side_i64(N_HELD), 5);
	/* What passed longer ago counts no more; the limits are the platform's. */
	decide(*state, "discarded");
	settle(*state);
	side("UPDATE sen.unit_shown SET passed_at = passed_at - interval '2 hours';"
	     "INSERT INTO sen.provisioning_policy SELECT platform_id, true, true, true, false, 3, 0, 20, 10, 200, 30, 30, 30, 'ask' FROM sen.provisioning_rule WHERE platform_id = 0;"
	     FEED(CLOSE("5[0-2]")));
	settle(*state);
	assert_int_equal(n_abolished(*state), 23);
	side(FEED(CLOSE("53")));
	settle(*state);
	assert_int_equal(n_abolished(*state), 23);
}

static void test_what_was_discarded_stays_until_it_is_put_right(void **state)
{
	side(FEED(RENAME("[0-2].", "Phường")));
	settle(*state);
	decide(*state, "discarded");
	settle(*state);
	side("UPDATE sen.unit_sync SET whole_due_at = now()");
	settle(*state);
	assert_unit(*state, "H.00", "senUnitName", "Xã 0");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_shown WHERE hold_id IS NOT NULL"), 30);
	/* Somebody is at the entry: it is looked at, and nothing is decided anew by that. */
	units_replace(*state, "H.00", "senUnitName", "Tên lạ");
	side("INSERT INTO sen.unit_dirty (platform_id, unit_id) SELECT 0, id FROM sen.unit WHERE code = 'H.00'");
	settle(*state);
	assert_unit(*state, "H.00", "senUnitName", "Xã 0");
	assert_int_equal(side_i64(N_OPEN), 0);
	side(FEED("UPDATE sen.unit SET name = 'Xã ' || substring(code FROM 3)::integer WHERE code ~ '^H.[01].'"));
	settle(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_shown WHERE hold_id IS NOT NULL"), 10);
	side("UPDATE sen.unit SET name = 'Xã mới' WHERE code = 'H.20'");
	settle(*state);
	assert_unit(*state, "H.20", "senUnitName", "Xã mới");
	/* It was right after all. */
	decide(*state, "released");
	settle(*state);
	assert_unit(*state, "H.29", "senUnitName", "Phường H.29");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_shown WHERE hold_id IS NOT NULL"), 0);
}

/* What others have done in the directory is no change of what should be there. */
static void test_repairs_are_not_held(void **state)
{
	struct units_done done;

	for (int i = 0; i < 40; i++)
		units_replace(*state, arena_printf(*state, "H.%02d", i).p, "senUnitName", "Tên lạ");
	side("UPDATE sen.unit_sync SET whole_due_at = now()");
	done = units_turn_now(*state);
	assert_int_equal(done.changed, 40);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold"), 0);
}

static void test_neither_joins_the_other(void **state)
{
	struct guard_opened opened;
	struct op op = units_op(*state);
	bool judged = false;
	size_t n = 0;

	side(FEED(CLOSE("[0-2].")));
	settle(*state);
	/* An open hold of units is none of accounts; and who carries out theirs leaves these alone. */
	side("INSERT INTO sen.hold (platform_id, state, reason) VALUES (0, 'open', 'platform')");
	assert_int_equal(guard_run(&op, &judged, &opened), 0);
	assert_false(judged);
	decide(*state, "released");
	assert_int_equal(guard_apply(&op, &n), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE reason = 'units' AND applied_at IS NULL"), 1);
	settle(*state);
	assert_int_equal(n_abolished(*state), 30);
	/* A hold that still keeps units is kept, too. */
	side(FEED(CLOSE("[3-5].")));
	settle(*state);
	decide(*state, "discarded");
	settle(*state);
	side("UPDATE sen.hold SET applied_at = now() - interval '400 days' WHERE reason = 'units'");
	assert_int_equal(keeping_run(&op, &n), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold WHERE reason = 'units'"), 1);
	db_op_done(&op);
}

static void test_whose_act_it_is(void **state)
{
	side("INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold) VALUES ('11111111-1111-4111-8111-111111111111', 'NV1', 'cong_chuc', 'Lê', '', 'An',"
	     " 'Lê An', 'le an') ON CONFLICT DO NOTHING;"
	     "INSERT INTO sen.account (id, person_id, login) VALUES ('22222222-2222-4222-8222-222222222222', '11111111-1111-4111-8111-111111111111', 'anl') ON CONFLICT DO NOTHING");
	side("BEGIN; SET LOCAL sen.cause = 'feed'; SET LOCAL sen.author = '22222222-2222-4222-8222-222222222222'; " CLOSE("[0-2].") "; COMMIT");
	settle(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.hold_author WHERE account_id = '22222222-2222-4222-8222-222222222222'"), 1);
}

/* The locks are held for a while. */
DB_QUERY(test_rename_all, DB_WRITE,
	"WITH n AS (UPDATE sen.unit SET name = $1 || code FROM (SELECT set_config('sen.cause', 'feed', true)) c WHERE code ~ '^H' RETURNING id)"
	" SELECT count(*), pg_sleep(0.1) FROM n");

static void *rename_many(void *arg)
{
	const char *const *name = arg;
	_cleanup_(arena_freep) struct arena *a = arena_new((size_t)1024 * 1024);
	struct op op = units_op(a);
	struct db_rows rows;

	assert_int_equal(db_run(&op, &test_rename_all, &rows, P_C(*name)), 0);
	db_op_done(&op);
	return NULL;
}

/* Imports and turns at the same time: nobody waits for the other for ever, and nothing slips through. */
static void test_imports_while_turns_are_made(void **state)
{
	static const char *const names[] = { "Một ", "Hai ", "Ba " };

	for (size_t i = 0; i < 2; i++) {
		pthread_t threads[ARRAY_LEN(names)];

		for (size_t k = 0; k < ARRAY_LEN(threads); k++)
			assert_int_equal(pthread_create(&threads[k], NULL, rename_many, (void *)(uintptr_t)&names[k]), 0);
		for (int k = 0; k < 5; k++)
			settle(*state);
		for (size_t k = 0; k < ARRAY_LEN(threads); k++)
			pthread_join(threads[k], NULL);
	}
	settle(*state);
	assert_int_equal(side_i64(N_HELD), 60);
	assert_int_equal(side_i64(N_OPEN), 1);
	assert_int_equal(n_entries(*state, "(senUnitName=Xã *)"), 61);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, held_begin, units_end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_a_bad_import_touches_nothing),
		TEST(test_one_transaction_with_many),
		TEST(test_by_name_and_what_was_approved_pass),
		TEST(test_an_end_to_come_is_held_today),
		TEST(test_by_name_while_it_is_held),
		TEST(test_a_decision_is_used_once),
		TEST(test_a_feed_is_stopped_at_the_limit),
		TEST(test_what_was_discarded_stays_until_it_is_put_right),
		TEST(test_repairs_are_not_held),
		TEST(test_neither_joins_the_other),
		TEST(test_whose_act_it_is),
		TEST(test_imports_while_turns_are_made),
	};

	return cmocka_run_group_tests(tests, units_setup, units_teardown);
}
