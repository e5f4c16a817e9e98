/* Accounts that are not ours, changes behind our back, many at a time, and what we may not do. */
#include "tests/connectors/kit.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define CROWD 50
#define MANY 25

static void test_a_taken_name_is_not_taken_over(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_int_equal(kit_stand->count(), 1);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Người Khác");
}

static void test_a_taken_name_in_doubt(void **state)
{
	struct desired *d = kit_official("annth");
	struct result doubt = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	assert_outcome(kit_go(d, &doubt), OUTCOME_BLOCKED);
	assert_int_equal(kit_stand->count(), 1);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Người Khác");
}

static void test_a_foreign_account_is_never_disabled(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	kit_off(d);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_true(kit_stand->look(kit.arena, "annth").active);
}

static void test_the_name_is_free_again(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	assert_outcome(kit_go(d, NULL), OUTCOME_BLOCKED);
	kit_stand->act(STAND_DELETE, "annth");
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_there(d);
}

static void test_unmanaged_accounts_are_not_touched(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "quantri");
	kit_stand->act(STAND_GIVE_ROLE, "quantri");
	r = kit_go(d, NULL);
	kit_roles(d, "");
	r = kit_go(d, &r);
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);

	struct stand_account other = kit_stand->look(kit.arena, "quantri");

	assert_true(other.active);
	assert_str_equal(other.full_name, "Người Khác");
	if (!str_is_null(other.roles))
		assert_str_equal(other.roles, "TK");
}

/* More than a page of a listing: ours is found, and what is not there is known not to be. */
static void test_among_many_others(void **state)
{
	struct desired *d = kit_official("annth");
	struct result doubt = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	for (int i = 0; i < MANY; i++)
		kit_stand->act(STAND_ADD_FOREIGN, arena_cstr(kit.arena, arena_printf(kit.arena, "khac%d", i)));
	assert_outcome(kit_go(d, &doubt), OUTCOME_OK);
	assert_outcome(kit_go(d, &doubt), OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->count(), MANY + 1);
}

static void repaired_after(enum stand_act act)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	kit_stand->act(act, "annth");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_a_changed_name_is_repaired(void **state)
{
	(void)state;
	repaired_after(STAND_RENAME);
}

static void test_a_lost_role_is_repaired(void **state)
{
	(void)state;
	repaired_after(STAND_TAKE_ROLE);
}

static void test_a_role_given_there_is_taken(void **state)
{
	(void)state;
	repaired_after(STAND_GIVE_ROLE);
}

static void test_a_deleted_account_is_made_again(void **state)
{
	(void)state;
	repaired_after(STAND_DELETE);
}

static void test_what_others_keep_there_stays(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	ONLY_IF(kit_stand->keeps_phone);
	kit_stand->act(STAND_SET_PHONE, "annth");
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	kit_roles(d, "TK");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
	assert_str_equal(kit_stand->look(kit.arena, "annth").phone, "0238 111 222");
}

static void test_enabled_there_is_disabled_again(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_off(d);
	r = kit_go(d, &r);
	kit_stand->act(STAND_ENABLE, "annth");
	kit_stand->act(STAND_GIVE_ROLE, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static void test_disable_of_a_deleted_account(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_stand->act(STAND_DELETE, "annth");
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_a_foreign_account_in_place_of_ours(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_stand->act(STAND_DELETE, "annth");
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Người Khác");
}

struct one {
	struct arena *arena;
	const struct desired *d;
	struct result result;
};

static void *go_alone(void *arg)
{
	struct one *one = arg;

	one->result = kit_go_in(one->arena, one->d, NULL);
	return NULL;
}

static void go_together(struct one *crowd)
{
	for (size_t i = 0; i < CROWD; i++)
		crowd[i].arena = arena_new((size_t)1024 * 1024);
	at_once(go_alone, crowd, CROWD, sizeof(crowd[0]));
}

static void free_crowd(struct one *crowd)
{
	for (size_t i = 0; i < CROWD; i++)
		arena_free(crowd[i].arena);
}

static void test_fifty_at_a_time(void **state)
{
	struct one crowd[CROWD];

	(void)state;
	for (size_t i = 0; i < CROWD; i++)
		crowd[i].d = kit_official(arena_cstr(kit.arena, arena_printf(kit.arena, "nv%zu", i)));
	go_together(crowd);
	for (size_t i = 0; i < CROWD; i++) {
		kit_go_until_ok(crowd[i].d, crowd[i].result, 5);
		assert_there(crowd[i].d);
	}
	assert_int_equal(kit_stand->count(), CROWD);
	free_crowd(crowd);
}

static void test_fifty_times_the_same(void **state)
{
	struct one crowd[CROWD];
	const struct desired *d = kit_official("annth");

	(void)state;
	for (size_t i = 0; i < CROWD; i++)
		crowd[i].d = d;
	go_together(crowd);
	/* On a busy machine all of them may have run out of time. */
	assert_true(kit_stand->count() <= 1);
	kit_go_until_ok(d, crowd[0].result, 5);
	free_crowd(crowd);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_may_not_create(void **state)
{
	struct desired *d = kit_official("annth");

	(void)state;
	kit.ops_allowed = OP_ALLOWED_UPDATE | OP_ALLOWED_DISABLE;
	assert_outcome(kit_go(d, NULL), OUTCOME_BLOCKED);
	assert_int_equal(kit_stand->count(), 0);
}

static void test_may_not_update(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit.ops_allowed = OP_ALLOWED_CREATE | OP_ALLOWED_DISABLE;
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	assert_outcome(kit_go(d, &r), OUTCOME_BLOCKED);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Nguyễn Thị Hồng Ánh");
}

static void test_may_not_disable(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit.ops_allowed = OP_ALLOWED_CREATE | OP_ALLOWED_UPDATE;
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_BLOCKED);
	assert_true(kit_stand->look(kit.arena, "annth").active);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_a_taken_name_is_not_taken_over),
	SCENARIO(test_a_taken_name_in_doubt),
	SCENARIO(test_a_foreign_account_is_never_disabled),
	SCENARIO(test_the_name_is_free_again),
	SCENARIO(test_unmanaged_accounts_are_not_touched),
	SCENARIO(test_among_many_others),
	SCENARIO(test_a_changed_name_is_repaired),
	SCENARIO(test_a_lost_role_is_repaired),
	SCENARIO(test_a_role_given_there_is_taken),
	SCENARIO(test_a_deleted_account_is_made_again),
	SCENARIO(test_what_others_keep_there_stays),
	SCENARIO(test_enabled_there_is_disabled_again),
	SCENARIO(test_disable_of_a_deleted_account),
	SCENARIO(test_a_foreign_account_in_place_of_ours),
	SCENARIO(test_fifty_at_a_time),
	SCENARIO(test_fifty_times_the_same),
	SCENARIO(test_may_not_create),
	SCENARIO(test_may_not_update),
	SCENARIO(test_may_not_disable),
};
const struct scenarios scenarios_others = { "others", tests, ARRAY_LEN(tests) };
