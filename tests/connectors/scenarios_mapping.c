/* What a mapping of the platform says, and what of it is not enforced. */
#include "tests/connectors/mapped.h"

static bool is_sql(void)
{
	return str_equal(kit.config.kind, STR("sql"));
}

static void test_an_expression_reaches_the_platform(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	map_to(d, row(place()->name, "\"value\":\"full_name + \\\" (\\\" + unit.name + \\\")\\\"\""), NULL);
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Nguyễn Thị Hồng Ánh (Phường Trường Vinh)");
	kit_stand->act(STAND_RENAME, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Nguyễn Thị Hồng Ánh (Phường Trường Vinh)");
}

static void test_the_default_mapping_is_what_is_done_without_one(void **state)
{
	struct desired *d = kit_official("annth"), *mapped = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	mapped->account_id = d->account_id;
	map_to(mapped, NULL, NULL);
	assert_outcome(kit_go(mapped, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_theirs_is_left_alone(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	map_to(d, row(place()->name, "\"owner\":\"theirs\""), NULL);
	r = kit_go(d, NULL);
	if (is_sql()) {
		/* The statements of the file send it: that is told, and nothing is written. */
		assert_outcome(r, OUTCOME_BLOCKED);
		assert_string_equal(r.fault.class, "mapping");
		assert_int_equal(kit_stand->count(), 0);
		return;
	}
	if (kit_stand->needs_name) {
		assert_outcome(r, OUTCOME_BLOCKED);
		assert_int_equal(kit_stand->count(), 0);
		return;
	}
	assert_outcome(r, OUTCOME_OK);
	kit_stand->act(STAND_RENAME, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Ai đó khác");
}

static void test_initial_is_sent_once(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	map_to(d, row(place()->name, "\"value\":\"full_name\",\"owner\":\"initial\""), NULL);
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Nguyễn Thị Hồng Ánh");
	kit_stand->act(STAND_RENAME, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Ai đó khác");
}

static void test_null_clears(void **state)
{
	struct desired *d = kit_official("annth"), *without = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	assert_outcome(r, OUTCOME_OK);
	without->account_id = d->account_id;
	map_to(without, row(place()->post, "\"value\":\"null\""), NULL);
	assert_outcome(kit_go(without, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").post, "");
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Nguyễn Thị Hồng Ánh");
}

static void test_a_mapping_of_another_kind_is_refused(void **state)
{
	struct desired *d = kit_official("annth");
	struct mapping *other = ARENA_NEW(kit.arena, struct mapping);
	struct result r;

	(void)state;
	map_to(d, NULL, NULL);
	*other = *d->mapping;
	other->kind = d->mapping->kind == MAPPING_SQL ? MAPPING_LDAP : MAPPING_SQL;
	d->mapping = other;
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "mapping");
	assert_int_equal(kit_stand->count(), 0);
}

static void test_off_needs_no_mapping(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	assert_outcome(r, OUTCOME_OK);
	map_to(d, row(place()->name, "\"owner\":\"theirs\""), NULL);
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static void leave(struct desired *d, const char *attribute)
{
	struct str *names = ARENA_ARRAY(kit.arena, struct str, 1);

	names[0] = str_c(attribute);
	d->left = names;
	d->n_left = 1;
}

/* The policy of attributes: what others made of it stays, whatever else changes; a new account has it all. */
static void test_what_is_not_enforced_stays(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	kit_stand->act(STAND_RENAME, "annth");
	leave(d, place()->name);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Ai đó khác");
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	d->post = STR("Phó Chủ tịch");
	kit_roles(d, "MC,TK");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Ai đó khác");
	assert_str_equal(kit_stand->look(kit.arena, "annth").post, "Phó Chủ tịch");
	assert_str_equal(kit_stand->look(kit.arena, "annth").roles, "MC,TK");
	kit_stand->act(STAND_DELETE, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
	d->n_left = 0;
	kit_stand->act(STAND_RENAME, "annth");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_what_a_mapping_gives_and_is_not_enforced_stays(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	map_to(d, NULL, NULL);
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	kit_stand->act(STAND_RENAME, "annth");
	leave(d, place()->name);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Ai đó khác");
	d->n_left = 0;
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

/* A role that others gave stays, until access ends. */
static void test_roles_that_are_not_enforced_stay(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	/* A message always says which roles there shall be. */
	ONLY_IF(!str_equal(kit.config.kind, STR("webhook")));
	kit_stand->act(STAND_GIVE_ROLE, "annth");
	leave(d, "roles");
	d->post = STR("Phó Chủ tịch");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_str_equal(kit_stand->look(kit.arena, "annth").roles, "MC,TK");
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_an_expression_reaches_the_platform),
	SCENARIO(test_the_default_mapping_is_what_is_done_without_one),
	SCENARIO(test_theirs_is_left_alone),
	SCENARIO(test_initial_is_sent_once),
	SCENARIO(test_null_clears),
	SCENARIO(test_a_mapping_of_another_kind_is_refused),
	SCENARIO(test_off_needs_no_mapping),
	SCENARIO(test_what_is_not_enforced_stays),
	SCENARIO(test_what_a_mapping_gives_and_is_not_enforced_stays),
	SCENARIO(test_roles_that_are_not_enforced_stay),
};
const struct scenarios scenarios_mapping = { "mapping", tests, ARRAY_LEN(tests) };
