#include "tests/unit/scim/scim_test.h"

#define HEAD "'schemas':['" SCIM_URN_USER "'],'userName':'u'"

static void read_one(struct op *op, const char *body, const char *wanted)
{
	_json_ json_t *in = json_of(op->arena, body), *out = NULL, *want = NULL;
	int r = scim_resource_read(op, &scim_user, in, &out);

	if (wanted[0] != '{') {
		assert_string_equal(fault_of(op), wanted);
		return;
	}
	want = json_of(op->arena, wanted);
	if (r < 0 || !json_equal(out, want))
		fail_msg("%s: %.*s", body, STR_ARG(json_write(op->arena, out, true)));
}

static void test_read(void **state)
{
	struct op op;

	op_init(&op, *state, NULL, NULL);
	read_one(&op, "{" HEAD "}", "{'userName':'u'}");
	read_one(&op, "{'SCHEMAS':['" SCIM_URN_USER "'],'USERNAME':' u ','ID':'x','meta':{},'active':'True','unknown':1,'emails':null,'title':'','phoneNumbers':[]}",
	         "{'userName':'u','active':true}");
	read_one(&op, "{" HEAD ",'emails':[{'value':'a'},{'VALUE':'b','x':1}],'groups':[{'value':'g'}]}", "{'userName':'u','emails':[{'value':'a'},{'value':'b'}]}");
	read_one(&op, "{" HEAD ",'" SCIM_URN_ENTERPRISE "':{'Department':'d','manager':{'value':'m','displayName':'no'}}}",
	         "{'userName':'u','" SCIM_URN_ENTERPRISE "':{'department':'d','manager':{'value':'m'}}}");
	read_one(&op, "{'userName':'u'}", "invalidSyntax");
	read_one(&op, "{'schemas':['" SCIM_URN_GROUP "'],'userName':'u'}", "invalidSyntax");
	read_one(&op, "{'schemas':['" SCIM_URN_USER "']}", "invalidValue");
	read_one(&op, "{" HEAD ",'Username':'v'}", "invalidSyntax");
	read_one(&op, "{" HEAD ",'title':7}", "invalidValue");
	read_one(&op, "{" HEAD ",'title':'a\\u0007b'}", "invalidValue");
	read_one(&op, "{" HEAD ",'userType':'boss'}", "invalidValue");
	read_one(&op, "{" HEAD ",'emails':[{'type':'work'}]}", "invalidValue");
	read_one(&op, "{" HEAD ",'emails':[{'value':'a','primary':true},{'value':'b','primary':true}]}", "invalidValue");
	read_one(&op, "{" HEAD ",'" SCIM_URN_ENTERPRISE "':[]}", "invalidSyntax");
}

static void test_replace(void **state)
{
	_json_ json_t *now = json_of(*state, "{'userName':'u','active':false,'title':'t','nickName':'n','id':'1','" SCIM_URN_ENTERPRISE "':{'employeeNumber':'7','division':'v'}}");
	_json_ json_t *body = json_of(*state, "{" HEAD ",'displayName':'D'}"), *other = json_of(*state, "{" HEAD ",'" SCIM_URN_ENTERPRISE "':{'employeeNumber':'8'}}");
	_json_ json_t *out = NULL, *want = json_of(*state, "{'userName':'u','active':false,'title':'t','displayName':'D','id':'1','" SCIM_URN_ENTERPRISE "':{'employeeNumber':'7'}}");
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(scim_resource_replace(&op, &scim_user, now, body, &out), 0);
	if (!json_equal(out, want))
		fail_msg("%.*s", STR_ARG(json_write(*state, out, true)));
	assert_true(scim_resource_replace(&op, &scim_user, now, other, &out) < 0);
	assert_string_equal(fault_of(&op), "mutability");
}

static void test_selection_check(struct arena *a)
{
	struct str names = STR("a");
	struct op op;

	op_init(&op, a, NULL, NULL);
	for (int i = 1; i < SCIM_SELECTED_MAX; i++)
		names = arena_printf(a, "%.*s, b,", STR_ARG(names));
	assert_int_equal(scim_selection_check(&op, &(struct scim_selection){ .attributes = names }), 0);
	assert_true(scim_selection_check(&op, &(struct scim_selection){ .excluded = arena_printf(a, "%.*sc", STR_ARG(names)) }) < 0);
	assert_string_equal(fault_of(&op), "invalidValue");
	assert_true(scim_selection_check(&op, &(struct scim_selection){ .attributes = STR("a"), .excluded = STR("a") }) < 0);
	assert_string_equal(fault_of(&op), "invalidValue");
}

static void test_select(void **state)
{
	static const struct {
		const char *attributes, *excluded, *shown;
	} cases[] = {
		{ NULL, NULL, "{'id':'1','userName':'u','name':{'givenName':'g','familyName':'f'},'" SCIM_URN_ENTERPRISE "':{'department':'d'}}" },
		{ "username", NULL, "{'id':'1','userName':'u'}" }, { "name.givenName", NULL, "{'id':'1','name':{'givenName':'g'}}" },
		{ "nothing", NULL, "{'id':'1'}" }, { NULL, "name , id", "{'id':'1','userName':'u','" SCIM_URN_ENTERPRISE "':{'department':'d'}}" },
		{ NULL, "name.familyName", "{'id':'1','userName':'u','name':{'givenName':'g'},'" SCIM_URN_ENTERPRISE "':{'department':'d'}}" },
		{ SCIM_URN_ENTERPRISE ":department", NULL, "{'id':'1','" SCIM_URN_ENTERPRISE "':{'department':'d'}}" },
		{ SCIM_URN_ENTERPRISE, NULL, "{'id':'1','" SCIM_URN_ENTERPRISE "':{'department':'d'}}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct scim_selection s = { .attributes = str_c(cases[i].attributes), .excluded = str_c(cases[i].excluded) };
		_json_ json_t *r = json_of(*state, cases[0].shown), *want = json_of(*state, cases[i].shown);

		scim_select(*state, &scim_user, &s, r);
		if (!json_equal(r, want))
			fail_msg("%zu: %.*s", i, STR_ARG(json_write(*state, r, true)));
	}
	test_selection_check(*state);
	assert_false(scim_selects(*state, &scim_group, &(struct scim_selection){ .excluded = STR("members") }, "members"));
	assert_true(scim_selects(*state, &scim_group, &(struct scim_selection){ .type = NULL }, "members"));
}

/* What is announced is what is read. */
static void test_schemas(void **state)
{
	_json_ json_t *json = scim_schema_json(*state, scim_user.core, STR("https://x/scim/v2"));
	const json_t *attributes = json_object_get(json, "attributes");

	assert_int_equal(json_array_size(attributes), scim_user.core->n_attrs);
	for (size_t i = 0; i < json_array_size(attributes); i++) {
		struct scim_ref ref;

		assert_true(scim_resolve(&scim_user, json_get_str(json_array_get(attributes, i), "name"), &ref));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_read), UNIT_TEST(test_replace), UNIT_TEST(test_select), UNIT_TEST(test_schemas) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
