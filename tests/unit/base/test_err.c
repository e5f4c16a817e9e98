#include "common/base/err.h"
#include "tests/unit/unit.h"

#include <string.h>

static void test_names(void **state)
{
	(void)state;
	assert_string_equal(err_name(0), "none");
	assert_string_equal(err_name(ERR_INVALID_GRANT), "invalid_grant");
	assert_string_equal(err_name(ERR_INTERNAL), "internal");
	assert_string_equal(err_name(1), "unknown");
	assert_string_equal(err_name(ERR_FIRST_), "unknown");
	assert_string_equal(err_name(ERR_END_), "unknown");
}

static void test_codes_are_negative_and_names_unique(void **state)
{
	(void)state;
	for (int i = ERR_FIRST_ + 1; i < ERR_END_; i++) {
		assert_true(i < 0);
		assert_string_not_equal(err_name(i), "unknown");
		assert_int_equal(strspn(err_name(i), "abcdefghijklmnopqrstuvwxyz_"), strlen(err_name(i)));
		for (int j = ERR_FIRST_ + 1; j < i; j++)
			assert_string_not_equal(err_name(i), err_name(j));
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_codes_are_negative_and_names_unique),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
