#include "server/session/handle.h"
#include "tests/unit/oidc/keys.h"

static const struct str account = { "3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f", 36 };
static const struct str family = { "00000000-0000-4000-8000-00000000ffff", 36 };

static void test_session_and_code(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct handle made, read;
	struct str text;

	op->now_s = 1795478400; /* 2026-11-24 00:00 UTC */
	text = handle_new(op, HANDLE_SESSION, account, &made);
	assert_str_equal(made.on, "2026-11-24");
	assert_true(handle_read(op, HANDLE_SESSION, text, &read));
	assert_true(str_equal(read.account_id, account));
	assert_str_equal(read.on, "2026-11-24");
	assert_true(str_equal(read.hash, made.hash));
	assert_int_equal(read.hash.len, 32);
	/* The prefix is not what tells kinds apart: the seal does. */
	text = str_skip(text, 4);
	text = arena_printf(*state, "snc_%.*s", STR_ARG(text));
	assert_false(handle_read(op, HANDLE_CODE, text, &read));
	assert_false(handle_read(op, HANDLE_SESSION, text, &read));
	/* A device code names nobody yet. */
	text = handle_new(op, HANDLE_DEVICE, STR(HANDLE_NOBODY), &made);
	assert_true(handle_read(op, HANDLE_DEVICE, text, &read));
	assert_str_equal(read.account_id, HANDLE_NOBODY);
	assert_true(str_equal(read.hash, made.hash));
	assert_false(handle_read(op, HANDLE_CIBA, arena_printf(*state, "snb_%.*s", STR_ARG(str_skip(text, 4))), &read));
	op_keys_done(op);
}

static void test_two_are_never_alike(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct handle a, b;

	assert_false(str_equal(handle_new(op, HANDLE_CODE, account, &a), handle_new(op, HANDLE_CODE, account, &b)));
	assert_false(str_equal(a.hash, b.hash));
	op_keys_done(op);
}

/* A lost answer can be given again: the same family and generation give the same token. */
static void test_refresh_is_repeatable(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A);
	struct str one = handle_refresh(op, account, STR("2026-11-24"), family, 7);
	struct handle h;

	assert_true(str_equal(one, handle_refresh(op, account, STR("2026-11-24"), family, 7)));
	assert_false(str_equal(one, handle_refresh(op, account, STR("2026-11-24"), family, 8)));
	assert_true(handle_read(op, HANDLE_REFRESH, one, &h));
	assert_int_equal(h.generation, 7);
	assert_true(str_equal(h.family_id, family));
	assert_str_equal(h.on, "2026-11-24");
	assert_false(handle_read(op, HANDLE_TOKEN_ID, one, &h));
	op_keys_done(op);
}

static void test_forgeries(void **state)
{
	struct op *op = op_with_keys(*state, SECRET_A), *other = op_with_keys(*state, SECRET_B);
	struct str text = handle_token_id(op, account, STR("2026-11-24"), family);
	static const struct str nonsense[] = { STR(""), STR("snt_"), STR("snt_AAAA"), STR("x"), STR_NULL };
	struct handle h;

	assert_true(handle_read(op, HANDLE_TOKEN_ID, text, &h));
	assert_false(handle_read(other, HANDLE_TOKEN_ID, text, &h));
	for (size_t i = 0; i < ARRAY_LEN(nonsense); i++)
		assert_false(handle_read(op, HANDLE_TOKEN_ID, nonsense[i], &h));
	/* CVE-2026-27840 of ZITADEL: a truncated token was valid. */
	for (size_t n = 1; n < text.len; n++)
		assert_false(handle_read(op, HANDLE_TOKEN_ID, str_n(text.p, n), &h));
	op_keys_done(op);
	op_keys_done(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = { UNIT_TEST(test_session_and_code), UNIT_TEST(test_two_are_never_alike),
		                            UNIT_TEST(test_refresh_is_repeatable), UNIT_TEST(test_forgeries) };

	return cmocka_run_group_tests_name("session/handle", tests, NULL, NULL);
}
