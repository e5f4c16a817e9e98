/* Roles and units as groups of the accounts' directory. */
#include "tests/connectors/stand_directory.h"
#include "tests/connectors/stand_ldap.h"

static struct str entry_of(const char *rdn)
{
	return stand_ldap_search(kit.arena, arena_printf(kit.arena, "%s,%.*s", rdn, STR_ARG(stand_directory_folder(kit.arena))), STR("(objectClass=*)"), NULL);
}

static void assert_groups(const char *folder, const char *login, const char *names)
{
	struct str is = stand_directory_groups(kit.arena, folder, login);

	assert_str_equal(is, names);
}

static void test_a_unit_is_made_when_somebody_comes(void **state)
{
	struct desired *d = kit_official("annth");
	struct str unit;

	(void)state;
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	unit = entry_of("cn=16681,ou=units");
	assert_str_equal(stand_ldap_attr(kit.arena, unit, "senUnitCode"), "16681");
	assert_str_equal(stand_ldap_attr(kit.arena, unit, "senUnitName"), "Phường Trường Vinh");
	assert_str_equal(stand_ldap_attr(kit.arena, unit, "senUnitStatus"), "active");
	/* Nobody, and the one who came. */
	assert_int_equal(stand_ldap_count(unit, "member:"), 2);
}

/* What is on the entry of a unit is not for an account to change. */
static void test_a_move_changes_no_unit(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	d->unit_name = STR("Phường Đã Đổi Tên");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(stand_ldap_attr(kit.arena, entry_of("cn=16681,ou=units"), "senUnitName"), "Phường Trường Vinh");
	d->unit_code = STR("40.17230");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_groups("units", "annth", "40.17230");
	assert_int_equal(stand_ldap_count(entry_of("cn=16681,ou=units"), "member:"), 1);
}

static void test_role_of_a_platform(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_roles(d, "P02:CAN_BO,P03:CAN_BO");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_there(d);
	assert_groups("groups", "annth", "P02:CAN_BO,P03:CAN_BO");
	kit_roles(d, "P03:CAN_BO");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_groups("groups", "annth", "P03:CAN_BO");
}

/* Access ends although the groups cannot be reached, and is not said to have ended as long as somebody is in one. */
static void test_the_lock_does_not_wait_for_groups(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit.config.groups_base = arena_printf(kit.arena, "ou=nowhere,%.*s", STR_ARG(stand_directory_folder(kit.arena)));
	kit_reopen();
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "config");
	assert_false(kit_stand->look(kit.arena, "annth").active);
	kit.config.groups_base = arena_printf(kit.arena, "ou=groups,%.*s", STR_ARG(stand_directory_folder(kit.arena)));
	kit_reopen();
	assert_groups("groups", "annth", "MC");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static void test_locked_and_still_in_a_group(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);
	struct call call = { .instance = kit.instance, .want = d, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct observed seen;
	struct op op;

	(void)state;
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	kit_stand->act(STAND_GIVE_ROLE, "annth");
	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	call.ext_id = r.ext_id;
	assert_int_equal(kit.connector->read_back(&call, &seen), VERDICT_DONE);
	assert_true(seen.active);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

/*
 * The overlay memberof loses values when many groups change at once: no entry says here where it is (none has a seeAlso).  What a
 * revocation takes away is what the groups have.
 */
static void test_an_entry_that_does_not_say_where_it_is(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit.config.member_of = STR("seeAlso");
	kit_reopen();
	kit_roles(d, "P02:CAN_BO,P03:CAN_BO");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	kit_roles(d, "P03:CAN_BO");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_groups("groups", "annth", "P03:CAN_BO");
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_groups("groups", "annth", "");
	assert_groups("units", "annth", "");
}

static void test_a_unit_that_is_taken_is_given_back(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	stand_ldap_modify(arena_printf(kit.arena, "dn: cn=16681,ou=units,%.*s\nchangetype: modify\ndelete: member\nmember: %.*s\n",
	                               STR_ARG(stand_directory_folder(kit.arena)), STR_ARG(stand_directory_user(kit.arena, "annth"))));
	assert_groups("units", "annth", "");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
	/* The whole entry, with who was in it. */
	stand_ldap_modify(arena_printf(kit.arena, "dn: cn=16681,ou=units,%.*s\nchangetype: delete\n", STR_ARG(stand_directory_folder(kit.arena))));
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_others_stay_in_their_groups(void **state)
{
	struct desired *a = kit_official("annth"), *b = kit_official("binhnv");
	struct result r = kit_go(a, NULL);

	(void)state;
	assert_outcome(kit_go(b, NULL), OUTCOME_OK);
	kit_off(a);
	assert_outcome(kit_go(a, &r), OUTCOME_OK);
	assert_off(a);
	assert_there(b);
}

static void test_without_folders_there_are_no_groups(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit.config.groups_base = kit.config.units_base = STR("");
	kit_reopen();
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_groups("groups", "annth", "");
	assert_groups("units", "annth", "");
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_a_unit_is_made_when_somebody_comes),
	SCENARIO(test_a_move_changes_no_unit),
	SCENARIO(test_role_of_a_platform),
	SCENARIO(test_the_lock_does_not_wait_for_groups),
	SCENARIO(test_locked_and_still_in_a_group),
	SCENARIO(test_an_entry_that_does_not_say_where_it_is),
	SCENARIO(test_a_unit_that_is_taken_is_given_back),
	SCENARIO(test_others_stay_in_their_groups),
	SCENARIO(test_without_folders_there_are_no_groups),
};
const struct scenarios scenarios_directory = { "directory", tests, ARRAY_LEN(tests) };
