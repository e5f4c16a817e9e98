#include "common/model/activation_store.h"
#include "server/login/password.h"
#include "tests/unit/oidc/keys.h"

static const struct password_context somebody = {
	.login = { "phuongdt", 8 },
	.full_name = { "Đặng Thị Phượng", sizeof("Đặng Thị Phượng") - 1 },
	.unit_name = { "Xã Anh Sơn Đông", sizeof("Xã Anh Sơn Đông") - 1 },
};

static void test_rules(void **state)
{
	static const struct {
		const char *password;
		enum password_flaw flaw;
	} rows[] = {
		{ "Qv7-bMpXw2e9Trk-Lm", PASSWORD_OK },
		{ "mưa Rào tháng 8 trên cầu", PASSWORD_OK },
		{ "Qv7-bMpXw2e9T", PASSWORD_TOO_SHORT },
		{ "qv7-bmpxw2e9trk", PASSWORD_CLASSES },
		{ "QV7-BMPXW2E9TRK", PASSWORD_CLASSES },
		{ "Qvb-mpXwxexTrkyy", PASSWORD_CLASSES },
		{ "Qv7bMpXw2e9Trk2k", PASSWORD_CLASSES },
		{ "PhuongDT-2026-ok", PASSWORD_PERSONAL },
		{ "DangThiPhuong@2026", PASSWORD_PERSONAL },
		{ "Đặng Thị Phượng 1!", PASSWORD_PERSONAL },
		{ "Xa.Anh.Son.Dong1!xaanhsondong", PASSWORD_PERSONAL },
		{ "Password1!Password1!", PASSWORD_GUESSABLE },
		{ "Abcdefghijk123456!", PASSWORD_GUESSABLE },
		{ "Qv7-bMpXw2e9\x07rk-Lm", PASSWORD_CHARACTERS },
		{ "Qv7-bMpXw2e9\xffrk-Lm", PASSWORD_CHARACTERS },
	};
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum password_flaw flaw = password_check(&op, str_c(rows[i].password), &somebody);

		if (flaw != rows[i].flaw)
			fail_msg("row %zu (%s): %s", i, rows[i].password, password_flaw_name(flaw));
	}
}

static void test_too_long(void **state)
{
	char *p = arena_alloc(*state, 200);
	struct op op;

	op_init(&op, *state, NULL, NULL);
	for (size_t i = 0; i < 129; i++)
		p[i] = "Qv7-bMpXw2e9Trk"[i % 15];
	assert_int_equal(password_check(&op, str_n(p, 129), &somebody), PASSWORD_TOO_LONG);
	assert_int_equal(password_check(&op, str_n(p, 128), &somebody), PASSWORD_OK);
}

static void test_code_is_read_as_typed(void **state)
{
	struct str plain;

	assert_true(activation_code_read(*state, STR("ab2c-DEfg hjkm"), &plain));
	assert_str_equal(plain, "AB2CDEFGHJKM");
	assert_false(activation_code_read(*state, STR(""), &plain));
	assert_false(activation_code_read(*state, STR("AB2C-DEFG-HJK"), &plain));
	assert_false(activation_code_read(*state, STR("AB2C-DEFG-HJKMM"), &plain));
	assert_false(activation_code_read(*state, STR("AB2C-DEFG-HJK\xff"), &plain));
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_rules), UNIT_TEST(test_too_long), UNIT_TEST(test_code_is_read_as_typed) };

	return cmocka_run_group_tests_name("login/password", tests, NULL, NULL);
}
