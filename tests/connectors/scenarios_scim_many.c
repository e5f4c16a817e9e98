/* Many accounts of a SCIM server: listed page by page, looked for, and changed many in one request. */
#include "tests/connectors/peer_life.h"

/* All accounts by list(); beginning again as the observer does. */
static size_t listed(size_t *ret_restarts)
{
	struct list_page page = { .cursor = STR_NULL };
	size_t n = 0;

	*ret_restarts = 0;
	for (int i = 0; i < 50; i++) {
		struct call call = { .instance = kit.instance, .deadline_ms = clock_mono_ms() + kit.lease_ms };
		struct op op;
		enum verdict verdict;

		op_init(&op, kit.arena, NULL, NULL);
		call.op = &op;
		verdict = kit.connector->list(&call, &page);
		if (verdict == VERDICT_ABSENT) {
			(*ret_restarts)++;
			n = 0;
			page = (struct list_page){ .cursor = STR_NULL };
			continue;
		}
		assert_int_equal(verdict, VERDICT_DONE);
		n += page.n;
		if (str_is_null(page.next))
			return n;
		page.cursor = page.next;
	}
	fail_msg("%s", "a list without end");
	return 0;
}

static void create_many(size_t n)
{
	for (size_t i = 0; i < n; i++)
		assert_outcome(kit_go(kit_official(arena_printf(kit.arena, "annth%zu", i).p), NULL), OUTCOME_OK);
}

static void test_cursors(void **state)
{
	size_t restarts;

	(void)state;
	peer_tell("{'settings':{'paging':'cursor','pageMax':3}}");
	create_many(10);
	assert_int_equal(listed(&restarts), 10);
	assert_int_equal(restarts, 0);
	peer_tell("{'settings':{'expireCursors':1}}");
	assert_int_equal(listed(&restarts), 10);
	assert_int_equal(restarts, 1);
}

/* Filters are ignored, pages have cursors, and one of these expires on the way: found nevertheless, or known to be nowhere. */
static void test_looked_for_in_all_pages(void **state)
{
	struct desired *d = kit_official("zuongtv");
	struct result r = { .outcome = OUTCOME_IN_DOUBT };

	(void)state;
	peer_tell("{'settings':{'paging':'cursor','pageMax':3}}");
	create_many(8);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	peer_tell("{'settings':{'filters':'ignore','expireCursors':1}}");
	kit_reopen();
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	r = (struct result){ .outcome = OUTCOME_IN_DOUBT };
	assert_outcome(kit_go(kit_official("binhnv"), &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 10);
}

static void test_pages_that_are_too_large(void **state)
{
	_json_ json_t *first = NULL, *second = NULL;
	size_t restarts;

	(void)state;
	peer_tell("{'settings':{'largestCount':60,'pageMax':1000}}");
	create_many(3);
	peer_tell("{'forgetCalls':true}");
	assert_int_equal(listed(&restarts), 3);
	first = peer_requests("POST", "/Users/.search");
	assert_int_equal(json_array_size(first), 3);
	peer_tell("{'forgetCalls':true}");
	assert_int_equal(listed(&restarts), 3);
	second = peer_requests("POST", "/Users/.search");
	assert_int_equal(json_array_size(second), 1);
	assert_int_equal(json_get_int(json_object_get(json_array_get(second, 0), "body"), "count", 0), 50);
}

static void test_names_stand_in_no_address(void **state)
{
	_json_ json_t *calls = NULL;
	size_t i;
	json_t *call;

	(void)state;
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	assert_outcome(kit_go(kit_official("annth"), NULL), OUTCOME_BLOCKED);
	calls = peer_requests(NULL, "/Users");
	assert_true(json_array_size(calls) >= 3);
	json_array_foreach(calls, i, call)
		assert_false(str_contains(json_get_str(call, "query"), STR("annth")));
}

/* How many operations stood in the largest Bulk. */
static size_t largest_bulk(void)
{
	_json_ json_t *calls = peer_requests("POST", "/Bulk");
	size_t i, most = 0;
	json_t *call;

	json_array_foreach(calls, i, call) {
		size_t n = json_array_size(json_object_get(json_object_get(call, "body"), "Operations"));

		most = n > most ? n : most;
		assert_null(json_object_get(json_object_get(call, "body"), "failOnErrors"));
	}
	return most;
}

/* Of the platform's limits and faults none costs an account, or makes it twice. */
static void test_many_in_one_request(void **state)
{
	static const struct {
		const char *bulk;
		size_t most;
	} cases[] = {
		{ "'maxOperations':5,'maxPayloadSize':100000", 5 },
		{ "'maxOperations':50,'maxPayloadSize':13000", 3 },
		{ "'maxOperations':50,'maxPayloadSize':100000,'realOperations':2", 50 },
		{ "'maxOperations':8,'maxPayloadSize':100000,'silentIds':true,'numbers':true", 8 },
		{ "'maxOperations':8,'maxPayloadSize':100000,'forget':1", 8 },
		{ "'maxOperations':8,'maxPayloadSize':100000,'fault':500", 8 },
		{ "'maxOperations':8,'maxPayloadSize':100000,'fault':501", 8 },
		{ "'maxOperations':8,'maxPayloadSize':100000,'fault':400", 8 },
		{ "'maxOperations':8,'maxPayloadSize':100000,'fault':429", 8 },
	};
	static struct one crowd[CROWD_MAX];

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{'slowMs':" GATHER_MS ",'bulk':{%s}}}", cases[i].bulk).p);
		kit_reopen();
		crowd_go(crowd, CROWD_MAX);
		assert_true(largest_bulk() >= 2);
		assert_true(largest_bulk() <= cases[i].most);
		peer_tell("{'settings':{'bulk':null,'slowMs':0}}");
		kit_reopen();
		crowd_ends(crowd, CROWD_MAX);
	}
}

/* One of them may not have its name: the others do not suffer from it. */
static void test_one_of_many_is_refused(void **state)
{
	static struct one crowd[CROWD_MAX];

	(void)state;
	peer_tell("{'settings':{'slowMs':" GATHER_MS ",'bulk':{'maxOperations':24,'maxPayloadSize':100000}}}");
	kit_stand->act(STAND_ADD_FOREIGN, "annth7");
	/* Nobody tries again here, so a machine that has much to do must not look like a platform that is away. */
	kit.config.timeout_ms = 4 * KIT_TIMEOUT_MS;
	kit_reopen();
	crowd_go(crowd, CROWD_MAX);
	assert_true(largest_bulk() >= 2);
	for (size_t i = 0; i < CROWD_MAX; i++) {
		assert_outcome(crowd[i].result, i == 7 ? OUTCOME_BLOCKED : OUTCOME_OK);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(kit_stand->count(), CROWD_MAX);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_cursors),
	SCENARIO(test_looked_for_in_all_pages),
	SCENARIO(test_pages_that_are_too_large),
	SCENARIO(test_names_stand_in_no_address),
	SCENARIO(test_many_in_one_request),
	SCENARIO(test_one_of_many_is_refused),
};
const struct scenarios scenarios_scim_many = { "scim: many", tests, ARRAY_LEN(tests) };
