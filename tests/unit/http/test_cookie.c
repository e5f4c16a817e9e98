#include "server/http/cookie.h"

#include "tests/unit/unit.h"

static struct str find(const char *header, const char *name)
{
	struct field f = { STR("cookie"), str_c(header) };

	return cookie_find(&(struct fields){ &f, 1 }, str_c(name));
}

static void test_found(void **state)
{
	(void)state;
	assert_str_equal(find("a=1", "a"), "1");
	assert_str_equal(find("a=1; b=2", "b"), "2");
	assert_str_equal(find("a=1;b=2;  c=3 ", "c"), "3");
	assert_str_equal(find("a=", "a"), "");
	assert_str_equal(find("a=b=c", "a"), "b=c");
	assert_str_equal(find("junk; =x; a=1;;", "a"), "1");
	assert_str_equal(find("a=1; a=1", "a"), "1");
}

static void test_not_found(void **state)
{
	(void)state;
	assert_str_null(find("", "a"));
	assert_str_null(find("A=1", "a"));
	assert_str_null(find("aa=1", "a"));
	assert_str_null(find("a", "a"));
	assert_str_null(find("b=a=1", "a"));
	assert_str_null(cookie_find(&(struct fields){ NULL, 0 }, STR("a")));
}

/* A cookie set for the parent domain must not win over ours, or be taken for it. */
static void test_two_values_are_none(void **state)
{
	const struct field two[] = { { STR("Cookie"), STR("a=1") }, { STR("Cookie"), STR("b=2; a=3") } };
	const struct field same[] = { { STR("Cookie"), STR("b=2") }, { STR("Cookie"), STR("a=3") } };

	(void)state;
	assert_str_null(find("a=1; a=2", "a"));
	assert_str_null(cookie_find(&(struct fields){ two, 2 }, STR("a")));
	assert_str_equal(cookie_find(&(struct fields){ same, 2 }, STR("a")), "3");
}

static void test_malformed_values_are_none(void **state)
{
	static const char *const bad[] = { "a=\"1\"", "a=1 2", "a=1,2", "a=\\", "a=\x7f", "a=\xc3\xa9" };

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_str_null(find(bad[i], "a"));
}

static void test_format(void **state)
{
	assert_str_equal(cookie_format(*state, "__Host-s", STR("v"), -1),
	                 "__Host-s=v; Path=/; Secure; HttpOnly; SameSite=Lax");
	assert_str_equal(cookie_format(*state, "__Host-s", STR(""), 0),
	                 "__Host-s=; Max-Age=0; Path=/; Secure; HttpOnly; SameSite=Lax");
	assert_str_equal(cookie_format(*state, "__Host-s", STR("v"), 600),
	                 "__Host-s=v; Max-Age=600; Path=/; Secure; HttpOnly; SameSite=Lax");
}

static void format_bad_value(void *argument)
{
	(void)cookie_format(argument, "__Host-s", STR("v; Domain=evil"), -1);
}

static void test_format_refuses_attributes_in_a_value(void **state)
{
	assert_aborts(format_bad_value, *state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_found),
		UNIT_TEST(test_not_found),
		UNIT_TEST(test_two_values_are_none),
		UNIT_TEST(test_malformed_values_are_none),
		UNIT_TEST(test_format),
		UNIT_TEST(test_format_refuses_attributes_in_a_value),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
