/*
 * Access that shall end on accounts that our id does not find any more: somebody removed it, gave the account another place, or put
 * another account in its place.  "Done" is never said of an account that may still be alive.
 */
#include "tests/connectors/kit.h"

#include <string.h>

/* It is off, or a person has to look. */
static void assert_not_left_alive(struct result r, const struct desired *d)
{
	struct stand_account seen = kit_stand->look(kit.arena, d->login.p);

	if (r.outcome == OUTCOME_OK) {
		assert_false(seen.active);
		assert_true(str_is_empty(seen.roles));
		return;
	}
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_non_null(r.fault.class);
	assert_string_equal(r.fault.class, "disputed");
	assert_false(str_is_null(r.ext_id));
}

/* The statements file without a block. */
static struct str without(struct str file, const char *block)
{
	const char *head = arena_printf(kit.arena, "-- name: %s\n", block).p, *text = arena_cstr(kit.arena, file);
	const char *at = strstr(text, head), *next;

	assert_non_null(at);
	next = strstr(at + 1, "-- name: ");
	assert_non_null(next);
	return arena_printf(kit.arena, "%.*s%s", (int)(at - text), text, next);
}

/* An account of ours that our id does not find any more; NULL: the platform cannot lose it so. */
static struct desired *lost(enum stand_act how, struct result *ret)
{
	struct desired *d = kit_official("annth");

	*ret = kit_go(d, NULL);
	if (!kit_stand->can_lose_id)
		return NULL;
	kit_stand->act(how, "annth");
	return d;
}

/* The same of one that could be moved, and was. */
static struct desired *moved(bool is_unmarked, struct result *ret)
{
	struct desired *d = kit_official("annth");

	if (!kit_stand->can_move)
		return NULL;
	kit_roles(d, "");
	*ret = kit_go(d, NULL);
	if (is_unmarked)
		kit_stand->act(STAND_UNMARK, "annth");
	kit_stand->act(STAND_MOVE, "annth");
	kit_off(d);
	return d;
}

static void test_disable_without_our_id(_unused_ void **state)
{
	struct result r;
	struct desired *d = lost(STAND_UNMARK, &r);

	ONLY_IF(d);
	kit_off(d);
	r = kit_go(d, &r);
	assert_not_left_alive(r, d);
	/* Not once more either: what is known of it is kept. */
	r = kit_go(d, &r);
	assert_not_left_alive(r, d);
	kit_stand->act(STAND_DELETE, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
}

static void test_disable_with_the_id_of_another(_unused_ void **state)
{
	struct result r;
	struct desired *d = lost(STAND_MISMARK, &r);

	ONLY_IF(d);
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
}

static void test_delete_without_our_id(_unused_ void **state)
{
	struct result r;
	struct desired *d = lost(STAND_UNMARK, &r);

	ONLY_IF(d);
	kit_off(d);
	kit.deletes = true;
	r = kit_go(d, &r);
	if (r.outcome == OUTCOME_OK)
		assert_int_equal(kit_stand->count(), 0);
	else
		assert_outcome(r, OUTCOME_BLOCKED);
}

/* Nobody but a person can say whether it is the same. */
static void test_disable_with_a_foreign_account_in_its_place(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_stand->act(STAND_DELETE, "annth");
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	kit_off(d);
	r = kit_go(d, &r);
	if (kit_stand->can_lose_id) {
		assert_outcome(r, OUTCOME_BLOCKED);
		assert_string_equal(r.fault.class, "disputed");
	}
	assert_true(kit_stand->look(kit.arena, "annth").active);
}

static void test_wanted_and_without_our_id(_unused_ void **state)
{
	struct result r;
	struct desired *d = lost(STAND_UNMARK, &r);

	ONLY_IF(d);
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	r = kit_go(d, &r);
	assert_true(r.outcome == OUTCOME_OK || r.outcome == OUTCOME_BLOCKED);
	assert_false(str_is_null(r.ext_id));
	assert_int_equal(kit_stand->count(), 1);
	/* And then its access shall end after all. */
	kit_off(d);
	assert_not_left_alive(kit_go(d, &r), d);
}

/* Neither our id nor the name finds it: only its key. */
static void test_disable_under_another_name_without_our_id(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->can_relabel);
	kit_stand->act(STAND_UNMARK, "annth");
	kit_stand->act(STAND_RELABEL, "annth");
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "disputed");
	/* Without a statement that could find it nothing is believed either. */
	kit.config.statements = without(without(kit.config.statements, "find_ext"), "find_login");
	kit_reopen();
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "unprovable");
	assert_true(kit_stand->look(kit.arena, "ten-khac").active);
}

static void test_disable_of_a_moved_account(_unused_ void **state)
{
	struct result r;
	struct desired *d = moved(false, &r);

	ONLY_IF(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_off(d);
}

static void test_disable_of_a_moved_account_without_our_id(_unused_ void **state)
{
	struct result r;
	struct desired *d = moved(true, &r);

	ONLY_IF(d);
	assert_not_left_alive(kit_go(d, &r), d);
	kit.deletes = true;
	assert_outcome(kit_go(d, &r), OUTCOME_BLOCKED);
	assert_int_equal(kit_stand->count(), 1);
}

static void assert_hidden_is_off(const struct desired *d)
{
	struct stand_account seen = kit_stand->look(kit.arena, arena_printf(kit.arena, "%.*s-khac", STR_ARG(d->login)).p);

	assert_int_equal(seen.n, 1);
	assert_false(seen.active);
	assert_int_equal(kit_stand->count(), 1);
}

/* Somebody has seen it coming. */
static void test_disable_of_a_hidden_account(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->can_hide);
	assert_false(str_is_empty(r.stable_id));
	kit_stand->act(STAND_HIDE, "annth");
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(r.sight, SIGHT_INACTIVE);
	assert_hidden_is_off(d);
}

/* Somebody does it afterwards, and makes it work again. */
static void test_hidden_once_it_was_off(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->can_hide);
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	kit_stand->act(STAND_HIDE, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_hidden_is_off(d);
}

/* Known to be ours, and never made a second time; that the name is another is for a person. */
static void test_a_hidden_account_is_not_made_again(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->can_hide);
	kit_stand->act(STAND_HIDE, "annth");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "rename");
	assert_int_equal(kit_stand->count(), 1);
}

/* What is at its place now has our id on it, and is another one. */
static void test_disable_with_a_decoy_in_its_place(void **state)
{
	struct desired *d = kit_official("annth"), *decoy = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->can_hide);
	kit_stand->act(STAND_HIDE, "annth");
	decoy->account_id = d->account_id;
	assert_outcome(kit_go(decoy, NULL), OUTCOME_OK);
	kit_off(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_false(kit_stand->look(kit.arena, "annth-khac").active);
	assert_false(kit_stand->look(kit.arena, "annth").active);
}

/* Our id, and its place: put right without a person. */
static void test_moved_and_without_our_id_it_is_repaired(void **state)
{
	struct desired *d = kit_official("annth");
	struct stand_account seen;
	struct result r;

	(void)state;
	ONLY_IF(kit_stand->can_hide);
	kit_roles(d, "");
	r = kit_go(d, NULL);
	kit_stand->act(STAND_UNMARK, "annth");
	kit_stand->act(STAND_MOVE, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	seen = kit_stand->look(kit.arena, "annth");
	assert_true(seen.active);
	assert_true(str_equal(seen.account_id, d->account_id));
	assert_int_equal(kit_stand->count(), 1);
}

/* A directory that was made anew from a file knows all entries by other identifiers: our id tells. */
static void test_what_it_was_known_by_is_another(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->can_hide);
	r.stable_id = STR("00000000-0000-4000-8000-000000000000");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_false(str_equal(r.stable_id, STR("00000000-0000-4000-8000-000000000000")));
	kit_off(d);
	r.stable_id = STR("00000000-0000-4000-8000-000000000000");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
	assert_int_equal(kit_stand->count(), 1);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_disable_without_our_id),
	SCENARIO(test_disable_with_the_id_of_another),
	SCENARIO(test_delete_without_our_id),
	SCENARIO(test_disable_with_a_foreign_account_in_its_place),
	SCENARIO(test_wanted_and_without_our_id),
	SCENARIO(test_disable_under_another_name_without_our_id),
	SCENARIO(test_disable_of_a_moved_account),
	SCENARIO(test_disable_of_a_moved_account_without_our_id),
	SCENARIO(test_disable_of_a_hidden_account),
	SCENARIO(test_hidden_once_it_was_off),
	SCENARIO(test_a_hidden_account_is_not_made_again),
	SCENARIO(test_disable_with_a_decoy_in_its_place),
	SCENARIO(test_moved_and_without_our_id_it_is_repaired),
	SCENARIO(test_what_it_was_known_by_is_another),
};
const struct scenarios scenarios_lost = { "lost", tests, ARRAY_LEN(tests) };
