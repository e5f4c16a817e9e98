/*
 * Units as entries of the directory, between a PostgreSQL and a slapd: what is made, changed, marked and left; nothing older in
 * the place of something newer, whoever else is at it.
 */
#include "common/base/err.h"
#include "tests/connectors/units_rig.h"

#define N_MANY 1200
#define N_RACES 60

static void test_what_is_there_today_is_made(void **state)
{
	struct units_done done = units_turn_now(*state);

	assert_null(done.fault);
	assert_int_equal(done.made, 2);
	assert_unit(*state, "17230", "senUnitCode", "17230");
	assert_unit(*state, "17230", "senUnitName", "Xã Yên Trung");
	assert_unit(*state, "17230", "senUnitKind", "commune");
	assert_unit(*state, "17230", "senUnitParent", "40");
	assert_unit(*state, "17230", "senUnitStatus", "active");
	assert_unit(*state, "40", "senUnitParent", NULL);
	assert_int_equal(ldap_entry_attr(units_entry(*state, "40"), "member")->n_values, 1);
	assert_null(units_entry(*state, "00001"));
	assert_null(units_entry(*state, "00002"));
	assert_false(units_are_due(*state));
}

static void test_the_second_time_nothing_is_written(void **state)
{
	struct units_done done;
	struct op op = units_op(*state);

	(void)units_turn_now(*state);
	assert_int_equal(units_prepare(&op, 0), 0);
	done = units_turn_now(*state);
	assert_int_equal(done.made + done.changed + done.raced + done.refused + done.strangers, 0);
	assert_int_equal(done.entries, 2);
	assert_int_equal(side_i64("SELECT entries FROM sen.unit_sync"), 2);
	db_op_done(&op);
}

static void test_a_change_is_marked_and_the_entry_stays_the_same(void **state)
{
	struct units_done done = units_turn_now(*state);
	struct str id = ldap_entry_value(units_entry(*state, "17230"), "entryUUID");
	const char *uuid = arena_cstr(*state, id);

	side("UPDATE sen.unit SET name_en = 'x', path = path || '' WHERE code = '17230'");
	assert_false(units_are_due(*state));
	side("UPDATE sen.unit SET name = 'Xã Yên Trung Mới' WHERE code = '17230'");
	done = units_turn_now(*state);
	assert_int_equal(done.changed, 1);
	assert_unit(*state, "17230", "senUnitName", "Xã Yên Trung Mới");
	assert_unit(*state, "17230", "entryUUID", uuid);
	assert_false(units_are_due(*state));
	side("INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) VALUES ('41', 'Hà Tĩnh', 'ha tinh', 'province', '2025-07-01', true);"
	     "UPDATE sen.unit SET parent_id = (SELECT id FROM sen.unit WHERE code = '41') WHERE code = '17230'");
	done = units_turn_now(*state);
	assert_int_equal(done.made, 1);
	assert_int_equal(done.changed, 1);
	assert_unit(*state, "17230", "senUnitParent", "41");
	assert_unit(*state, "17230", "entryUUID", uuid);
}

/* It has had people, whose records name it. */
static void test_a_unit_that_ends_stays(void **state)
{
	struct units_done done;

	(void)units_turn_now(*state);
	side("UPDATE sen.unit SET valid_to = sen.today() WHERE code = '17230'");
	done = units_turn_now(*state);
	assert_int_equal(done.changed, 1);
	assert_unit(*state, "17230", "senUnitStatus", "abolished");
	side("UPDATE sen.unit SET valid_to = NULL WHERE code = '17230'; UPDATE sen.unit SET valid_from = sen.today() + 1 WHERE code = '40'");
	done = units_turn_now(*state);
	assert_int_equal(done.changed, 2);
	assert_unit(*state, "17230", "senUnitStatus", "active");
	assert_unit(*state, "40", "senUnitStatus", "planned");
}

static void test_what_others_change_is_put_right(void **state)
{
	const struct ldap_change gone = { LDAP_CHANGE_DELETE, { STR("senUnitParent"), NULL, 0 } };
	struct units_done done;
	struct op op = units_op(*state);

	(void)units_turn_now(*state);
	units_replace(*state, "17230", "senUnitName", "Tên Khác");
	units_replace(*state, "17230", "senUnitCode", "99999");
	assert_int_equal(ldap_modify(&op, ldap_test.pool, units_dn(*state, "17230"), &gone, 1), 0);
	assert_int_equal(ldap_delete(&op, ldap_test.pool, units_dn(*state, "40")), 0);
	assert_int_equal(units_prepare(&op, 0), 0);
	done = units_turn_now(*state);
	assert_int_equal(done.changed, 1);
	assert_int_equal(done.made, 1);
	assert_unit(*state, "17230", "senUnitName", "Xã Yên Trung");
	assert_unit(*state, "17230", "senUnitCode", "17230");
	assert_unit(*state, "17230", "senUnitParent", "40");
	assert_unit(*state, "40", "senUnitStatus", "active");
	db_op_done(&op);
}

static void add_stranger(struct arena *a, const char *cn, bool is_unit)
{
	const struct str classes[] = { STR("groupOfNames"), STR(UNIT_CLASS) };
	const struct str code = str_c(cn), status = STR("active");
	const struct ldap_attr attrs[] = {
		{ STR("objectClass"), classes, is_unit ? 2 : 1 }, { STR("cn"), &code, 1 },          { STR("member"), &units_rig.config.placeholder_member, 1 },
		{ STR("senUnitCode"), &code, 1 },                 { STR("senUnitName"), &code, 1 }, { STR("senUnitStatus"), &status, 1 },
	};
	struct op op = units_op(a);

	assert_int_equal(ldap_add(&op, ldap_test.pool, units_dn(a, cn), attrs, is_unit ? 6 : 3), 0);
}

static void test_what_is_none_of_ours_is_left(void **state)
{
	struct units_done done;

	add_stranger(*state, "Hội đồng", false);
	add_stranger(*state, "XYZ", true);
	/* Where one of ours should be: listed, and met once more when ours is to be made. */
	add_stranger(*state, "17230", false);
	done = units_turn_now(*state);
	assert_null(done.fault);
	assert_int_equal(done.made, 1);
	assert_int_equal(done.strangers, 4);
	assert_unit(*state, "XYZ", "senUnitName", "XYZ");
	assert_int_equal(ldap_entry_attr(units_entry(*state, "17230"), "senUnitCode")->n_values, 0);
	assert_non_null(units_entry(*state, "Hội đồng"));
}

static void test_codes_that_differ_in_case_alone(void **state)
{
	struct units_done done;

	side("INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) SELECT c, 'Phòng ' || c, c, 'division', '2025-07-01', true"
	     " FROM unnest(ARRAY['H40.a', 'H40.A']) c");
	done = units_turn_now(*state);
	/* A directory does not tell them apart: one of them is all that it can hold, and stays what it is. */
	assert_int_equal(done.made, 3);
	assert_int_equal(done.strangers, 1);
	(void)units_turn_now(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 0);
}

static void test_more_than_a_page(void **state)
{
	struct units_done done;
	struct op op = units_op(*state);
	int64_t began_ms;

	side("INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, verified) SELECT 'H40.' || i, 'Phòng ' || i, 'phong', 'division', u.id,"
	     " '2025-07-01', true FROM generate_series(1, 1200) i, sen.unit u WHERE u.code = '40'");
	began_ms = clock_mono_ms();
	done = units_turn_now(*state);
	print_message("%d units made in %d ms\n", (int)done.made, (int)(clock_mono_ms() - began_ms));
	assert_int_equal(done.made, N_MANY + 2);
	/* Marked by their own insertion; and looked at again for nothing. */
	for (int i = 0; i < 3; i++) {
		done = units_turn_now(*state);
		assert_int_equal(done.made + done.changed, 0);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 0);
	assert_int_equal(units_prepare(&op, 0), 0);
	began_ms = clock_mono_ms();
	done = units_turn_now(*state);
	print_message("compared in %d ms\n", (int)(clock_mono_ms() - began_ms));
	assert_int_equal(done.made + done.changed, 0);
	assert_int_equal(done.entries, N_MANY + 2);
	db_op_done(&op);
}

static void test_one_of_several_keeps_them(void **state)
{
	struct units_lease first, second;
	struct units_done done = { .made = 7 };
	struct op op = units_op(*state);
	bool is_ours = false;

	assert_int_equal(units_claim(&op, 0, &first, &is_ours), 0);
	assert_true(is_ours && first.is_whole);
	assert_int_equal(units_claim(&op, 0, &second, &is_ours), 0);
	assert_false(is_ours);
	side("UPDATE sen.unit_sync SET lease_until = now() - interval '1 s'");
	assert_int_equal(units_claim(&op, 0, &second, &is_ours), 0);
	assert_true(is_ours);
	assert_int_equal(units_keep(&op, &first), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(units_end(&op, &first, &done), ERR_CONFLICT);
	op_forgive(&op);
	assert_int_equal(units_keep(&op, &second), 0);
	assert_int_equal(units_end(&op, &second, &done), 0);
	assert_int_equal(side_i64("SELECT made FROM sen.unit_sync"), 7);
	db_op_done(&op);
}

static void test_a_change_during_the_turn_is_not_lost(void **state)
{
	const struct units_mark *marks;
	struct op op = units_op(*state);
	size_t n = 0;

	(void)units_turn_now(*state);
	side("UPDATE sen.unit SET name = 'Xã Một' WHERE code = '17230'");
	assert_int_equal(units_marks(&op, 0, &marks, &n), 0);
	assert_int_equal(n, 1);
	side("UPDATE sen.unit SET name = 'Xã Hai' WHERE code = '17230'");
	assert_int_equal(units_unmark(&op, 0, marks, n), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 1);
	(void)units_turn_now(*state);
	assert_unit(*state, "17230", "senUnitName", "Xã Hai");
	assert_false(units_are_due(*state));
	db_op_done(&op);
}

/* Whoever read before somebody else wrote cannot put the old word back. */
static void test_nothing_older_takes_the_place_of_something_newer(void **state)
{
	struct unit_facts is, late = { .code = STR("17230"), .name = STR("Xã Muộn"), .kind = STR("commune"), .parent = STR("40"), .status = STR("active") };
	struct ldap_change changes[2 * UNIT_ATTRS_MAX];
	struct op op = units_op(*state);
	struct str code;
	size_t n;

	(void)units_turn_now(*state);
	assert_true(unit_entry_read(*state, units_entry(*state, "17230"), ldap_test.folder, &code, &is));
	side("UPDATE sen.unit SET name = 'Xã Đúng' WHERE code = '17230'");
	(void)units_turn_now(*state);
	n = unit_entry_changes(*state, &is, &late, changes);
	assert_int_equal(n, 2);
	assert_int_equal(ldap_modify(&op, ldap_test.pool, units_dn(*state, "17230"), changes, n), ERR_TARGET);
	assert_int_equal(ldap_result_code(&op), 16);
	assert_unit(*state, "17230", "senUnitName", "Xã Đúng");
	db_op_done(&op);
}

struct racer {
	pthread_t thread;
	struct arena *arena;
	struct units_done done;
	struct units_hold opened;
	int err;
};

/* With a lease that is not its own, as one would that has been asleep. */
static void *race(void *arg)
{
	struct racer *r = arg;
	const struct units_keeping k = { units_rig.db, ldap_test.pool, &units_rig.config, &units_rig.is_stopping };
	const struct units_lease lease = { .platform_id = 0, .token = 1, .is_whole = true, .day = STR("2026-01-01") };

	r->err = units_turn(&k, r->arena, &lease, &r->done, &r->opened);
	return NULL;
}

static void test_two_at_the_same_time(void **state)
{
	struct racer racers[2];
	int64_t n_made = 0, n_raced = 0;

	side("INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified) SELECT 'H41.' || i, 'Phòng ' || i, 'phong', 'division', '2025-07-01', true"
	     " FROM generate_series(1, 60) i; UPDATE sen.unit_sync SET lease_token = 1, lease_until = now() + interval '60 s'; DELETE FROM sen.unit_dirty");
	for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
		racers[i] = (struct racer){ .arena = arena_new((size_t)1024 * 1024) };
		assert_int_equal(pthread_create(&racers[i].thread, NULL, race, &racers[i]), 0);
	}
	for (size_t i = 0; i < ARRAY_LEN(racers); i++) {
		pthread_join(racers[i].thread, NULL);
		assert_int_equal(racers[i].err, 0);
		assert_null(racers[i].done.fault);
		assert_int_equal(racers[i].done.strangers + racers[i].done.refused, 0);
		n_made += racers[i].done.made;
		n_raced += racers[i].done.raced;
		arena_free(racers[i].arena);
	}
	assert_int_equal(n_made, N_RACES + 2);
	print_message("raced for: %d\n", (int)n_raced);
	/* What was raced for is looked at again. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), n_raced);
	side("UPDATE sen.unit_sync SET lease_until = NULL");
	assert_int_equal(units_turn_now(*state).made, 0);
	while (units_are_due(*state))
		assert_int_equal(units_turn_now(*state).made, 0);
}

/* Servers write names with the case they like. */
static void test_the_base_in_another_case(void **state)
{
	struct units_done done;
	struct op op = units_op(*state);

	(void)units_turn_now(*state);
	assert_true(str_starts(ldap_test.folder, STR("ou=")));
	units_rig.config.units_base = arena_printf(*state, "OU=%.*s", STR_ARG(str_skip(ldap_test.folder, 3)));
	assert_int_equal(units_prepare(&op, 0), 0);
	done = units_turn_now(*state);
	units_rig.config.units_base = ldap_test.folder;
	assert_int_equal(done.strangers + done.made + done.changed, 0);
	db_op_done(&op);
}

static void test_a_fault_waits_for_all(void **state)
{
	struct units_done done;

	units_rig.config.units_base = arena_printf(*state, "ou=nowhere,%.*s", STR_ARG(ldap_test.folder));
	done = units_turn_now(*state);
	units_rig.config.units_base = ldap_test.folder;
	assert_string_equal(done.fault, "config");
	assert_false(units_are_due(*state));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_sync WHERE tries = 1 AND fault = 'config' AND retry_at > now() AND whole_at IS NULL"), 1);
	side("UPDATE sen.unit_sync SET retry_at = now()");
	assert_int_equal(units_turn_now(*state).made, 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_sync WHERE tries = 0 AND fault = 'config' AND retry_at IS NULL AND whole_at IS NOT NULL"), 1);
}

static void test_midnight_makes_all_due(void **state)
{
	(void)units_turn_now(*state);
	assert_false(units_are_due(*state));
	side("UPDATE sen.unit_sync SET whole_on = whole_on - 1");
	assert_true(units_are_due(*state));
}

/* Where nobody keeps units, nothing piles up. */
static void test_without_a_keeper_nothing_is_marked(void **state)
{
	(void)state;
	side("DELETE FROM sen.unit_sync; UPDATE sen.unit SET name = 'Khác'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.unit_dirty"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, units_begin, units_end_test)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_what_is_there_today_is_made),
		TEST(test_the_second_time_nothing_is_written),
		TEST(test_a_change_is_marked_and_the_entry_stays_the_same),
		TEST(test_a_unit_that_ends_stays),
		TEST(test_what_others_change_is_put_right),
		TEST(test_what_is_none_of_ours_is_left),
		TEST(test_codes_that_differ_in_case_alone),
		TEST(test_more_than_a_page),
		TEST(test_one_of_several_keeps_them),
		TEST(test_a_change_during_the_turn_is_not_lost),
		TEST(test_nothing_older_takes_the_place_of_something_newer),
		TEST(test_two_at_the_same_time),
		TEST(test_the_base_in_another_case),
		TEST(test_a_fault_waits_for_all),
		TEST(test_midnight_makes_all_due),
		TEST(test_without_a_keeper_nothing_is_marked),
	};

	return cmocka_run_group_tests(tests, units_setup, units_teardown);
}
