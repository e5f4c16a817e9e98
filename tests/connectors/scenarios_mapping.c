/* What a mapping of the platform says, and accounts that are there already: whose they are. */
#include "common/base/json.h"
#include "tests/connectors/kit.h"

#include <string.h>

/* Where the full name and the title of the post stand. */
static const struct place {
	const char *kind, *name, *post;
} places[] = {
	{ "scim", "displayName", "title" },
	{ "ldap", "displayName", "title" },
	{ "sql", "full_name", "post" },
	{ "webhook", "full_name", "post" },
};

static const struct place *place(void)
{
	for (size_t i = 0; i < ARRAY_LEN(places); i++)
		if (str_equal(kit.config.kind, str_c(places[i].kind)))
			return &places[i];
	fail_msg("no such kind");
	return NULL;
}

static bool is_sql(void)
{
	return str_equal(kit.config.kind, STR("sql"));
}

/* What the connector does alone, as a mapping, with one row put in place of another, and rules. */
static void map_to(struct desired *d, const char *row, const char *rules)
{
	struct account_facts facts = {
		.account_id = d->account_id, .login = d->login, .status = STR("active"), .employee_code = d->employee_code, .ho = d->ho, .dem = d->dem,
		.ten = d->ten, .full_name = d->full_name, .unit_code = d->unit_code, .unit_name = d->unit_name, .post = d->post, .person_kind = STR("cong_chuc"),
	};
	struct mapping_document_fault fault = { .field = STR("") };
	enum mapping_kind kind = MAPPING_SCIM;
	_json_ json_t *json = NULL;
	const struct mapping *m;
	json_t *rows, *own;
	size_t i;

	assert_true(mapping_kind_read(kit.config.kind, &kind));
	json = json_read(mapping_default(kind), 8, NULL);
	rows = json_object_get(json, "attributes");
	own = row ? json_read(str_c(row), 4, NULL) : NULL;
	if (row) {
		json_t *one;

		json_array_foreach(rows, i, one)
			if (str_equal(json_get_str(one, "path"), json_get_str(own, "path")))
				break;
		assert_true(i < json_array_size(rows));
		json_array_set_new(rows, i, own);
	}
	if (rules)
		json_object_update_new(json, json_read(str_c(rules), 6, NULL));
	m = mapping_document_read(kit.arena, json, &fault);
	if (!m)
		fail_msg("%.*s: %s", STR_ARG(fault.field), fault.text);
	d->mapping = NULL;
	plan_mapped(kit.arena, &facts, m, d);
	random_uuid(d->hash);
}

static const char *row(const char *path, const char *rest)
{
	return arena_printf(kit.arena, "{\"path\":\"%s\",%s}", path, rest).p;
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

#define BY_LOGIN(confidence) "{\"matching\":[{\"by\":\"login\",\"confidence\":\"" confidence "\"}]}"

static const char *by_name(const char *confidence, const char *first)
{
	return arena_printf(kit.arena, "{\"matching\":[{\"by\":\"expression\",\"path\":\"%s\",\"value\":\"\\\"Người Khác\\\"\",\"confidence\":\"%s\"}],"
	                               "\"match_before_create\":%s}", kit_stand->name_path, confidence, first).p;
}

/* No stand without searching: webhooks say themselves whose an account is. */
#define ONLY_WHERE_THERE_IS_A_SEARCH    \
	do {                            \
		(void)state;            \
		if (!kit_stand->name_path) \
			skip();         \
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
	if (str_equal(kit.config.kind, STR("webhook")))
		return;
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
	SCENARIO(test_one_strong_hit_is_adopted),
	SCENARIO(test_a_weak_hit_is_for_a_person),
	SCENARIO(test_several_are_never_the_first),
	SCENARIO(test_before_the_first_creation),
	SCENARIO(test_what_is_somebody_elses_is_never_adopted),
	SCENARIO(test_off_never_adopts),
	SCENARIO(test_what_is_not_enforced_stays),
	SCENARIO(test_what_a_mapping_gives_and_is_not_enforced_stays),
	SCENARIO(test_roles_that_are_not_enforced_stay),
};
const struct scenarios scenarios_mapping = { "mapping", tests, ARRAY_LEN(tests) };
