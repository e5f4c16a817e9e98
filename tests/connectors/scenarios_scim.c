/* What SCIM servers can do and cannot, one thing at a time (stand_scim_peer.h): how they say it, and how it is got round. */
#include "tests/connectors/peer_life.h"

static void test_what_it_can_do_is_asked_once(void **state)
{
	(void)state;
	whole_life("annth");
	whole_life("binhnv");
	assert_int_equal(peer_calls("GET", "/ServiceProviderConfig"), 1);
	assert_int_equal(peer_calls("GET", "/Schemas"), 1);
	assert_int_equal(peer_calls("GET", "/ResourceTypes"), 1);
}

static void test_it_is_asked_again_after_a_time(void **state)
{
	int64_t until_ms = clock_mono_ms() + 5000;
	size_t n = 0;

	(void)state;
	peer_switches("discovery_s=1");
	for (struct desired *d = kit_official("annth"); n < 2 && clock_mono_ms() < until_ms;) {
		kit_go(d, NULL);
		n = peer_calls("GET", "/ServiceProviderConfig");
	}
	assert_int_equal(n, 2);
}

/* Once it was known that roles are groups there, a fault of its discovery does not make them an attribute. */
static void test_what_is_known_outlives_a_fault(void **state)
{
	struct desired *d = kit_official("annth");
	int64_t until_ms = clock_mono_ms() + 8000;
	struct result r;

	(void)state;
	peer_tell("{'settings':{'roles':'reject'}}");
	peer_switches("discovery_s=1");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(peer_members("MC"), 1);
	peer_tell("{'settings':{'discovery':'500'},'forgetCalls':true}");
	while (peer_calls("GET", "/Schemas") == 0 && clock_mono_ms() < until_ms)
		kit_go(d, &r);
	kit_roles(d, "TK");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(peer_members("MC"), 0);
	assert_int_equal(peer_members("TK"), 1);
}

static void test_it_may_say_nothing_of_itself(void **state)
{
	static const char *const how[] = { "404", "403", "401", "501", "500", "html" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{'discovery':'%s'}}", how[i]).p);
		kit_reopen();
		whole_life("annth");
		assert_true(peer_calls("GET", "/ServiceProviderConfig") >= 1);
	}
}

static void test_switches_override(void **state)
{
	(void)state;
	peer_tell("{'settings':{'bulk':{'maxOperations':9,'maxPayloadSize':99999},'etag':false,'async':'event'}}");
	peer_switches("discovery=no, bulk=no, async=no, search=no, patch=no");
	whole_life("annth");
	assert_int_equal(peer_calls("GET", "/ServiceProviderConfig"), 0);
	assert_int_equal(peer_calls("PATCH", "/Users"), 0);
	assert_true(peer_calls("PUT", "/Users") >= 2);
	assert_int_equal(peer_calls("POST", "/Users/.search"), 0);
}

/* The paths of the last PATCH, "-" for none. */
static struct str patched(void)
{
	_json_ json_t *calls = peer_requests("PATCH", "/Users");
	const json_t *last = json_array_get(calls, json_array_size(calls) - 1);
	struct str said = STR("");
	size_t i;
	json_t *operation;

	json_array_foreach(json_object_get(json_object_get(last, "body"), "Operations"), i, operation) {
		struct str path = json_get_str(operation, "path");

		said = arena_printf(kit.arena, "%.*s%s%.*s %.*s", STR_ARG(said), i > 0 ? ", " : "", STR_ARG(json_get_str(operation, "op")),
		                    STR_ARG(str_is_null(path) ? STR("-") : path));
	}
	return said;
}

static void test_elements_by_their_values(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = { .outcome = OUTCOME_RETRY };

	(void)state;
	peer_switches("style=value");
	kit_roles(d, "MC,TK");
	r = kit_go(d, NULL);
	kit_roles(d, "ADMIN,TK");
	d->mail = STR("an.moi@nghean.example");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_str_equal(patched(), "replace emails[type eq \"work\"].value, remove roles[value eq \"MC\"], add roles");
	assert_there(d);
}

/* Refused, and certainly not done: another way, which is then known. */
static void test_a_way_of_changing_that_it_does_not_know(void **state)
{
	static const struct {
		const char *settings, *switches;
		size_t n_patches; /* in a whole life and another one, four changes: one of them refused, or each as often as it must */
	} cases[] = {
		{ "'valuePaths':false", "style=value", 6 },
		{ "'paths':false,'valuePaths':false", "", 5 },
		{ "'paths':false,'pathless':false,'valuePaths':false", "", 8 },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{%s}}", cases[i].settings).p);
		peer_switches(cases[i].switches);
		whole_life("annth");
		whole_life("binhnv");
		assert_true(peer_calls("PATCH", "/Users") <= cases[i].n_patches);
	}
}

static void test_without_patch(void **state)
{
	(void)state;
	peer_tell("{'settings':{'patch':false}}");
	whole_life("annth");
	whole_life("binhnv");
	assert_int_equal(peer_calls("PATCH", "/Users"), 1);
	assert_true(peer_calls("PUT", "/Users") >= 4);
}

static void test_versions(void **state)
{
	_json_ json_t *calls = NULL;
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'etag':true}}");
	r = kit_go(d, NULL);
	changed(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	calls = peer_requests("PATCH", "/Users");
	assert_int_equal(json_array_size(calls), 1);
	assert_true(str_starts(json_get_str(json_array_get(calls, 0), "ifMatch"), STR("W/\"")));
	kit_off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
}

/* Somebody else is faster once, then always. */
static void test_a_version_that_is_not_any_more(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'etag':true}}");
	r = kit_go(d, NULL);
	peer_tell("{'settings':{'races':1}}");
	r = kit_go(changed(d), &r);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(peer_calls("PATCH", "/Users"), 2);
	assert_there(d);
	peer_tell("{'settings':{'races':1000}}");
	d->post = STR("Phó Chánh văn phòng");
	assert_outcome(kit_go(d, &r), OUTCOME_RETRY);
	peer_tell("{'settings':{'races':0}}");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
}

static void test_a_password_that_nobody_knows(void **state)
{
	_json_ json_t *calls = NULL;
	struct desired *d = kit_official("annth");

	(void)state;
	peer_tell("{'settings':{'wantsPassword':true}}");
	assert_outcome(kit_go(d, NULL), OUTCOME_BLOCKED);
	peer_switches("password=random");
	whole_life("annth");
	calls = peer_requests("POST", "/Users");
	assert_true(json_get_str(json_object_get(json_array_get(calls, json_array_size(calls) - 1), "body"), "password").len >= 30 ||
	            json_get_str(json_object_get(json_array_get(calls, 1), "body"), "password").len >= 30);
}

static void test_one_address_only(void **state)
{
	(void)state;
	peer_tell("{'settings':{'emails':1}}");
	peer_switches("emails=one");
	whole_life("annth");
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_what_it_can_do_is_asked_once),
	SCENARIO(test_it_is_asked_again_after_a_time),
	SCENARIO(test_what_is_known_outlives_a_fault),
	SCENARIO(test_it_may_say_nothing_of_itself),
	SCENARIO(test_switches_override),
	SCENARIO(test_elements_by_their_values),
	SCENARIO(test_a_way_of_changing_that_it_does_not_know),
	SCENARIO(test_without_patch),
	SCENARIO(test_versions),
	SCENARIO(test_a_version_that_is_not_any_more),
	SCENARIO(test_a_password_that_nobody_knows),
	SCENARIO(test_one_address_only),
};
const struct scenarios scenarios_scim = { "scim", tests, ARRAY_LEN(tests) };
