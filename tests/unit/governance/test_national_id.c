/* national_id.h */
#include "server/governance/national_id.h"
#include "tests/unit/unit.h"

static void test_form(_unused_ void **state)
{
	assert_true(national_id_is_valid(STR("040085001234")));
	assert_false(national_id_is_valid(STR("04008500123")));
	assert_false(national_id_is_valid(STR("0400850012345")));
	assert_false(national_id_is_valid(STR("04008500123x")));
	assert_false(national_id_is_valid(STR("")));
	assert_false(national_id_is_valid(STR_NULL));
	assert_false(national_id_is_valid(STR("٠٤٠٠٨٥")));
}

static void test_year(_unused_ void **state)
{
	static const struct {
		struct str id, birth;
		bool fits;
	} rows[] = {
		{ { "040085001234", 12 }, { "1985-06-30", 10 }, true },
		{ { "040185001234", 12 }, { "1985-06-30", 10 }, true },
		{ { "040085001234", 12 }, { "1986-06-30", 10 }, false },
		{ { "040203001234", 12 }, { "2003-01-01", 10 }, true },
		{ { "040303001234", 12 }, { "2003-01-01", 10 }, true },
		{ { "040003001234", 12 }, { "2003-01-01", 10 }, false }, /* 1903 */
		{ { "040410001234", 12 }, { "2110-01-01", 10 }, true },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(national_id_fits_year(rows[i].id, rows[i].birth), rows[i].fits);
}

static void test_place(_unused_ void **state)
{
	assert_true(national_id_fits_place(STR("001085001234")));
	assert_true(national_id_fits_place(STR("040085001234")));
	assert_true(national_id_fits_place(STR("096085001234")));
	assert_false(national_id_fits_place(STR("000085001234")));
	assert_false(national_id_fits_place(STR("003085001234")));
	assert_false(national_id_fits_place(STR("099085001234")));
	assert_true(national_id_fits_place(STR("118085001234"))); /* born abroad */
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_form),
		cmocka_unit_test(test_year),
		cmocka_unit_test(test_place),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
