#include "common/base/json.h"
#include "tests/unit/unit.h"

#include <string.h>

struct refusal {
	struct str text;
	const char *reason;
};

static const struct refusal refusals[] = {
	{ STR(""), "empty" },
	{ STR("   "), "incomplete" },
	{ STR("{"), "incomplete" },
	{ STR("[1,]"), "not JSON" },
	{ STR("nul"), "not JSON" },
	{ STR("{'a':1}"), "not JSON" },
	{ STR("[1] // x"), "something follows the value" },
	{ STR("{} {}"), "something follows the value" },
	{ STR("1 2"), "something follows the value" },
	{ STR("{\"a\":1,\"a\":2}"), "duplicate member name" },
	{ STR("{\"a\":1,\"\\u0061\":2}"), "duplicate member name" },
	{ STR("[{\"b\":{\"a\":1,\"x\":0,\"a\":1}}]"), "duplicate member name" },
	{ STR("\"a\\u0000b\""), "NUL in a string" },
	{ STR("{\"a\\u0000b\":1}"), "NUL in a string" },
	{ STR("\"a\0b\""), "not UTF-8" },
	{ STR("{}\0"), "not UTF-8" },
	{ STR("\"\xc3\""), "not UTF-8" },
	{ STR("\"\xed\xa0\x80\""), "not UTF-8" },
	{ STR("\"\xc0\xaf\""), "not UTF-8" },
	{ STR("\"\\ud800\""), "not JSON" },
	{ STR("1e999"), "number out of range" },
	{ STR("9223372036854775808"), "number out of range" },
	{ STR("[NaN]"), "not JSON" },
	{ STR("\"a\nb\""), "not JSON" },
	{ STR("[[[[[1]]]]]"), "too deeply nested" },
	{ STR("{\"a\":[{\"b\":[{}]}]}"), "too deeply nested" },
	{ STR("[[[[[[[[[[[["), "too deeply nested" },
};

static void test_refuses(void **state)
{
	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(refusals); i++) {
		const char *reason = NULL;

		assert_null(json_read(refusals[i].text, 4, &reason));
		assert_string_equal(reason, refusals[i].reason);
		assert_null(json_read(refusals[i].text, 4, NULL));
	}
}

static void test_accepts(void **state)
{
	static const struct str good[] = {
		STR("null"), STR("true"), STR("-0.5e3"), STR("\"\""), STR(" {\"a\" : [ 1 , \"\\u0111\" ] } "),
		STR("[[[[1]]]]"), STR("[[[[]],[[]],[[]]]]"),
		/* brackets inside strings are no levels, nor do escaped quotes end one */
		STR("\"[[[[[[[{{{{{{\""), STR("\"\\\"[[[[[[[\""), STR("[\"\\\\\",[[\"\\\\\\\"[[[[[[\"]]]"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++) {
		_json_ json_t *json = json_read(good[i], 4, NULL);

		assert_non_null(json);
	}
}

static void test_depth_bomb_is_refused_without_recursion(void **state)
{
	size_t n = 1000000;
	char *text = arena_alloc(*state, n);
	const char *reason = NULL;

	memset(text, '[', n);
	assert_null(json_read(str_n(text, n), 32, &reason));
	assert_string_equal(reason, "too deeply nested");
}

static void test_write(void **state)
{
	_json_ json_t *json = json_read(STR("{\"z\": [1, 2.5, null], \"a\": \"\xc4\x91\\n/\", \"m\": {}}"), 4, NULL);

	assert_non_null(json);
	assert_str_equal(json_write(*state, json, true), "{\"a\":\"đ\\n/\",\"m\":{},\"z\":[1,2.5,null]}");
	/* Otherwise in the order of insertion. */
	assert_str_equal(json_write(*state, json, false), "{\"z\":[1,2.5,null],\"a\":\"đ\\n/\",\"m\":{}}");
	assert_str_null(json_write(*state, NULL, false));

	_json_ json_t *scalar = json_from_str(STR("x"));
	struct str text = json_write(*state, scalar, false);

	assert_str_equal(text, "\"x\"");
	assert_int_equal(text.p[text.len], '\0');
}

static void test_members(void **state)
{
	_json_ json_t *o = json_read(STR("{\"s\":\"v\",\"i\":-7,\"t\":true,\"f\":false,\"n\":null,\"r\":1.5}"), 2, NULL);
	_json_ json_t *array = json_new_array();

	(void)state;
	assert_str_equal(json_get_str(o, "s"), "v");
	assert_str_null(json_get_str(o, "i"));
	assert_str_null(json_get_str(o, "n"));
	assert_str_null(json_get_str(o, "absent"));
	assert_int_equal(json_get_int(o, "i", 3), -7);
	assert_int_equal(json_get_int(o, "s", 3), 3);
	assert_int_equal(json_get_int(o, "r", 3), 3);
	assert_int_equal(json_get_int(o, "absent", 3), 3);
	assert_true(json_get_bool(o, "t", false));
	assert_false(json_get_bool(o, "f", true));
	assert_true(json_get_bool(o, "i", true));
	assert_false(json_get_bool(o, "n", false));
	/* What is no object has no members. */
	assert_str_null(json_get_str(array, "s"));
	assert_int_equal(json_get_int(NULL, "s", 9), 9);
}

static void test_build(void **state)
{
	_json_ json_t *o = json_new_object();
	json_t *list = json_new_array();

	json_array_append_new(list, json_from_str(STR_NULL));
	json_array_append_new(list, json_from_str(STR("Đà")));
	json_set_str(o, "s", str_n("abc", 2));
	json_set_str(o, "absent", STR_NULL);
	json_set_str(o, "empty", STR(""));
	json_set_int(o, "i", INT64_MIN);
	json_set_bool(o, "b", true);
	json_set_take(o, "list", list);
	assert_str_equal(json_write(*state, o, true), "{\"b\":true,\"empty\":\"\",\"i\":-9223372036854775808,"
	                                              "\"list\":[null,\"Đà\"],\"s\":\"ab\"}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_refuses),
		UNIT_TEST(test_accepts),
		UNIT_TEST(test_depth_bomb_is_refused_without_recursion),
		UNIT_TEST(test_write),
		UNIT_TEST(test_members),
		UNIT_TEST(test_build),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
