/* json_flat against jansson: what it takes is what jansson reads; what it does not take, it says so. */
#include "common/base/json_flat.h"

#include "common/base/json.h"
#include "tests/unit/unit.h"

static void assert_member(struct arena *a, const json_t *tree, const struct json_flat_member *m)
{
	const json_t *value = json_object_get(tree, arena_cstr(a, m->name));
	_json_ json_t *read = NULL;

	assert_non_null(value);
	assert_int_equal(m->type == JSON_FLAT_TEXT, json_is_string(value));
	if (m->type == JSON_FLAT_TEXT) {
		assert_true(str_equal(m->value, json_get_str(tree, arena_cstr(a, m->name))));
		return;
	}
	read = json_read(m->value, 10, NULL);
	assert_true(json_equal(read, value));
}

static void test_what_it_takes(void **state)
{
	static const char *const texts[] = {
		"{\"a\":\"b\"}",
		"{\"iss\":\"https://x\",\"iat\":1700000000,\"yes\":true,\"no\":null,\"f\":-1.5e3,\"tên\":\"Đẹp ệ\"}",
		"{\"o\":{\"a\":[1,{\"b\":\"},]\"}],\"c\":{}},\"l\":[\"x,}\",[]],\"t\":\"{[,\"}",
		"{\"\":\"\",\"e\":[]}",
	};

	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		_json_ json_t *tree = json_read(str_c(texts[i]), 10, NULL);
		struct json_flat f = json_flat_of(str_c(texts[i]));
		struct json_flat_member m;
		size_t n = 0;

		assert_non_null(tree);
		for (; json_flat_next(&f, &m); n++)
			assert_member(*state, tree, &m);
		assert_false(f.is_odd);
		assert_int_equal(n, json_object_size(tree));
		assert_false(json_flat_next(&f, &m));
	}
}

static void test_what_it_leaves(void **state)
{
	static const char *const texts[] = {
		"", "{", "{}", "x", "[]", "{\"a\"}", "{\"a\":}", "{\"a\":1", "{\"a\":1,", "{\"a\":1,}", "{\"a\":1}x", "{\"a\":1}}", "{\"a\":\"b\\n\"}",
		"{\"a\\u0062\":1}", "{\"a\":\"b", "{\"a\":[1}", "{\"a\":]1}", "{\"a\":[\"\\\"\"]}", "{ \"a\":1}", "{\"a\" :1}", "{\"a\":1 \"b\":2}x", "{\"a\":\"b\" }",
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(texts); i++) {
		struct json_flat f = json_flat_of(str_c(texts[i]));
		struct json_flat_member m;

		while (json_flat_next(&f, &m))
			;
		if (!f.is_odd)
			fail_msg("%s", texts[i]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_what_it_takes), UNIT_TEST(test_what_it_leaves) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
