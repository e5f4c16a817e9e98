/* Roles that are groups of a SCIM server: who is in them, and that nobody else leaves them. */
#include "provisioning/scim/http.h"
#include "tests/connectors/peer_life.h"

#include <string.h>

/* Changes of members in the largest PATCH of a group; none replaces them all. */
static size_t largest_change(void)
{
	_json_ json_t *calls = peer_requests("PATCH", "/Groups");
	size_t i, k, most = 0;
	json_t *call, *operation;

	json_array_foreach(calls, i, call) {
		size_t n = 0;

		json_array_foreach(json_object_get(json_object_get(call, "body"), "Operations"), k, operation) {
			assert_false(str_equal_nocase(json_get_str(operation, "op"), STR("replace")));
			n += json_object_get(operation, "value") ? json_array_size(json_object_get(operation, "value")) : 1;
		}
		most = n > most ? n : most;
	}
	return most;
}

/* In the end all of them are in the group of their role. */
static void crowd_joins(void)
{
	static struct one crowd[CROWD_MAX];

	crowd_go(crowd, CROWD_MAX);
	for (size_t i = 0; i < CROWD_MAX; i++) {
		kit_go_until_ok(crowd[i].d, crowd[i].result, 3);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(peer_members("MC"), CROWD_MAX);
}

static void test_roles_as_groups(void **state)
{
	(void)state;
	peer_tell("{'settings':{'roles':'reject','slowMs':" GATHER_MS "}}");
	peer_switches("roles=groups, chunk=4");
	crowd_joins();
	assert_true(largest_change() >= 2 && largest_change() <= 4);
	assert_int_equal(peer_calls("PUT", "/Groups"), 0);
}

static void fill(size_t n)
{
	struct str ids = STR("");

	for (size_t i = 0; i < n; i++)
		ids = arena_printf(kit.arena, "%.*s%s'other-%zu'", STR_ARG(ids), i > 0 ? "," : "", i);
	peer_tell(arena_printf(kit.arena, "{'act':'fill','role':'sen-MC','roles':[%.*s]}", STR_ARG(ids)).p);
}

static void test_too_many_members_at_a_time(void **state)
{
	(void)state;
	peer_tell("{'settings':{'roles':'reject','membersMax':2,'slowMs':" GATHER_MS "}}");
	peer_switches("roles=groups");
	crowd_joins();
	assert_true(atomic_load(&((struct scim *)kit.instance)->chunk) <= 2 && atomic_load(&((struct scim *)kit.instance)->chunk) >= 1);
}

static void test_other_members_stay(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'roles':'reject'}}");
	peer_switches("roles=groups");
	fill(150);
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(peer_members("MC"), 151);
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(peer_members("MC"), 150);
}

/* FusionAuth#2784: a PATCH that adds one member drops those beyond a hundred. */
static void test_a_group_that_loses_members(void **state)
{
	struct desired *d = kit_official("annth"), *other = kit_official("binhnv");
	struct result r, r2;

	(void)state;
	peer_tell("{'settings':{'roles':'reject'}}");
	peer_switches("roles=groups");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	fill(120);
	peer_tell("{'settings':{'dropMembersAbove':100}}");
	kit_reopen();
	r2 = kit_go(other, NULL);
	assert_outcome(r2, OUTCOME_BLOCKED);
	assert_true(strcmp(r2.fault.class, "lost_members") == 0);
	/* Nobody is added any more; who is to leave it leaves. */
	assert_outcome(kit_go(kit_official("chinv"), NULL), OUTCOME_BLOCKED);
	kit_off(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_off(d);
}

static void test_members_by_filter(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'roles':'reject','userGroups':false}}");
	peer_switches("roles=groups, membership=filter");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_OK);
	kit_roles(d, "ADMIN,TK");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(peer_members("MC"), 0);
	assert_int_equal(peer_members("TK"), 1);
	assert_int_equal(peer_members("ADMIN"), 1);
	/* One that ignores it would show everybody in everything. */
	peer_tell("{'settings':{'filters':'ignore'}}");
	kit_reopen();
	kit_roles(d, "TK");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_true(strcmp(r.fault.class, "unprovable") == 0);
	assert_int_equal(peer_members("ADMIN"), 1);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_roles_as_groups),
	SCENARIO(test_too_many_members_at_a_time),
	SCENARIO(test_other_members_stay),
	SCENARIO(test_a_group_that_loses_members),
	SCENARIO(test_members_by_filter),
};
const struct scenarios scenarios_scim_groups = { "scim: groups", tests, ARRAY_LEN(tests) };
