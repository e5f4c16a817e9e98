/* Codes that people type, and what a poll gets. */
#include "server/oidc/decoupled.h"
#include "server/oidc/user_code.h"
#include "tests/unit/unit.h"

static void test_user_codes(void **state)
{
	static const struct {
		const char *typed, *code; /* NULL: none */
	} rows[] = {
		{ "BCDF-GHJK", "BCDFGHJK" },
		{ "bcdfghjk", "BCDFGHJK" },
		{ " bcdf - ghjk ", "BCDFGHJK" },
		{ "B-C-D-F-G-H-J-K", "BCDFGHJK" },
		{ "LMNP-QRST", "LMNPQRST" },
		{ "VWXZ-VWXZ", "VWXZVWXZ" },
		{ "BCDF-GHJ", NULL },
		{ "BCDF-GHJKL", NULL },
		{ "BCDF-GHJA", NULL }, /* a vowel */
		{ "BCDF-GHJY", NULL },
		{ "BCDF-GH1K", NULL },
		{ "BCDF_GHJK", NULL },
		{ "BCDFGHJ\xc4\x91", NULL },
		{ "--------", NULL },
		{ "", NULL },
		{ "B                                        CDFGHJK", NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct str code = STR_NULL;

		print_message("%s\n", rows[i].typed);
		assert_int_equal(user_code_read(*state, str_c(rows[i].typed), &code), rows[i].code != NULL);
		if (rows[i].code)
			assert_true(str_equal(code, str_c(rows[i].code)));
	}
	assert_false(user_code_read(*state, STR("BCDFGHJ\0"), &(struct str){ 0 }));
	assert_false(user_code_read(*state, STR_NULL, &(struct str){ 0 }));
}

static void test_new_codes_are_read_as_shown(void **state)
{
	struct str before = STR("");

	for (int i = 0; i < 200; i++) {
		struct str code = user_code_new(*state), shown = user_code_show(*state, code), read;

		assert_int_equal(shown.len, USER_CODE_LEN + 1);
		assert_true(user_code_read(*state, shown, &read));
		assert_true(str_equal(read, code));
		assert_false(str_equal(code, before));
		before = code;
	}
}

static void test_verdicts(_unused_ void **state)
{
	static const struct {
		struct decoupled_state state;
		int verdict;
	} rows[] = {
		{ { 0 }, ERR_AUTHORIZATION_PENDING },
		{ { .hasty = true }, ERR_SLOW_DOWN },
		{ { .expired = true }, ERR_EXPIRED_TOKEN },
		{ { .expired = true, .hasty = true }, ERR_EXPIRED_TOKEN },
		{ { .decided = true }, ERR_ACCESS_DENIED },
		{ { .decided = true, .hasty = true }, ERR_ACCESS_DENIED },
		{ { .decided = true, .allowed = true, .expired = true }, ERR_EXPIRED_TOKEN },
		/* Who was told to wait, and then may have it, need not wait. */
		{ { .decided = true, .allowed = true, .hasty = true, .has_family = true }, 0 },
		{ { .decided = true, .allowed = true, .has_family = true }, 0 },
		{ { .decided = true, .allowed = true }, ERR_INVALID_GRANT },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++)
		assert_int_equal(decoupled_verdict(&rows[i].state), rows[i].verdict);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_user_codes),
		UNIT_TEST(test_new_codes_are_read_as_shown),
		cmocka_unit_test(test_verdicts),
	};

	return cmocka_run_group_tests_name("oidc/decoupled", tests, NULL, NULL);
}
