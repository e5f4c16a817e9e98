/* unit_rules.h: identifiers and codes of units. */
#include "server/governance/unit_rules.h"
#include "tests/unit/unit.h"

static void test_idents(_unused_ void **state)
{
	static const struct {
		const char *text;
		bool is_new, is_old;
	} rows[] = {
		{ "H41", true, false },
		{ "H41.17", true, false },
		{ "H41.17.05", true, false },
		{ "H41.AB.0Z", true, false },
		{ "H41.1234567890.1234567890.123456789", true, false },   /* 35 characters */
		{ "H41.1234567890.1234567890.1234567890", false, false }, /* 36 */
		{ "000.00.00.H41", false, true },
		{ "000.05.17.H41", false, true },
		{ "000.00.17", false, false },
		{ "000.00.00.00.H41", false, false },
		{ "00.00.00.H41", false, false },
		{ "000.0A.00.H41", false, false },
		{ "000.00.00.h41", false, false },
		{ "h41.17", false, false },
		{ "H4.17", false, false },
		{ "H41..17", false, false },
		{ "H41.", false, false },
		{ ".H41", false, false },
		{ "H41.Đ1", false, false },
		{ "H41 .17", false, false },
		{ "", false, false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		print_message("%s\n", rows[i].text);
		assert_int_equal(unit_ident_new_is_valid(str_c(rows[i].text)), rows[i].is_new);
		assert_int_equal(unit_ident_old_is_valid(str_c(rows[i].text)), rows[i].is_old);
	}
	assert_true(unit_idents_agree(STR("H41.17"), STR("000.00.17.H41")));
	assert_true(unit_idents_agree(STR("H41.17"), STR_NULL));
	assert_true(unit_idents_agree(STR_NULL, STR("000.00.17.H41")));
	assert_false(unit_idents_agree(STR("H41.17"), STR("000.00.17.H42")));
}

static void test_codes(_unused_ void **state)
{
	static const struct {
		const char *code, *kind;
		bool fits;
	} rows[] = {
		{ "16681", "ward", true },   { "16681", "commune", true },      { "1668", "commune", false },     { "166811", "ward", false },
		{ "1668A", "ward", false },  { "16681.VP", "division", true },  { "NA-S01", "department", true }, { "40", "province", true },
		{ "", "division", false },   { "1234567890123456789012345678901234567", "division", false },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(unit_code_fits(str_c(rows[i].code), str_c(rows[i].kind)), rows[i].fits);
	assert_true(unit_kind_is_valid(STR("ward")));
	assert_false(unit_kind_is_valid(STR("district")));
	assert_false(unit_kind_is_valid(STR("")));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_idents), cmocka_unit_test(test_codes) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
