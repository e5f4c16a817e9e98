#include "server/federation/metadata_policy.h"
#include "tests/unit/federation/federation_test.h"

/* Rules of one parameter p of type t: of a superior, of a subordinate, what the metadata has, what comes of it. */
struct row {
	const char *superior, *subordinate; /* NULL: no policy */
	const char *metadata, *result;      /* of {"p": …}; result NULL: refused */
};

static json_t *policy_of(struct arena *a, const char *parameter, const char *rules)
{
	return json_of(a, arena_printf(a, "{'t':{'%s':%s}}", parameter, rules).p);
}

/* 0, or the error; the metadata is changed. */
static int run(struct op *op, const char *parameter, const struct row *row, json_t *metadata)
{
	_json_ json_t *above = policy_of(op->arena, parameter, row->superior ? row->superior : "{}");
	_json_ json_t *below = policy_of(op->arena, parameter, row->subordinate ? row->subordinate : "{}");
	int r = metadata_policy_check(op, above);

	if (r >= 0)
		r = metadata_policy_check(op, below);
	if (r >= 0)
		r = metadata_policy_merge(op, above, below);
	return r < 0 ? r : metadata_policy_apply(op, above, metadata);
}

static void check_rows(struct arena *a, const char *parameter, const struct row *rows, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		struct op *op = op_at_now(a);
		_json_ json_t *metadata = json_of(a, arena_printf(a, "{'t':%s}", rows[i].metadata).p), *expected = NULL;
		int r = run(op, parameter, &rows[i], metadata);

		if (rows[i].result)
			expected = json_of(a, arena_printf(a, "{'t':%s}", rows[i].result).p);
		if (r != (expected ? 0 : ERR_INVALID_METADATA) || (expected && !json_equal(metadata, expected)))
			fail_msg("row %zu (%s + %s on %s): %d %s, %.*s", i, rows[i].superior, rows[i].subordinate, rows[i].metadata, r,
			         r < 0 ? op->error.text : "", STR_ARG(json_write(a, metadata, true)));
	}
}

static void test_operators(void **state)
{
	static const struct row rows[] = {
		{ "{'value':'x'}", NULL, "{'p':'y'}", "{'p':'x'}" },
		{ "{'value':['x']}", NULL, "{}", "{'p':['x']}" },
		{ "{'value':null}", NULL, "{'p':'y'}", "{}" },
		{ "{'value':false}", NULL, "{'p':true}", "{'p':false}" },
		{ "{'add':['b','c']}", NULL, "{'p':['a','b']}", "{'p':['a','b','c']}" },
		{ "{'add':['b']}", NULL, "{}", "{'p':['b']}" },
		{ "{'add':['b']}", NULL, "{'p':'a'}", NULL },
		{ "{'default':'x'}", NULL, "{}", "{'p':'x'}" },
		{ "{'default':'x'}", NULL, "{'p':'y'}", "{'p':'y'}" },
		{ "{'one_of':['x','y']}", NULL, "{'p':'y'}", "{'p':'y'}" },
		{ "{'one_of':['x','y']}", NULL, "{'p':'z'}", NULL },
		{ "{'one_of':['x','y']}", NULL, "{}", "{}" },
		{ "{'one_of':[1,2]}", NULL, "{'p':2}", "{'p':2}" },
		{ "{'subset_of':['a','b']}", NULL, "{'p':['b','c']}", "{'p':['b']}" },
		{ "{'subset_of':['a','b']}", NULL, "{'p':['c']}", "{'p':[]}" },
		{ "{'subset_of':['a','b']}", NULL, "{}", "{}" },
		{ "{'subset_of':['a','b']}", NULL, "{'p':'a'}", NULL },
		{ "{'superset_of':['a']}", NULL, "{'p':['a','b']}", "{'p':['a','b']}" },
		{ "{'superset_of':['a','b']}", NULL, "{'p':['a']}", NULL },
		{ "{'superset_of':['a']}", NULL, "{}", "{}" },
		{ "{'essential':true}", NULL, "{}", NULL },
		{ "{'essential':true}", NULL, "{'p':{'any':1}}", "{'p':{'any':1}}" },
		{ "{'essential':false}", NULL, "{}", "{}" },
		/* The table of §6.1.3.1.9. */
		{ "{'essential':true,'subset_of':['a','b','c']}", NULL, "{'p':['a','e']}", "{'p':['a']}" },
		{ "{'essential':true,'subset_of':['a','b','c']}", NULL, "{'p':['d','e']}", "{'p':[]}" },
		{ "{'essential':true,'subset_of':['a','b','c']}", NULL, "{}", NULL },
		{ "{'essential':false,'subset_of':['a','b','c']}", NULL, "{}", "{}" },
		/* Order: add before default and the checks; subset_of before superset_of. */
		{ "{'add':['a'],'superset_of':['a','b']}", NULL, "{'p':['b']}", "{'p':['b','a']}" },
		{ "{'add':['a'],'default':['z']}", NULL, "{}", "{'p':['a']}" },
		{ "{'default':['a'],'essential':true}", NULL, "{}", "{'p':['a']}" },
		{ "{'default':'z','one_of':['x']}", NULL, "{}", NULL },
		{ "{'subset_of':['a','b'],'superset_of':['a','b']}", NULL, "{'p':['b','a','c']}", "{'p':['b','a']}" },
		{ "{'subset_of':['a','b'],'superset_of':['a']}", NULL, "{'p':['b','c']}", NULL },
		/* Not known, not called critical. */
		{ "{'regexp':'^x'}", NULL, "{'p':'y'}", "{'p':'y'}" },
	};

	check_rows(*state, "p", rows, ARRAY_LEN(rows));
}

/* §6.1.3.1: what may stand together. */
static void test_combinations(void **state)
{
	static const struct row rows[] = {
		{ "{'value':['a','b'],'add':['b']}", NULL, "{}", "{'p':['a','b']}" },
		{ "{'value':['a'],'add':['b']}", NULL, "{}", NULL },
		{ "{'value':'a','add':['a']}", NULL, "{}", NULL },
		{ "{'value':'a','default':'b'}", NULL, "{}", "{'p':'a'}" },
		{ "{'value':null,'default':'b'}", NULL, "{}", NULL },
		{ "{'value':'a','one_of':['a','b']}", NULL, "{}", "{'p':'a'}" },
		{ "{'value':'c','one_of':['a','b']}", NULL, "{}", NULL },
		{ "{'value':null,'one_of':['a','b']}", NULL, "{}", NULL },
		{ "{'value':['a'],'subset_of':['a','b']}", NULL, "{}", "{'p':['a']}" },
		{ "{'value':['a','c'],'subset_of':['a','b']}", NULL, "{}", NULL },
		{ "{'value':['a','b'],'superset_of':['a']}", NULL, "{}", "{'p':['a','b']}" },
		{ "{'value':['b'],'superset_of':['a']}", NULL, "{}", NULL },
		{ "{'value':null,'superset_of':['a']}", NULL, "{}", NULL },
		{ "{'value':null,'essential':true}", NULL, "{'p':'a'}", NULL },
		{ "{'value':null,'essential':false}", NULL, "{'p':'a'}", "{}" },
		{ "{'add':['a'],'one_of':['a']}", NULL, "{}", NULL },
		{ "{'add':['a'],'subset_of':['a','b']}", NULL, "{'p':['b','c']}", "{'p':['b','a']}" },
		{ "{'add':['c'],'subset_of':['a','b']}", NULL, "{}", NULL },
		{ "{'one_of':['a'],'subset_of':['a']}", NULL, "{}", NULL },
		{ "{'one_of':['a'],'superset_of':['a']}", NULL, "{}", NULL },
		{ "{'one_of':['a'],'essential':true}", NULL, "{'p':'a'}", "{'p':'a'}" },
		{ "{'subset_of':['a'],'superset_of':['a','b']}", NULL, "{}", NULL },
		/* Types. */
		{ "{'default':null}", NULL, "{}", NULL },
		{ "{'essential':'yes'}", NULL, "{}", NULL },
		{ "{'add':'a'}", NULL, "{}", NULL },
		{ "{'one_of':'a'}", NULL, "{}", NULL },
		{ "{'subset_of':{'a':1}}", NULL, "{}", NULL },
		{ "{'superset_of':[null]}", NULL, "{}", NULL },
		{ "[]", NULL, "{}", NULL },
	};

	check_rows(*state, "p", rows, ARRAY_LEN(rows));
}

static void test_merge(void **state)
{
	static const struct row rows[] = {
		{ "{'value':'x'}", "{'value':'x'}", "{}", "{'p':'x'}" },
		{ "{'value':'x'}", "{'value':'y'}", "{}", NULL },
		{ "{'value':'x'}", "{'value':null}", "{}", NULL },
		{ "{'add':['a']}", "{'add':['b','a']}", "{}", "{'p':['a','b']}" },
		{ "{'default':'x'}", "{'default':'x'}", "{}", "{'p':'x'}" },
		{ "{'default':'x'}", "{'default':'y'}", "{}", NULL },
		{ "{'one_of':['a','b']}", "{'one_of':['b','c']}", "{'p':'b'}", "{'p':'b'}" },
		{ "{'one_of':['a','b']}", "{'one_of':['b','c']}", "{'p':'c'}", NULL },
		{ "{'one_of':['a']}", "{'one_of':['c']}", "{}", NULL },
		{ "{'subset_of':['a','b']}", "{'subset_of':['b','c']}", "{'p':['a','b','c']}", "{'p':['b']}" },
		{ "{'subset_of':['a']}", "{'subset_of':['c']}", "{'p':['a','c']}", "{'p':[]}" },
		{ "{'superset_of':['a']}", "{'superset_of':['b']}", "{'p':['a']}", NULL },
		{ "{'superset_of':['a']}", "{'superset_of':['b']}", "{'p':['a','b']}", "{'p':['a','b']}" },
		{ "{'essential':true}", "{'essential':false}", "{}", NULL },
		{ "{'essential':false}", "{'essential':true}", "{}", NULL },
		{ "{'essential':false}", "{'essential':false}", "{}", "{}" },
		/* Combinations that come about by merging. */
		{ "{'one_of':['a']}", "{'add':['a']}", "{}", NULL },
		{ "{'subset_of':['a']}", "{'value':['b']}", "{}", NULL },
		{ "{'subset_of':['a','b']}", "{'value':['b']}", "{}", "{'p':['b']}" },
		{ "{'essential':true}", "{'value':null}", "{'p':'a'}", NULL },
		{ "{'superset_of':['a']}", "{'subset_of':['b']}", "{}", NULL },
	};

	check_rows(*state, "p", rows, ARRAY_LEN(rows));
}

/* §6.1.3.1.8: a text of words, an array to the operators. */
static void test_scope(void **state)
{
	static const struct row rows[] = {
		{ "{'subset_of':['openid','email']}", NULL, "{'scope':'openid profile email'}", "{'scope':'openid email'}" },
		{ "{'superset_of':['openid']}", NULL, "{'scope':'profile'}", NULL },
		{ "{'add':['openid']}", NULL, "{'scope':'profile'}", "{'scope':'profile openid'}" },
		{ "{'default':['openid','email']}", NULL, "{}", "{'scope':'openid email'}" },
		{ "{'value':'openid','subset_of':['openid']}", NULL, "{}", "{'scope':'openid'}" },
		{ "{'value':'openid x','subset_of':['openid']}", NULL, "{}", NULL },
		{ "{'subset_of':['openid']}", NULL, "{'scope':'x'}", "{'scope':''}" },
		{ "{'add':[1]}", NULL, "{}", NULL },
	};

	check_rows(*state, "scope", rows, ARRAY_LEN(rows));
}

/* A policy makes no entity type, and what it says of one says nothing of another; a subordinate's own types and parameters are taken. */
static void test_levels(void **state)
{
	struct op *op = op_at_now(*state);
	_json_ json_t *above = json_of(*state, "{'t':{'p':{'value':1}},'u':{'p':{'default':5}}}");
	_json_ json_t *below = json_of(*state, "{'t':{'q':{'value':2}},'v':{'p':{'value':3}}}");
	_json_ json_t *metadata = json_of(*state, "{'t':{},'v':{'p':0},'w':{'p':9}}");
	_json_ json_t *expected = json_of(*state, "{'t':{'p':1,'q':2},'v':{'p':3},'w':{'p':9}}");
	_json_ json_t *third = json_of(*state, "{'t':{'q':{'essential':true}},'v':{'p':{'essential':true}}}");
	_json_ json_t *before = json_deep_copy(below);

	assert_int_equal(metadata_policy_merge(op, above, below), 0);
	assert_int_equal(metadata_policy_apply(op, above, metadata), 0);
	assert_true(json_equal(metadata, expected));
	/* What was merged in is not tied to where it came from. */
	assert_int_equal(metadata_policy_merge(op, above, third), 0);
	assert_true(json_equal(below, before));
}

static void test_shape(void **state)
{
	static const char *const wrong[] = { "[]", "{'t':[]}", "{'t':{'p':5}}", "{'t':null}" };

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct op *op = op_at_now(*state);
		_json_ json_t *policy = json_of(*state, wrong[i]);

		assert_int_equal(metadata_policy_check(op, policy), ERR_INVALID_METADATA);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_operators), UNIT_TEST(test_combinations), UNIT_TEST(test_merge),
		UNIT_TEST(test_scope), UNIT_TEST(test_levels), UNIT_TEST(test_shape),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
