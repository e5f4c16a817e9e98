#include "tests/unit/scim/scim_test.h"

#define ENT SCIM_URN_ENTERPRISE
#define MAILS "'emails':[{'value':'w@x','type':'work','primary':true},{'value':'h@x','type':'home'}]"

/* operations, before, after or scimType */
static const struct {
	const char *ops, *before, *after;
} cases[] = {
	/* add */
	{ "{'op':'add','path':'displayName','value':'A'}", "{}", "{'displayName':'A'}" },
	{ "{'op':'Add','path':'displayName','value':'A'}", "{'displayName':'B'}", "{'displayName':'A'}" },
	{ "{'op':'add','path':'emails','value':[{'value':'n@x'}]}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':true},{'value':'h@x','type':'home'},{'value':'n@x'}]}" },
	{ "{'op':'add','path':'emails','value':[{'value':'h@x','type':'home'}]}", "{" MAILS "}", "{" MAILS "}" },
	{ "{'op':'add','path':'emails','value':{'value':'n@x','primary':'True'}}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':false},{'value':'h@x','type':'home'},{'value':'n@x','primary':true}]}" },
	{ "{'op':'add','value':{'displayName':'A','name':{'givenName':'G'}}}", "{'name':{'familyName':'F'}}", "{'displayName':'A','name':{'familyName':'F','givenName':'G'}}" },
	{ "{'op':'add','value':{'name.givenName':'G','" ENT ":department':'D'}}", "{}", "{'name':{'givenName':'G'},'" ENT "':{'department':'D'}}" },
	{ "{'op':'add','value':{'" ENT "':{'department':'D'}}}", "{'" ENT "':{'division':'V'}}", "{'" ENT "':{'division':'V','department':'D'}}" },
	{ "{'op':'add','path':'emails[type eq \\'work\\'].value','value':'n@x'}", "{}", "{'emails':[{'type':'work','value':'n@x'}]}" },
	{ "{'op':'add','path':'emails[type eq \\'home\\'].display','value':'d'}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':true},{'value':'h@x','type':'home','display':'d'}]}" },
	{ "{'op':'add','path':'" ENT ":manager','value':'m1'}", "{}", "{'" ENT "':{'manager':{'value':'m1'}}}" },
	{ "{'op':'add','path':'" ENT ":employeeNumber','value':'7'}", "{}", "{'" ENT "':{'employeeNumber':'7'}}" },
	/* replace */
	{ "{'op':'replace','path':'active','value':'False'}", "{'active':true}", "{'active':false}" },
	{ "{'op':'replace','value':{'active':false}}", "{'active':true}", "{'active':false}" },
	{ "{'op':'replace','path':'name','value':{'givenName':'G'}}", "{'name':{'familyName':'F','givenName':'O'}}", "{'name':{'familyName':'F','givenName':'G'}}" },
	{ "{'op':'replace','path':'emails','value':[{'value':'n@x'}]}", "{" MAILS "}", "{'emails':[{'value':'n@x'}]}" },
	{ "{'op':'replace','path':'emails[type eq \\'home\\'].value','value':'n@x'}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':true},{'value':'n@x','type':'home'}]}" },
	{ "{'op':'replace','path':'emails[type eq \\'home\\'].primary','value':true}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':false},{'value':'h@x','type':'home','primary':true}]}" },
	{ "{'op':'replace','path':'displayName','value':null}", "{'displayName':'A'}", "{}" },
	{ "{'op':'replace','path':'emails','value':[]}", "{" MAILS "}", "{}" },
	{ "{'op':'replace','path':'" ENT ":department','value':'E'}", "{'" ENT "':{'department':'D'}}", "{'" ENT "':{'department':'E'}}" },
	{ "{'op':'replace','value':{'id':'x','schemas':[],'displayName':'A'}}", "{}", "{'displayName':'A'}" },
	{ "{'op':'replace','path':'" ENT ":employeeNumber','value':'7'}", "{'" ENT "':{'employeeNumber':'7'}}", "{'" ENT "':{'employeeNumber':'7'}}" },
	/* remove */
	{ "{'op':'remove','path':'displayName'}", "{'displayName':'A'}", "{}" },
	{ "{'op':'remove','path':'displayName'}", "{}", "{}" },
	{ "{'op':'remove','path':'emails[type eq \\'home\\']'}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':true}]}" },
	{ "{'op':'remove','path':'emails[type eq \\'work\\' or type eq \\'home\\']'}", "{" MAILS "}", "{}" },
	{ "{'op':'remove','path':'emails','value':[{'value':'h@x'}]}", "{" MAILS "}", "{'emails':[{'value':'w@x','type':'work','primary':true}]}" },
	{ "{'op':'remove','path':'emails'}", "{" MAILS "}", "{}" },
	{ "{'op':'remove','path':'name.givenName'}", "{'name':{'familyName':'F','givenName':'O'}}", "{'name':{'familyName':'F'}}" },
	{ "{'op':'remove','path':'" ENT ":department'}", "{'" ENT "':{'department':'D'}}", "{}" },
	{ "{'op':'remove','path':'" ENT "'}", "{'" ENT "':{'department':'D'}}", "{}" },
	/* several in order */
	{ "{'op':'add','path':'displayName','value':'A'},{'op':'replace','path':'displayName','value':'B'}", "{}", "{'displayName':'B'}" },
	/* refused */
	{ "{'op':'replace','path':'id','value':'x'}", "{}", "mutability" },
	{ "{'op':'add','path':'groups','value':[{'value':'g'}]}", "{}", "mutability" },
	{ "{'op':'remove','path':'meta'}", "{}", "mutability" },
	{ "{'op':'remove','path':'userName'}", "{}", "mutability" },
	{ "{'op':'replace','path':'" ENT ":employeeNumber','value':'8'}", "{'" ENT "':{'employeeNumber':'7'}}", "mutability" },
	{ "{'op':'replace','path':'meta.lastModified','value':'2026-01-01T00:00:00Z'}", "{}", "mutability" },
	{ "{'op':'replace','path':'emails[type eq \\'other\\'].value','value':'x'}", "{" MAILS "}", "noTarget" },
	{ "{'op':'remove','path':'emails[type eq \\'other\\']'}", "{" MAILS "}", "noTarget" },
	{ "{'op':'add','path':'emails[type ne \\'work\\'].value','value':'x'}", "{}", "noTarget" },
	{ "{'op':'remove'}", "{}", "noTarget" },
	{ "{'op':'replace','path':'nothing','value':'x'}", "{}", "invalidPath" },
	{ "{'op':'replace','path':'emails[','value':'x'}", "{}", "invalidFilter" },
	{ "{'op':'replace','path':7,'value':'x'}", "{}", "invalidPath" },
	{ "{'op':'replace','value':{'nothing':'x'}}", "{}", "invalidPath" },
	{ "{'op':'replace','path':'active','value':'maybe'}", "{}", "invalidValue" },
	{ "{'op':'replace','path':'displayName','value':{'a':1}}", "{}", "invalidValue" },
	{ "{'op':'replace','path':'displayName'}", "{}", "invalidValue" },
	{ "{'op':'replace','path':'userName','value':null}", "{}", "invalidValue" },
	{ "{'op':'replace','value':'x'}", "{}", "invalidValue" },
	{ "{'op':'replace','path':'emails','value':[{'value':'a','primary':true},{'value':'b','primary':true}]}", "{}", "invalidValue" },
	{ "{'op':'move','path':'displayName','value':'x'}", "{}", "invalidSyntax" },
	{ "{'op':'replace','path':'displayName','value':'x','Value':'y'}", "{}", "invalidSyntax" },
	{ "'replace'", "{}", "invalidSyntax" },
};

/* JSON within JSON: \' stands for an escaped quotation mark. */
static json_t *body_of(struct arena *a, const char *ops)
{
	return json_of(a, arena_printf(a, "{'schemas':['" SCIM_URN_PATCH "'],'Operations':[%s]}", ops).p);
}

static void test_apply(void **state)
{
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		_json_ json_t *resource = json_of(*state, cases[i].before), *body = body_of(*state, cases[i].ops), *after = NULL;
		int r;

		json_set_str(resource, "userName", STR("u"));
		r = scim_patch_apply(&op, &scim_user, resource, body);
		if (cases[i].after[0] != '{') {
			if (strcmp(fault_of(&op), cases[i].after) != 0)
				fail_msg("%s", cases[i].ops);
			continue;
		}
		after = json_of(*state, cases[i].after);
		json_set_str(after, "userName", STR("u"));
		if (r < 0 || !json_equal(resource, after))
			fail_msg("%s: %s %.*s", cases[i].ops, r < 0 ? op.error.text : "", STR_ARG(json_write(*state, resource, true)));
	}
}

static void test_body(void **state)
{
	static const char *const bodies[] = {
		"{}", "{'schemas':['x'],'Operations':[{'op':'remove','path':'title'}]}", "{'schemas':['" SCIM_URN_PATCH "']}",
		"{'schemas':['" SCIM_URN_PATCH "'],'Operations':[]}", "{'schemas':['" SCIM_URN_PATCH "'],'Operations':{}}",
	};
	struct op op;
	struct str many = STR("{'op':'remove','path':'title'}");

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(bodies); i++) {
		_json_ json_t *body = json_of(*state, bodies[i]), *resource = json_of(*state, "{'userName':'u'}");

		assert_true(scim_patch_apply(&op, &scim_user, resource, body) < 0);
		assert_string_equal(fault_of(&op), "invalidSyntax");
	}
	for (size_t i = 0; i < SCIM_PATCH_MAX_OPS; i++)
		many = arena_printf(*state, "%.*s,{'op':'remove','path':'title'}", STR_ARG(many));
	_json_ json_t *body = body_of(*state, many.p), *resource = json_of(*state, "{'userName':'u'}");

	assert_true(scim_patch_apply(&op, &scim_user, resource, body) < 0);
	assert_string_equal(fault_of(&op), "tooMany");
}

/* What brackets fold is forgotten value by value, and does not go on for ever. */
static void test_work(void **state)
{
	_cleanup_(arena_freep) struct arena *small = arena_new((size_t)1 << 20);
	_json_ json_t *resource = json_of(*state, "{'userName':'u'}"), *emails = json_new_array(), *body = NULL;
	struct str ops = STR("{'op':'replace','path':'emails[value sw \\'none\\' or value pr].display','value':'y'}"), list = ops;
	struct op op;

	for (int i = 0; i < 900; i++)
		json_array_append_new(emails, json_pack("{s:s#}", "value", arena_printf(*state, "%0500d", i).p, (size_t)500));
	json_set_take(resource, "emails", emails);
	op_init(&op, small, NULL, NULL);
	body = body_of(*state, ops.p);
	assert_int_equal(scim_patch_apply(&op, &scim_user, resource, body), 0);
	assert_string_equal(json_get_str(json_array_get(emails, 899), "display").p, "y");
	for (int i = 1; i < 20; i++)
		list = arena_printf(*state, "%.*s,%.*s", STR_ARG(list), STR_ARG(ops));
	json_decref(body);
	body = body_of(*state, list.p);
	assert_true(scim_patch_apply(&op, &scim_user, resource, body) < 0);
	assert_string_equal(fault_of(&op), "tooMany");
	assert_false(arena_overflowed(small));
}

/* Steps as text: "+a,b" "-a" "*" "n=…" "x=…". */
static void test_group(void **state)
{
	static const struct {
		const char *ops, *steps;
	} groups[] = {
		{ "{'op':'add','path':'members','value':[{'value':'a'},{'value':'b'}]}", "+ab" },
		{ "{'op':'Remove','path':'members','value':[{'value':'a'}]}", "-a" },
		{ "{'op':'remove','path':'members[value eq \\'a\\' or value eq \\'B\\']'}", "-aB" },
		{ "{'op':'remove','path':'members'}", "*" }, { "{'op':'remove','path':'members','value':[]}", "" },
		{ "{'op':'replace','path':'members','value':[{'value':'a'}]}", "*+a" }, { "{'op':'replace','path':'members','value':[]}", "*" },
		{ "{'op':'replace','value':{'id':'g','displayName':'N','members':null}}", "n=N" },
		{ "{'op':'replace','path':'externalId','value':'e'},{'op':'remove','path':'externalId'}", "x=ex=" },
		{ "{'op':'remove','path':'members[display eq \\'a\\']'}", "invalidFilter" }, { "{'op':'remove','path':'displayName'}", "mutability" },
		{ "{'op':'add','path':'members','value':[{'display':'a'}]}", "invalidValue" }, { "{'op':'replace','path':'members[value eq \\'a\\']','value':{}}", "mutability" },
		{ "{'op':'replace','path':'members.value','value':'x'}", "mutability" },
	};
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(groups); i++) {
		_json_ json_t *body = body_of(*state, groups[i].ops);
		const struct scim_group_step *steps;
		struct str said = STR("");
		size_t n;
		int r = scim_group_patch_read(&op, body, &steps, &n);

		for (size_t k = 0; k < n && r == 0; k++) {
			static const char *const marks[] = { "+", "-", "*", "n=", "x=" };

			said = arena_printf(*state, "%.*s%s%.*s", STR_ARG(said), marks[steps[k].what], STR_ARG(steps[k].text));
			for (size_t m = 0; m < steps[k].n_ids; m++)
				said = arena_printf(*state, "%.*s%.*s", STR_ARG(said), STR_ARG(steps[k].ids[m]));
		}
		assert_string_equal(r < 0 ? fault_of(&op) : said.p, groups[i].steps);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_apply), UNIT_TEST(test_body), UNIT_TEST(test_work), UNIT_TEST(test_group) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
