#include "common/base/str.h"
#include "tests/unit/unit.h"

static void test_views(void **state)
{
	(void)state;
	assert_str_null(str_c(NULL));
	assert_str_equal(str_c("abc"), "abc");
	assert_int_equal(STR("a\0b").len, 3);
	assert_true(str_is_empty(STR("")) && !str_is_null(STR("")));
	assert_true(str_is_empty(STR_NULL) && str_is_null(STR_NULL));
}

static void test_equal(void **state)
{
	(void)state;
	assert_true(str_equal(STR("a\0b"), STR("a\0b")));
	assert_false(str_equal(STR("a\0b"), STR("a\0c")));
	assert_false(str_equal(STR("a"), STR("ab")));
	assert_true(str_equal(STR(""), STR_NULL));
	assert_true(str_equal_nocase(STR("Bearer Z"), STR("bEARER z")));
	assert_false(str_equal_nocase(STR("@["), STR("`{")));
	assert_false(str_equal_nocase(STR("Đ"), STR("đ")));
	assert_false(str_equal_nocase(STR("a"), STR("aa")));
}

static void test_equal_secret(void **state)
{
	(void)state;
	assert_true(str_equal_secret(STR("0123456789abcdef"), STR("0123456789abcdef")));
	assert_false(str_equal_secret(STR("0123456789abcdef"), STR("1123456789abcdef")));
	assert_false(str_equal_secret(STR("0123456789abcdef"), STR("0123456789abcdeg")));
	assert_false(str_equal_secret(STR("0123456789abcdef"), STR("0123456789abcde")));
	/* Differences that cancel each other under xor of the whole. */
	assert_false(str_equal_secret(STR("ab"), STR("ba")));
	assert_false(str_equal_secret(STR("\x80"), STR("\x00")));
	assert_true(str_equal_secret(STR(""), STR("")));
}

static void test_starts_ends(void **state)
{
	(void)state;
	assert_true(str_starts(STR("Bearer x"), STR("Bearer ")));
	assert_true(str_starts(STR("x"), STR("")));
	assert_false(str_starts(STR("Bear"), STR("Bearer")));
	assert_false(str_starts(STR_NULL, STR("a")));
	assert_true(str_ends(STR("a.sql"), STR(".sql")));
	assert_false(str_ends(STR("sql"), STR(".sql")));
	assert_true(str_ends(STR_NULL, STR("")));
}

static void test_compare(void **state)
{
	(void)state;
	assert_true(str_compare(STR("a"), STR("b")) < 0);
	assert_true(str_compare(STR("b"), STR("ab")) > 0);
	assert_true(str_compare(STR("a"), STR("ab")) < 0);
	assert_true(str_compare(STR("ab"), STR("a")) > 0);
	assert_true(str_compare(STR("\xff"), STR("a")) > 0);
	assert_int_equal(str_compare(STR("ab"), STR("ab")), 0);
	assert_true(str_compare(STR_NULL, STR("a")) < 0);
}

static void test_search(void **state)
{
	(void)state;
	assert_int_equal(str_index(STR("a=b=c"), '='), 1);
	assert_int_equal(str_index(STR("abc"), '='), -1);
	assert_int_equal(str_index(STR_NULL, '='), -1);
	assert_int_equal(str_index(str_n("ab=", 2), '='), -1);
	assert_true(str_contains(STR("openid profile"), STR("id pro")));
	assert_false(str_contains(STR("openid"), STR("openidx")));
	assert_true(str_contains(STR("x"), STR("")));
	assert_false(str_contains(STR_NULL, STR("x")));
}

static void test_skip_trim(void **state)
{
	(void)state;
	assert_str_equal(str_skip(STR("abc"), 1), "bc");
	assert_str_equal(str_skip(STR("abc"), 3), "");
	assert_str_equal(str_skip(STR("abc"), 99), "");
	assert_str_null(str_skip(STR_NULL, 1));
	assert_str_equal(str_trim(STR(" \t a b\t ")), "a b");
	assert_str_equal(str_trim(STR(" \t ")), "");
	assert_str_equal(str_trim(STR("\na\n")), "\na\n");
	assert_str_null(str_trim(STR_NULL));
}

static void test_split(void **state)
{
	static const char *const expected[] = { "a", "", "b", "" };
	struct str rest = STR("a,,b,"), part;
	size_t n = 0;

	(void)state;
	while (str_split(&rest, ',', &part)) {
		assert_true(n < ARRAY_LEN(expected));
		assert_str_equal(part, expected[n++]);
	}
	assert_int_equal(n, ARRAY_LEN(expected));
	assert_str_null(rest);

	rest = STR("");
	assert_true(str_split(&rest, ',', &part));
	assert_str_equal(part, "");
	assert_false(str_split(&rest, ',', &part));
}

static void test_to_u64(void **state)
{
	static const struct str bad[] = {
		STR(""), STR("-1"), STR("+1"), STR(" 1"), STR("1 "), STR("01"), STR("00"), STR("1a"), STR("0x1"),
		STR("18446744073709551616"), STR("18446744073709551620"), STR("99999999999999999999"),
		STR("184467440737095516150"), STR("1\0"),
	};
	uint64_t value = 5;

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(str_to_u64(bad[i], UINT64_MAX, &value));
	assert_false(str_to_u64(STR_NULL, 9, &value));
	assert_int_equal(value, 5);
	assert_true(str_to_u64(STR("0"), 0, &value));
	assert_int_equal(value, 0);
	assert_true(str_to_u64(STR("18446744073709551615"), UINT64_MAX, &value));
	assert_true(value == UINT64_MAX);
	assert_true(str_to_u64(STR("65535"), 65535, &value));
	assert_int_equal(value, 65535);
	assert_false(str_to_u64(STR("65536"), 65535, &value));
	assert_false(str_to_u64(STR("5"), 4, &value));
	assert_false(str_to_u64(STR("10"), 9, &value));
	assert_false(str_to_u64(STR("1"), 0, &value));
}

static void test_printable_ascii(void **state)
{
	(void)state;
	assert_true(str_is_printable_ascii(STR(" ~")));
	assert_true(str_is_printable_ascii(STR("")));
	assert_false(str_is_printable_ascii(STR("\x1f")));
	assert_false(str_is_printable_ascii(STR("\x7f")));
	assert_false(str_is_printable_ascii(STR("\x80")));
	assert_false(str_is_printable_ascii(STR("a\0")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_views),       cmocka_unit_test(test_equal),
		cmocka_unit_test(test_equal_secret), cmocka_unit_test(test_starts_ends),
		cmocka_unit_test(test_compare),     cmocka_unit_test(test_search),
		cmocka_unit_test(test_skip_trim),   cmocka_unit_test(test_split),
		cmocka_unit_test(test_to_u64),      cmocka_unit_test(test_printable_ascii),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
