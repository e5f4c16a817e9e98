#include "common/base/text.h"
#include "tests/unit/unit.h"

#include <string.h>

/* "Đặng Thị Phượng", precomposed and fully decomposed. */
#define NFC_NAME "\u0110\u1eb7ng Th\u1ecb Ph\u01b0\u1ee3ng"
#define NFD_NAME "\u0110a\u0323\u0306ng Thi\u0323 Phu\u031bo\u031b\u0323ng"
/* The same marks, typed in another order. */
#define MIXED_NAME "\u0110\u0103\u0323ng Thi\u0323 Ph\u01b0\u01a1\u0323ng"

static void assert_normalised(struct arena *a, struct str s, const char *expected)
{
	struct str result = STR_NULL;

	assert_true(text_normalise(a, s, &result));
	assert_str_equal(result, expected);
}

static void test_normalise_composes(void **state)
{
	assert_normalised(*state, STR(NFC_NAME), NFC_NAME);
	assert_normalised(*state, STR(NFD_NAME), NFC_NAME);
	assert_normalised(*state, STR(MIXED_NAME), NFC_NAME);
	assert_normalised(*state, STR("plain"), "plain");
	/* Only canonical: a ligature stays what it is. */
	assert_normalised(*state, STR("\ufb01"), "\ufb01");
}

static void test_normalise_white_space(void **state)
{
	assert_normalised(*state, STR("  Nguyễn \t\r\n An\u00a0\u2003 "), "Nguyễn An");
	assert_normalised(*state, STR("a\u2028b\u3000c"), "a b c");
	assert_normalised(*state, STR(" \n "), "");
	assert_normalised(*state, STR(""), "");
}

static void test_normalise_refuses(void **state)
{
	static const struct str bad[] = {
		STR("a\x01"), STR("a\x7f"), STR("a\0b"), STR("a\xc2\x85z"), STR("a\xc2\x9bz"), STR("\xff"), STR("\xc3"),
		STR("An\u202eb"), STR("An\u200b"), STR("\ufeffAn"), STR("A\u00adn"), STR("a\x1b[0m"),
	};
	struct str result = STR("untouched");

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(text_normalise(*state, bad[i], &result));
	assert_str_equal(result, "untouched");
	assert_true(text_normalise(*state, STR_NULL, &result));
	assert_str_null(result);
}

static void test_fold(void **state)
{
	static const struct {
		struct str a, b;
		const char *folded;
	} same[] = {
		{ STR(NFC_NAME), STR(NFD_NAME), "dang thi phuong" },
		{ STR(MIXED_NAME), STR("DANG  THI PHUONG"), "dang thi phuong" },
		{ STR("Quý"), STR("Quí"), "qui" },
		{ STR("Lý"), STR("Lí"), "li" },
		{ STR("Mỹ"), STR("Mĩ"), "mi" },
		{ STR("Kỳ"), STR("Kì"), "ki" },
		{ STR("Đỵ"), STR("Đị"), "di" },
		{ STR("Quỳnh"), STR("Quình"), "quinh" },
		{ STR("Thuỷ"), STR("Thủy"), "thuy" },
		{ STR("Hoà"), STR("Hòa"), "hoa" },
		{ STR("ĐẶNG"), STR("đặng"), "dang" },
		{ STR("\uff21\uff2e"), STR("an"), "an" },
		{ STR("Nguyễn"), STR("NGUYÊN"), "nguyen" },
	};

	for (size_t i = 0; i < ARRAY_LEN(same); i++) {
		assert_str_equal(text_fold(*state, same[i].a), same[i].folded);
		assert_str_equal(text_fold(*state, same[i].b), same[i].folded);
	}
}

static void test_fold_keeps_apart(void **state)
{
	/* y after a vowel or at the beginning is another sound. */
	assert_str_equal(text_fold(*state, STR("Thúy")), "thuy");
	assert_str_equal(text_fold(*state, STR("Thúi")), "thui");
	assert_str_equal(text_fold(*state, STR("Tay")), "tay");
	assert_str_equal(text_fold(*state, STR("Yến Ý")), "yen y");
	assert_str_equal(text_fold(*state, STR("")), "");
	assert_str_equal(text_fold(*state, STR("  ")), "");
	assert_str_null(text_fold(*state, STR_NULL));
	assert_str_null(text_fold(*state, STR("\xff")));
}

static void test_looks_like_tcvn3(void **state)
{
	/* Left: TCVN3 and VNI read as Latin-1, as UTF-8 text and as bytes. */
	static const struct str old[] = {
		STR("Nguy\u00d4n V\u00a8n An"), STR("Tr\u00c7n Th\u00de Hoa"), STR("Ho\u00b5ng"),
		STR("\u00a7inh V\u00a8n"), STR("L\u00aa"), STR("Ph\u00ad\u00acng"), STR("Nguy\xd4n V\xa8n An"),
		STR("Nguye\u00e3n Va\u00ean An"), STR("Le\u00e2 Lan"), STR("Tra\u00e0n Th\u00f2 Hoa"),
		STR("Nguye\xe3n Va\xean An"),
	};
	static const struct str proper[] = {
		STR(NFC_NAME), STR(NFD_NAME), STR("Nguyễn Văn An"), STR("NGUYỄN THÀNH ĐÔNG"), STR("Hoà Hòa Huế"),
		STR("Lê Thị Quý Khoẻ Tuệ Yến"), STR("Cà Mau, Ea H'leo"), STR("Fran\u00e7ois M\u00fcller"),
		STR("Ra\u00fal Garc\u00eda"), STR("Ubnd t\u1ec9nh"), STR("5 \u00d7 6"), STR(""), STR("ÂU CƠ ÁNH ÚT"),
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(old); i++)
		assert_true(text_looks_like_tcvn3(old[i]));
	for (size_t i = 0; i < ARRAY_LEN(proper); i++)
		assert_false(text_looks_like_tcvn3(proper[i]));
}

static void test_user_name(void **state)
{
	static const struct {
		struct str name;
		unsigned n;
		const char *user_name;
	} cases[] = {
		{ STR("Nguyễn Văn An"), 1, "annv" },
		{ STR("Nguyễn Văn An"), 2, "annv2" },
		{ STR("Nguyễn Văn An"), 0, "annv" },
		{ STR(NFD_NAME), 1, "phuongdt" },
		{ STR("  Lý   Thị Thúy "), 12, "thuylt12" },
		{ STR("An"), 1, "an" },
		{ STR("H'Hen Niê"), 1, "nieh" },
		{ STR("Anne-Marie"), 1, "annemarie" },
		{ STR("Trần Ý"), 1, "yt" },
		/* nothing to make a name of */
		{ STR("Ý"), 1, "user" },
		{ STR("Ý"), 3, "user3" },
		{ STR("李小龙"), 1, "user" },
		{ STR(""), 1, "user" },
		{ STR("\xff"), 1, "user" },
		{ STR("Trần 2An"), 1, "ant" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct str name = text_user_name(*state, cases[i].name, cases[i].n);

		assert_str_equal(name, cases[i].user_name);
		assert_true(text_is_user_name(name));
	}
}

static void test_long_user_name_keeps_its_number(void **state)
{
	struct str name = text_user_name(*state, STR("Wolfeschlegelsteinhausenbergerdorff"), 4294967295u);

	assert_int_equal(name.len, 32);
	assert_true(str_ends(name, STR("4294967295")));
	assert_true(text_is_user_name(name));
}

static void test_is_user_name(void **state)
{
	static const struct str good[] = { STR("an"), STR("a-"), STR("annv2"), STR("a.b-c"),
		                           STR("abcdefghijklmnopqrstuvwxyz012345") };
	static const struct str bad[] = { STR(""), STR_NULL, STR("a"), STR("1a"), STR(".a"), STR("-a"), STR("An"),
		                          STR("a_b"), STR("a b"), STR("đan"), STR("a\0"),
		                          STR("abcdefghijklmnopqrstuvwxyz0123456") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(text_is_user_name(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(text_is_user_name(bad[i]));
}

static void test_is_iso_date(void **state)
{
	static const struct str good[] = { STR("1958-03-24"), STR("2000-02-29"), STR("2024-02-29"), STR("1900-01-01"),
		                           STR("2199-12-31"), STR("2023-04-30") };
	static const struct str bad[] = { STR(""), STR("1958-3-24"), STR("1958-03-24 "), STR("1958/03/24"),
		                          STR("1900-02-29"), STR("2100-02-29"), STR("2023-02-29"), STR("2023-04-31"),
		                          STR("2023-00-10"), STR("2023-13-10"), STR("2023-01-00"), STR("2023-01-32"),
		                          STR("1899-12-31"), STR("2200-01-01"), STR("+958-03-24"), STR("19a8-03-24"),
		                          STR("24-03-1958") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(good); i++)
		assert_true(text_is_iso_date(good[i]));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(text_is_iso_date(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_normalise_composes),
		UNIT_TEST(test_normalise_white_space),
		UNIT_TEST(test_normalise_refuses),
		UNIT_TEST(test_fold),
		UNIT_TEST(test_fold_keeps_apart),
		UNIT_TEST(test_looks_like_tcvn3),
		UNIT_TEST(test_user_name),
		UNIT_TEST(test_long_user_name_keeps_its_number),
		UNIT_TEST(test_is_user_name),
		UNIT_TEST(test_is_iso_date),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
