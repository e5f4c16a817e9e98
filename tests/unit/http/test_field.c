#include "server/http/field.h"

#include "tests/unit/unit.h"

static const struct field list[] = { { STR("A"), STR("1") }, { STR("b"), STR("") }, { STR("a"), STR("2") } };
static const struct fields fields = { list, ARRAY_LEN(list) };

static void test_get_and_count(void **state)
{
	(void)state;
	assert_str_equal(field_get(&fields, STR("a")), "1");
	assert_str_equal(field_get(&fields, STR("B")), "");
	assert_str_null(field_get(&fields, STR("c")));
	assert_int_equal(field_count(&fields, STR("a")), 2);
	assert_int_equal(field_count(&fields, STR("c")), 0);
}

static void test_media_type(void **state)
{
	(void)state;
	assert_str_equal(media_type(STR(" text/html ; charset=x")), "text/html");
	assert_true(str_is_empty(media_type(STR_NULL)));
	assert_true(media_type_is_utf8(STR("a/b")));
	assert_true(media_type_is_utf8(STR("a/b; boundary=x; CharSet=utf-8")));
	assert_false(media_type_is_utf8(STR("a/b;charset=latin1")));
	assert_false(media_type_is_utf8(STR("a/b;charset=")));
	assert_false(media_type_is_utf8(STR("a/b;charset=utf-8;charset=utf-7")));
}

static void test_tchar(void **state)
{
	(void)state;
	for (int c = 0; c < 256; c++) {
		bool expected = c > 0x20 && c < 0x7f && str_index(STR("\"(),/:;<=>?@[\\]{}"), (char)c) < 0;

		assert_int_equal(field_is_tchar((char)c), expected);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_get_and_count),
		UNIT_TEST(test_media_type),
		UNIT_TEST(test_tchar),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
