#include "common/base/text.h"
#include "common/base/utf8.h"
#include "tests/unit/unit.h"

static void test_decodes_the_ends_of_each_length(void **state)
{
	static const struct {
		struct str bytes;
		uint32_t code;
	} cases[] = {
		{ STR("\x00"), 0 },
		{ STR("\x7f"), 0x7f },
		{ STR("\xc2\x80"), 0x80 },
		{ STR("\xdf\xbf"), 0x7ff },
		{ STR("\xe0\xa0\x80"), 0x800 },
		{ STR("\xed\x9f\xbf"), 0xd7ff },
		{ STR("\xee\x80\x80"), 0xe000 },
		{ STR("\xef\xbf\xbf"), 0xffff },
		{ STR("\xf0\x90\x80\x80"), 0x10000 },
		{ STR("\xf4\x8f\xbf\xbf"), 0x10ffff },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		uint32_t code = 1;

		assert_int_equal(utf8_decode(cases[i].bytes, &code), cases[i].bytes.len);
		assert_int_equal(code, cases[i].code);
	}
}

static void test_refuses(void **state)
{
	static const struct str bad[] = {
		STR("\x80"),             STR("\xbf"),             STR("\xc0\x80"),         STR("\xc1\xbf"),
		STR("\xe0\x9f\xbf"),     STR("\xf0\x8f\xbf\xbf"), STR("\xed\xa0\x80"),     STR("\xed\xbf\xbf"),
		STR("\xf4\x90\x80\x80"), STR("\xf5\x80\x80\x80"), STR("\xff"),             STR("\xc3"),
		STR("\xe1\xba"),         STR("\xf0\x9f\x98"),     STR("\xc3\x28"),         STR("\xe1\x28\xa1"),
		STR("a\0b"),             STR("ok\xc3"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(utf8_is_valid(bad[i]));
	/* The missing byte may be there, but not within the view. */
	assert_false(utf8_is_valid(str_n("\xc3\xa1", 1)));
}

static void test_accepts_and_counts(void **state)
{
	(void)state;
	assert_true(utf8_is_valid(STR("")));
	assert_true(utf8_is_valid(STR_NULL));
	assert_true(utf8_is_valid(STR("Nguyễn Thị Ánh \xf0\x9f\x98\x80")));
	assert_int_equal(utf8_length(STR("Đặng")), 4);
	assert_int_equal(utf8_length(STR("a\xf0\x9f\x98\x80")), 2);
	assert_int_equal(utf8_length(STR("")), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_decodes_the_ends_of_each_length),
		cmocka_unit_test(test_refuses),
		cmocka_unit_test(test_accepts_and_counts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
