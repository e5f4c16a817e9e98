/* What SCIM servers answer otherwise than others: types, names, bodies that say something else than the status, pages for people. */
#include "tests/connectors/peer_life.h"

#include <string.h>

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

static const struct CMUnitTest tests[] = {
	SCENARIO(test_an_unknown_media_type),
	SCENARIO(test_an_unknown_media_type_is_a_fault_there),
	SCENARIO(test_a_new_account_without_a_name),
	SCENARIO(test_accepted_and_nothing_else),
	SCENARIO(test_well_done_says_the_status_and_the_body_does_not),
	SCENARIO(test_pages_for_people),
	SCENARIO(test_too_fast_and_until_when),
	SCENARIO(test_answers_of_other_types),
	SCENARIO(test_another_form_of_the_same_name),
};
const struct scenarios scenarios_scim_answers = { "scim: answers", tests, ARRAY_LEN(tests) };
