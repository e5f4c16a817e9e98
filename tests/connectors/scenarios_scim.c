/* What SCIM servers can do and cannot, one thing at a time (stand_scim_peer.h): how they say it, and how it is got round. */
#include "tests/connectors/stand_scim_peer.h"

#include "provisioning/scim/http.h"

#include <pthread.h>
#include <string.h>

#define CROWD_MAX 24
/* Long enough for threads to come together behind a request, on a machine with other things to do. */
#define GATHER_MS "100"

struct one {
	pthread_t thread;
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

/* n officials with the role MC, each by a thread of its own. */
static void crowd_go(struct one *crowd, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		crowd[i].arena = arena_new((size_t)4 * 1024 * 1024);
		crowd[i].d = kit_official(arena_printf(kit.arena, "annth%zu", i).p);
		assert_int_equal(pthread_create(&crowd[i].thread, NULL, go_alone, &crowd[i]), 0);
	}
	for (size_t i = 0; i < n; i++)
		pthread_join(crowd[i].thread, NULL);
}

/* Each is there, once; those who were not done or in doubt, after another try or two. */
static void crowd_ends(struct one *crowd, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		assert_true(crowd[i].result.outcome != OUTCOME_BLOCKED);
		kit_go_until_ok(crowd[i].d, crowd[i].result, 4);
		assert_there(crowd[i].d);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(kit_stand->count(), n);
}

static struct desired *changed(struct desired *d)
{
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	d->mail = STR("an.moi@nghean.example");
	kit_roles(d, "ADMIN,TK");
	return d;
}

/* Created, changed, disabled. */
static void whole_life(const char *login)
{
	struct desired *d = kit_official(login);
	struct result r = kit_go_until_ok(d, kit_go(d, NULL), 3);

	assert_there(d);
	changed(d);
	r = kit_go_until_ok(d, kit_go(d, &r), 3);
	assert_there(d);
	kit_off(d);
	kit_go_until_ok(d, kit_go(d, &r), 3);
	assert_off(d);
}

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

/* The types of the requests with a body, one letter each. */
static struct str media_types(void)
{
	_json_ json_t *calls = peer_requests(NULL, "/Users");
	struct str said = STR("");
	size_t i;
	json_t *call;

	json_array_foreach(calls, i, call)
		if (json_object_get(call, "body"))
			said = arena_printf(kit.arena, "%.*s%c", STR_ARG(said), str_equal(json_get_str(call, "type"), STR("application/json")) ? 'j' : 's');
	return said;
}

static void test_an_unknown_media_type(void **state)
{
	(void)state;
	peer_tell("{'settings':{'media':'json'}}");
	whole_life("annth");
	assert_str_equal(media_types(), "sjjj");
}

/* A bug of some: the answer to application/scim+json is 500.  After a creation nobody knows that nothing was made. */
static void test_an_unknown_media_type_is_a_fault_there(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'media':'json500'}}");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_IN_DOUBT);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
	changed(d);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
}

static void test_a_new_account_without_a_name(void **state)
{
	static const char *const how[] = {
		"'location':'relative','createBody':false", "'location':'none','createBody':false", "'location':'none'", "'ids':'number','createBody':false", "'ids':'number'",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{%s}}", how[i]).p);
		kit_reopen();
		whole_life("annth");
	}
}

static void test_accepted_and_nothing_else(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'next':[{'method':'POST','path':'/Users','status':202}]}");
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_IN_DOUBT);
	kit_go_until_ok(d, r, 2);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
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

static void test_well_done_says_the_status_and_the_body_does_not(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r = kit_go(d, NULL);

	(void)state;
	peer_tell("{'next':[{'method':'PATCH','status':200,'json':{'schemas':['urn:ietf:params:scim:api:messages:2.0:Error'],'status':503,'detail':'x'}}]}");
	changed(d);
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_RETRY);
	assert_true(strcmp(r.fault.class, "server") == 0);
	peer_tell("{'next':[{'method':'PATCH','status':200,'json':{'schemas':['urn:ietf:params:scim:api:messages:2.0:Error'],'status':'400','detail':'x'}}]}");
	/* Not the data: nobody is blocked for ever by somebody else's answer. */
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_RETRY);
	peer_tell("{'next':[{'method':'GET','path':'/Users/','status':200,'json':{'schemas':['urn:ietf:params:scim:api:messages:2.0:Error'],'status':'404','detail':'x'}}]}");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_RETRY);
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_there(d);
	assert_int_equal(kit_stand->count(), 1);
}

/* A proxy on the way has its own word for everything. */
static void test_pages_for_people(void **state)
{
	static const int statuses[] = { 200, 201, 502, 503 };
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(statuses); i++) {
		kit_stand->wipe();
		kit_reopen();
		peer_tell(arena_printf(kit.arena, "{'next':[{'method':'POST','path':'/Users','status':%d,'html':'<p>Bảo trì'}]}", statuses[i]).p);
		r = kit_go(d, NULL);
		assert_outcome(r, OUTCOME_IN_DOUBT);
		r = kit_go_until_ok(d, r, 2);
		assert_int_equal(kit_stand->count(), 1);
		peer_tell(arena_printf(kit.arena, "{'next':[{'method':'PATCH','status':%d,'html':'<p>Bảo trì'}]}", statuses[i]).p);
		d->post = arena_printf(kit.arena, "Chuyên viên %zu", i);
		r = kit_go(d, &r);
		assert_outcome(r, OUTCOME_RETRY);
		r = kit_go_until_ok(d, r, 2);
		assert_there(d);
	}
}

static void test_too_fast_and_until_when(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	kit_go(d, NULL);
	kit_stand->wipe();
	peer_tell("{'next':[{'method':'POST','path':'/Users','status':429,'headers':{'retry-after':'7'}},"
	          "{'method':'POST','path':'/Users','status':503,'headers':{'retry-after':'Thu, 01 Jan 2099 00:00:09 GMT','date':'Thu, 01 Jan 2099 00:00:00 GMT'}},"
	          "{'method':'POST','path':'/Users','status':500,'json':{'detail':'REQUEST_LIMIT_EXCEEDED'}}]}");
	r = kit_go(d, NULL);
	assert_int_equal(r.verdict, VERDICT_LIMITED);
	assert_int_equal(r.fault.retry_after_s, 7);
	r = kit_go(d, NULL);
	assert_int_equal(r.fault.retry_after_s, 9);
	r = kit_go(d, NULL);
	assert_int_equal(r.verdict, VERDICT_LIMITED);
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 1);
}

static void test_answers_of_other_types(void **state)
{
	static const char *const types[] = { "application/json", "text/json", "application/scim+json; charset=utf-8", "" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(types); i++) {
		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{'answerType':'%s'}}", types[i]).p);
		kit_reopen();
		whole_life("annth");
	}
}

/* A platform that keeps letters and their marks apart has the same names. */
static void test_another_form_of_the_same_name(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	d->post = STR("Trưởng phòng Đào tạo");
	r = kit_go(d, NULL);
	peer_tell("{'settings':{'nfd':true},'forgetCalls':true}");
	r = kit_go(d, &r);
	assert_outcome(r, OUTCOME_OK);
	assert_int_equal(peer_calls("PATCH", "/Users"), 0);
	d->full_name = STR("Nguyễn Thị Hồng Ân");
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(peer_calls("PATCH", "/Users"), 1);
}

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
	kit_reopen();
	crowd_go(crowd, CROWD_MAX);
	assert_true(largest_bulk() >= 2);
	for (size_t i = 0; i < CROWD_MAX; i++) {
		assert_outcome(crowd[i].result, i == 7 ? OUTCOME_BLOCKED : OUTCOME_OK);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(kit_stand->count(), CROWD_MAX);
}

static void test_what_goes_on_behind_a_202(void **state)
{
	static const char *const how[] = { "event", "claims", "operation", "resource", "silent" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(how); i++) {
		_json_ json_t *calls = NULL;

		kit_stand->wipe();
		peer_tell(arena_printf(kit.arena, "{'settings':{'async':'%s'}}", how[i]).p);
		kit_reopen();
		whole_life("annth");
		calls = peer_requests("PATCH", "/Users");
		assert_true(str_starts(json_get_str(json_array_get(calls, 0), "prefer"), STR("respond-async, wait=")));
		assert_int_equal(kit_stand->count(), 1);
	}
}

static void deletes_behind_a_202(const char *how)
{
	struct desired *d = kit_official("annth");
	struct result r;

	kit_stand->wipe();
	peer_tell(arena_printf(kit.arena, "{'settings':{'async':'%s'}}", how).p);
	kit_reopen();
	r = kit_go(d, NULL);
	kit_off(d);
	kit.deletes = true;
	assert_outcome(kit_go(d, &r), OUTCOME_OK);
	assert_int_equal(kit_stand->count(), 0);
	kit.deletes = false;
}

static void test_what_is_deleted_behind_a_202(void **state)
{
	(void)state;
	deletes_behind_a_202("event");
	deletes_behind_a_202("silent");
}

static void test_the_word_that_it_is_done_comes_by_itself(void **state)
{
	_json_ json_t *all = NULL;

	(void)state;
	peer_tell("{'settings':{'async':'notice'}}");
	kit.config.events_url = arena_printf(kit.arena, "%.*s/events", STR_ARG(kit.config.url));
	kit_reopen();
	whole_life("annth");
	assert_true(peer_calls("POST", "/events") >= 3);
	/* The last is acknowledged with whatever is asked for next. */
	whole_life("binhnv");
	all = peer_control(kit.arena, NULL);
	assert_true(json_array_size(json_object_get(all, "events")) <= 1);
}

static void test_a_202_that_nothing_comes_of(void **state)
{
	struct desired *d = kit_official("annth");
	struct result r;

	(void)state;
	peer_tell("{'settings':{'async':'lost'}}");
	kit.lease_ms = 4000;
	r = kit_go(d, NULL);
	assert_outcome(r, OUTCOME_IN_DOUBT);
	assert_int_equal(kit_stand->count(), 0);
	peer_tell("{'settings':{'async':null}}");
	kit.lease_ms = KIT_LEASE_MS;
	kit_reopen();
	r = kit_go_until_ok(d, r, 2);
	peer_tell("{'settings':{'async':'lost'}}");
	kit.lease_ms = 4000;
	kit_reopen();
	r = kit_go(changed(d), &r);
	assert_outcome(r, OUTCOME_RETRY);
	peer_tell("{'settings':{'async':null}}");
	kit.lease_ms = KIT_LEASE_MS;
	kit_reopen();
	kit_go_until_ok(d, r, 2);
	assert_there(d);
}

static void test_a_refusal_behind_a_202(void **state)
{
	struct result r;

	(void)state;
	peer_tell("{'settings':{'async':'event'}}");
	kit_stand->act(STAND_ADD_FOREIGN, "annth");
	kit_reopen();
	r = kit_go(kit_official("annth"), NULL);
	assert_outcome(r, OUTCOME_BLOCKED);
	assert_true(strcmp(r.fault.class, "conflict") == 0);
	assert_int_equal(kit_stand->count(), 1);
}

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

static void test_roles_as_groups(void **state)
{
	static struct one crowd[CROWD_MAX];

	(void)state;
	peer_tell("{'settings':{'roles':'reject','slowMs':" GATHER_MS "}}");
	peer_switches("roles=groups, chunk=4");
	crowd_go(crowd, CROWD_MAX);
	for (size_t i = 0; i < CROWD_MAX; i++) {
		kit_go_until_ok(crowd[i].d, crowd[i].result, 3);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(peer_members("MC"), CROWD_MAX);
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
	static struct one crowd[CROWD_MAX];

	(void)state;
	peer_tell("{'settings':{'roles':'reject','membersMax':2,'slowMs':" GATHER_MS "}}");
	peer_switches("roles=groups");
	crowd_go(crowd, CROWD_MAX);
	for (size_t i = 0; i < CROWD_MAX; i++) {
		kit_go_until_ok(crowd[i].d, crowd[i].result, 3);
		arena_free(crowd[i].arena);
	}
	assert_int_equal(peer_members("MC"), CROWD_MAX);
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

static void test_basic(void **state)
{
	(void)state;
	peer_tell("{'settings':{'auth':'basic'}}");
	kit.config.auth = STR("basic");
	kit.config.user = STR("sen");
	kit.config.password = kit.config.token;
	kit_reopen();
	whole_life("annth");
	kit.config.password = STR("wrong");
	kit_reopen();
	assert_int_equal(kit_go(kit_official("binhnv"), NULL).verdict, VERDICT_AUTH);
}

static void test_tokens_of_a_token_server(void **state)
{
	_json_ json_t *form = NULL;
	struct result r;

	(void)state;
	peer_tell("{'settings':{'auth':'oauth2'}}");
	kit.config.auth = STR("oauth2");
	kit.config.token_url = arena_printf(kit.arena, "%.*s/token", STR_ARG(kit.config.url));
	kit.config.client_id = STR("sen/client");
	kit.config.secret = kit.config.token;
	kit_reopen();
	whole_life("annth");
	assert_int_equal(peer_calls("POST", "/token"), 1);
	/* Taken back before its time: another, once. */
	peer_tell("{'expireTokens':true}");
	whole_life("binhnv");
	assert_int_equal(peer_calls("POST", "/token"), 2);
	/* A second one that is refused as well is no reason to go on. */
	peer_tell("{'settings':{'tokenLives':0,'tokenSays':3600},'expireTokens':true,'forgetCalls':true}");
	r = kit_go(kit_official("chinv"), NULL);
	assert_int_equal(r.verdict, VERDICT_AUTH);
	assert_true(peer_calls("POST", "/token") <= 3);
	kit.config.secret = STR("wrong");
	kit_reopen();
	r = kit_go(kit_official("dungnv"), NULL);
	assert_int_equal(r.verdict, VERDICT_AUTH);
	assert_false(str_contains(r.fault.detail, kit.config.token));
}

/* Renewed before its end, without a refusal in between. */
static void test_a_token_ends_by_time(void **state)
{
	int64_t until_ms = clock_mono_ms() + 15000;
	struct desired *d = kit_official("annth");

	(void)state;
	peer_tell("{'settings':{'auth':'oauth2','tokenLives':5}}");
	kit.config.auth = STR("oauth2");
	kit.config.token_url = arena_printf(kit.arena, "%.*s/token", STR_ARG(kit.config.url));
	kit.config.client_id = STR("sen/client");
	kit.config.secret = kit.config.token;
	kit_reopen();
	while (peer_calls("POST", "/token") < 2 && clock_mono_ms() < until_ms)
		assert_true(kit_go(d, NULL).verdict != VERDICT_AUTH);
	assert_true(peer_calls("POST", "/token") >= 2);
}

static void test_our_certificate(void **state)
{
	struct str port = str_c(getenv("SEN_TEST_SCIM_PEER_TLS_PORT"));

	(void)state;
	peer_tell("{'settings':{'auth':'tls'}}");
	kit.config.url = arena_printf(kit.arena, "https://127.0.0.1:%.*s/plain/scim/v2", STR_ARG(port));
	kit.config.ca_file = str_c(getenv("SEN_TEST_SCIM_PEER_CA"));
	kit.config.auth = STR("tls");
	kit.config.cert_file = str_c(getenv("SEN_TEST_SCIM_PEER_CERT"));
	kit.config.key_file = str_c(getenv("SEN_TEST_SCIM_PEER_KEY"));
	kit_reopen();
	whole_life("annth");
	kit.config.cert_file = kit.config.key_file = STR("");
	kit_reopen();
	assert_int_equal(kit_go(kit_official("binhnv"), NULL).verdict, VERDICT_AUTH);
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

/* What the platform says of its own accord: whose account it was, until it is acknowledged. */
static void test_notices_of_changes(void **state)
{
	struct desired *d = kit_official("annth");
	struct notices notices = { .n_acks = 0 };
	struct call call = { .instance = kit.instance };
	struct op op;

	(void)state;
	kit.config.events_url = arena_printf(kit.arena, "%.*s/events", STR_ARG(kit.config.url));
	kit_reopen();
	assert_outcome(kit_go(d, NULL), OUTCOME_OK);
	peer_tell("{'act':'notice','login':'annth'}");
	op_init(&op, kit.arena, NULL, NULL);
	for (int i = 0; i < 2; i++) {
		call = (struct call){ .instance = kit.instance, .op = &op, .deadline_ms = clock_mono_ms() + kit.lease_ms };
		notices.n_acks = 0;
		assert_int_equal(kit.connector->notices(&call, &notices), VERDICT_DONE);
		assert_int_equal(notices.n, 1);
		assert_true(str_equal(notices.items[0].account_id, d->account_id));
		assert_int_equal(notices.n_acks, 1);
	}
	assert_int_equal(kit.connector->notices(&call, &notices), VERDICT_DONE);
	assert_int_equal(notices.n, 0);
}

static const struct CMUnitTest tests[] = {
	SCENARIO(test_what_it_can_do_is_asked_once),
	SCENARIO(test_it_is_asked_again_after_a_time),
	SCENARIO(test_what_is_known_outlives_a_fault),
	SCENARIO(test_it_may_say_nothing_of_itself),
	SCENARIO(test_switches_override),
	SCENARIO(test_an_unknown_media_type),
	SCENARIO(test_an_unknown_media_type_is_a_fault_there),
	SCENARIO(test_a_new_account_without_a_name),
	SCENARIO(test_accepted_and_nothing_else),
	SCENARIO(test_elements_by_their_values),
	SCENARIO(test_a_way_of_changing_that_it_does_not_know),
	SCENARIO(test_without_patch),
	SCENARIO(test_versions),
	SCENARIO(test_a_version_that_is_not_any_more),
	SCENARIO(test_well_done_says_the_status_and_the_body_does_not),
	SCENARIO(test_pages_for_people),
	SCENARIO(test_too_fast_and_until_when),
	SCENARIO(test_answers_of_other_types),
	SCENARIO(test_another_form_of_the_same_name),
	SCENARIO(test_cursors),
	SCENARIO(test_looked_for_in_all_pages),
	SCENARIO(test_pages_that_are_too_large),
	SCENARIO(test_names_stand_in_no_address),
	SCENARIO(test_many_in_one_request),
	SCENARIO(test_one_of_many_is_refused),
	SCENARIO(test_what_goes_on_behind_a_202),
	SCENARIO(test_what_is_deleted_behind_a_202),
	SCENARIO(test_the_word_that_it_is_done_comes_by_itself),
	SCENARIO(test_a_202_that_nothing_comes_of),
	SCENARIO(test_a_refusal_behind_a_202),
	SCENARIO(test_roles_as_groups),
	SCENARIO(test_too_many_members_at_a_time),
	SCENARIO(test_other_members_stay),
	SCENARIO(test_a_group_that_loses_members),
	SCENARIO(test_members_by_filter),
	SCENARIO(test_basic),
	SCENARIO(test_tokens_of_a_token_server),
	SCENARIO(test_a_token_ends_by_time),
	SCENARIO(test_our_certificate),
	SCENARIO(test_a_password_that_nobody_knows),
	SCENARIO(test_one_address_only),
	SCENARIO(test_notices_of_changes),
};
const struct scenarios scenarios_scim = { "scim", tests, ARRAY_LEN(tests) };
