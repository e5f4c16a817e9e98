/* What one maker's servers want otherwise than others (stand_scim_peer.h), seen in what they were sent. */
#include "tests/connectors/peer_life.h"

#define CROWD 12

static void crowd_lives(void)
{
	static struct one crowd[CROWD];

	crowd_begin(crowd, CROWD);
	for (size_t i = 0; i < CROWD; i++) {
		struct desired *d = (struct desired *)(uintptr_t)crowd[i].d;
		struct result r;

		pthread_join(crowd[i].thread, NULL);
		r = kit_go_until_ok(d, crowd[i].result, 3);
		r.ext_id = arena_dup(kit.arena, r.ext_id);
		arena_free(crowd[i].arena);
		assert_there(d);
		kit_roles(d, i % 2 ? "ADMIN,TK" : "MC,TK");
		d->mail = STR("an.moi@nghean.example");
		r = kit_go_until_ok(d, kit_go(d, &r), 3);
		assert_there(d);
		if (i % 3)
			continue;
		kit_off(d);
		kit_go_until_ok(d, kit_go(d, &r), 3);
		assert_off(d);
	}
}

/* All operations of PATCH there, looked at one by one. */
static void each_operation(const char *path, void (*look)(const json_t *operation))
{
	_json_ json_t *calls = peer_requests("PATCH", path);
	size_t i, k;
	json_t *call, *operation;

	json_array_foreach(calls, i, call)
		json_array_foreach(json_object_get(json_object_get(call, "body"), "Operations"), k, operation)
			look(operation);
}

static void is_no_replacement(const json_t *operation)
{
	assert_false(str_equal_nocase(json_get_str(operation, "op"), STR("replace")));
	assert_true(json_array_size(json_object_get(operation, "value")) <= 100);
}

static void removes_by_value(const json_t *operation)
{
	is_no_replacement(operation);
	assert_str_equal(json_get_str(operation, "path"), "members");
	assert_true(json_array_size(json_object_get(operation, "value")) >= 1);
}

static void is_capital(const json_t *operation)
{
	struct str op = json_get_str(operation, "op");

	assert_true(str_equal(op, STR("Add")) || str_equal(op, STR("Replace")) || str_equal(op, STR("Remove")));
}

/* The makers' servers refuse what they cannot do: that the crowd lives shows that they got nothing of it. */
static void test_a_crowd_in_its_manner(void **state)
{
	(void)state;
	crowd_lives();
	if (peer_is("aws"))
		each_operation("/Groups", removes_by_value);
	if (peer_is("keycloak"))
		each_operation("/Groups", is_no_replacement);
	if (peer_is("entra"))
		each_operation("/Users", is_capital);
	if (peer_is("aws") || peer_is("keycloak")) {
		assert_true(peer_calls("PATCH", "/Groups") > 0);
		assert_int_equal(peer_members("TK"), CROWD - CROWD / 3);
	}
}

static void test_no_request_that_it_does_not_know(void **state)
{
	(void)state;
	crowd_lives();
	if (peer_is("aws") || peer_is("entra"))
		assert_int_equal(peer_calls("POST", "/Users/.search"), 0);
	if (!peer_is("modern"))
		assert_int_equal(peer_calls("POST", "/Bulk"), 0);
	assert_int_equal(peer_calls("PUT", "/Groups"), 0);
	assert_int_equal(peer_calls("PUT", "/Users"), 0);
}

static void test_pages_are_as_large_as_it_allows(void **state)
{
	static const struct {
		const char *persona;
		int64_t most;
	} cases[] = { { "aws", 50 }, { "keycloak", 100 }, { "entra", 100 }, { "modern", 3 } };
	struct list_page page = { .cursor = STR_NULL };
	struct call call = { .instance = kit.instance, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	_json_ json_t *calls = NULL;
	struct op op;

	(void)state;
	assert_outcome(kit_go(kit_official("annth"), NULL), OUTCOME_OK);
	peer_tell("{'forgetCalls':true}");
	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	assert_int_equal(kit.connector->list(&call, &page), VERDICT_DONE);
	assert_int_equal(page.n, 1);
	calls = peer_requests(NULL, "/Users");
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		const json_t *asked = json_array_get(calls, 0);
		int64_t count = json_get_int(json_object_get(asked, "body"), "count", 0);

		if (peer_is(cases[i].persona))
			assert_true(count == cases[i].most ||
			            str_contains(json_get_str(asked, "query"), arena_printf(kit.arena, "count=%d", (int)cases[i].most)));
	}
}

/* More accounts than one page shows, where there is no second: a list that is not whole is none. */
static void test_more_than_one_page(void **state)
{
	struct call call = { .instance = kit.instance, .deadline_ms = clock_mono_ms() + kit.lease_ms };
	struct list_page page = { .cursor = STR_NULL };
	size_t n = 0;
	struct op op;

	(void)state;
	for (int i = 0; i < 55; i++)
		kit_stand->act(STAND_ADD_FOREIGN, arena_printf(kit.arena, "khac%d", i).p);
	assert_outcome(kit_go(kit_official("annth"), NULL), OUTCOME_OK);
	op_init(&op, kit.arena, NULL, NULL);
	call.op = &op;
	for (int i = 0; i < 30; i++) {
		assert_int_equal(kit.connector->list(&call, &page), VERDICT_DONE);
		n += page.n;
		if (str_is_null(page.next) || page.n == 0)
			break;
		page.cursor = page.next;
	}
	if (peer_is("aws"))
		assert_true(page.total == 56 && page.proof == LIST_BY_COUNT);
	else
		assert_int_equal(n, 56);
}

/* Right to the last: what others did is repaired in the maker's manner, too. */
static void test_repairs_in_its_manner(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	r = kit_go_until_ok(d, kit_go(d, NULL), 3);
	kit_stand->act(STAND_GIVE_ROLE, "annth");
	kit_stand->act(STAND_RENAME, "annth");
	r = kit_go_until_ok(d, kit_go(d, &r), 3);
	assert_there(d);
	kit_stand->act(STAND_TAKE_ROLE, "annth");
	r = kit_go_until_ok(d, kit_go(d, &r), 3);
	assert_there(d);
	kit.deletes = true;
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_a_crowd_in_its_manner),
	SCENARIO(test_no_request_that_it_does_not_know),
	SCENARIO(test_pages_are_as_large_as_it_allows),
	SCENARIO(test_more_than_one_page),
	SCENARIO(test_repairs_in_its_manner),
};
const struct scenarios scenarios_persona = { "persona", tests, ARRAY_LEN(tests) };
