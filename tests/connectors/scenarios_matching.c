/* Accounts that are there already: whose they are. */
#include "tests/connectors/mapped.h"

#define BY_LOGIN(confidence) "{\"matching\":[{\"by\":\"login\",\"confidence\":\"" confidence "\"}]}"

static const char *by_name(const char *confidence, const char *first)
{
	return arena_printf(kit.arena, "{\"matching\":[{\"by\":\"expression\",\"path\":\"%s\",\"value\":\"\\\"Người Khác\\\"\",\"confidence\":\"%s\"}],"
	                               "\"match_before_create\":%s}", kit_stand->name_path, confidence, first).p;
}

/* No stand without searching: webhooks say themselves whose an account is. */
#define ONLY_WHERE_THERE_IS_A_SEARCH         \
	do {                                 \
		(void)state;                 \
		ONLY_IF(kit_stand->name_path); \
	} while (0)

static void test_one_strong_hit_is_adopted(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	ONLY_WHERE_THERE_IS_A_SEARCH;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	map_to(d, NULL, BY_LOGIN("strong"));
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_adopted);
	assert_string_equal(r.adopted_by, "login");
	assert_int_equal(kit_stand->count(), 1);
	assert_there(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
}

static void test_a_weak_hit_is_for_a_person(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r, doubt = { .outcome = OUTCOME_IN_DOUBT };

	ONLY_WHERE_THERE_IS_A_SEARCH;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	map_to(d, NULL, BY_LOGIN("weak"));
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "disputed");
	assert_non_null(r.candidates);
	assert_int_equal(r.candidates->n, 1);
	assert_str_equal(r.candidates->items[0].label, "annth");
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Người Khác");
	assert_false(r.was_adopted);
	/* Who says it is, is believed. */
	kit.chosen = arena_dup(kit.arena, r.candidates->items[0].ext_id);
	r = kit_go(d, &doubt);
	assert_outcome(r, OUTCOME_OK);
	assert_string_equal(r.adopted_by, "person");
	assert_int_equal(kit_stand->count(), 1);
	assert_there(d);
}

static void test_several_are_never_the_first(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	ONLY_WHERE_THERE_IS_A_SEARCH;
	kit_stand->act(STAND_ADD_FOREIGN, "khacmot");
	kit_stand->act(STAND_ADD_FOREIGN, "khachai");
	map_to(d, NULL, by_name("strong", "true"));
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "disputed");
	assert_int_equal(r.candidates->n, 2);
	assert_int_equal(kit_stand->count(), 2);
}

static void test_before_the_first_creation(void **state)
{
	struct desired *d = kit_official("khacmot"), *other = kit_official("binhth");
	struct result r;

	ONLY_WHERE_THERE_IS_A_SEARCH;
	kit_stand->act(STAND_ADD_FOREIGN, "khacmot");
	/* Nobody like that: created. */
	map_to(other, NULL, "{\"matching\":[{\"by\":\"login\",\"confidence\":\"strong\"}],\"match_before_create\":true}");
	r = kit_go(other, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_created);
	map_to(d, NULL, by_name("strong", "true"));
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_true(r.was_adopted);
	assert_int_equal(kit_stand->count(), 2);
}

static void test_what_is_somebody_elses_is_never_adopted(void **state)
{
	struct desired *first = kit_official("annth"), *d = kit_official("annth");
	struct result r, doubt = { .outcome = OUTCOME_IN_DOUBT };

	ONLY_WHERE_THERE_IS_A_SEARCH;
	assert_outcome(kit_go(first, NULL), OUTCOME_OK);
	map_to(d, NULL, BY_LOGIN("strong"));
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_string_equal(r.fault.class, "disputed");
	assert_int_equal(r.candidates->n, 1);
	assert_true(r.candidates->items[0].is_linked);
	assert_there(first);
	/* Not by a person's word either. */
	kit.chosen = arena_dup(kit.arena, r.candidates->items[0].ext_id);
	assert_outcome(kit_go(d, &doubt), OUTCOME_BLOCKED);
	assert_there(first);
}

static void test_off_never_adopts(void **state)
{
	struct desired *d = kit_official("annth");

	ONLY_WHERE_THERE_IS_A_SEARCH;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	map_to(d, NULL, BY_LOGIN("strong"));
	kit_off(d);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_true(kit_stand->look(kit.arena, "annth").active);
	assert_str_equal(kit_stand->look(kit.arena, "annth").full_name, "Người Khác");
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_one_strong_hit_is_adopted),
	SCENARIO(test_a_weak_hit_is_for_a_person),
	SCENARIO(test_several_are_never_the_first),
	SCENARIO(test_before_the_first_creation),
	SCENARIO(test_what_is_somebody_elses_is_never_adopted),
	SCENARIO(test_off_never_adopts),
};
const struct scenarios scenarios_matching = { "matching", tests, ARRAY_LEN(tests) };
