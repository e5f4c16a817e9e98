#include "server/http/auth_header.h"

#include "common/base/base64.h"
#include "tests/unit/unit.h"

static void test_bearer(void **state)
{
	(void)state;
	assert_str_equal(auth_bearer(STR("Bearer abc.DEF-_~+/9==")), "abc.DEF-_~+/9==");
	assert_str_equal(auth_bearer(STR("bEARER  x")), "x");
}

static void test_bad_bearer(void **state)
{
	static const struct str bad[] = { STR_NULL, STR(""), STR("Bearer"), STR("Bearer "), STR("Bearer ="), STR("Bearer a b"),
		                          STR("Bearer a=b"), STR("Bearer a,b"), STR("Bearer \xc3\xa9"), STR("Basic abc"),
		                          STR("Bearerx abc"), STR("Bearer\tabc"), STR(" Bearer abc"), STR("DPoP abc"),
		                          STR("Bearer abc ") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_str_null(auth_bearer(bad[i]));
}

static bool basic(struct arena *a, struct str pair, struct str *user, struct str *password)
{
	struct str header = arena_printf(a, "Basic %.*s", STR_ARG(base64_encode(a, pair)));

	return auth_basic(a, header, user, password);
}

/* RFC 6749 §2.3.1 and its appendix B: both parts are form-encoded before the base64. */
static void test_basic(void **state)
{
	struct str user, password;

	assert_true(basic(*state, STR("client:secret"), &user, &password));
	assert_str_equal(user, "client");
	assert_str_equal(password, "secret");
	assert_true(basic(*state, STR("a%3Ab:p+q%2B:r"), &user, &password));
	assert_str_equal(user, "a:b");
	assert_str_equal(password, "p q+:r");
	assert_true(basic(*state, STR(":"), &user, &password));
	assert_str_equal(user, "");
	assert_str_equal(password, "");
}

static void test_bad_basic(void **state)
{
	static const struct str bad[] = { STR_NULL, STR("Basic"), STR("Basic "), STR("Basic !"), STR("Basic YTpi="),
		                          STR("Basic YTpi YTpi"), STR("Bearer YTpi"), STR("Basic YTpj\n") };
	static const struct str bad_pairs[] = { STR("nocolon"), STR("a%zz:b"), STR("a:b%"), STR("a%00:b"), STR("\xff:b"),
		                                STR("a\0b:c") };
	struct str user = STR_NULL, password = STR_NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(auth_basic(*state, bad[i], &user, &password));
	for (size_t i = 0; i < ARRAY_LEN(bad_pairs); i++)
		assert_false(basic(*state, bad_pairs[i], &user, &password));
	assert_str_null(user);
	assert_str_null(password);
}

static void test_lacks_token(void **state)
{
	static const struct str lacking[] = { STR("Bearer"), STR("bearer "), STR("Bearer a b"), STR("DPoP"), STR("DPoP a b") };
	static const struct str others[] = { STR_NULL, STR(""), STR("Bearer a"), STR("Bearer a,b"), STR("DPoP a"), STR("dpop ="), STR("Basic a b"), STR("Bearerx"), STR("Digest") };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(lacking); i++)
		assert_true(auth_lacks_token(lacking[i]));
	for (size_t i = 0; i < ARRAY_LEN(others); i++)
		assert_false(auth_lacks_token(others[i]));
}

static void test_is_basic(void **state)
{
	(void)state;
	assert_true(auth_is_basic(STR("Basic")));
	assert_false(auth_is_basic(STR("Basics x")));
	assert_true(auth_is_basic(STR("basic x")));
	assert_false(auth_is_basic(STR("Bearer x")));
	assert_false(auth_is_basic(STR_NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_bearer),
		UNIT_TEST(test_bad_bearer),
		UNIT_TEST(test_basic),
		UNIT_TEST(test_bad_basic),
		UNIT_TEST(test_lacks_token),
		UNIT_TEST(test_is_basic),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
