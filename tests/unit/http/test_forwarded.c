#include "server/http/forwarded.h"

#include "common/base/err.h"
#include "tests/unit/unit.h"

static int client(struct arena *a, bool is_trusted, struct str header, struct str *ret)
{
	struct field f = { STR("X-Forwarded-For"), header };
	struct fields fields = { &f, str_is_null(header) ? 0 : 1 };
	const char *reason = NULL;

	return forwarded_client(a, &fields, is_trusted, STR("10.0.0.9"), ret, &reason);
}

static void assert_client(struct arena *a, bool is_trusted, struct str header, const char *expected)
{
	struct str ip = STR_NULL;

	assert_int_equal(client(a, is_trusted, header, &ip), 0);
	assert_str_equal(ip, expected);
}

static void test_only_trusted_peers_are_believed(void **state)
{
	assert_client(*state, false, STR("1.2.3.4"), "10.0.0.9");
	assert_client(*state, false, STR("nonsense"), "10.0.0.9");
	assert_client(*state, true, STR_NULL, "10.0.0.9");
	assert_client(*state, true, STR("1.2.3.4"), "1.2.3.4");
}

static void test_last_element_counts(void **state)
{
	assert_client(*state, true, STR("6.6.6.6, 1.2.3.4"), "1.2.3.4");
	assert_client(*state, true, STR("<script>,2001:DB8:0::1 "), "2001:db8::1");
	assert_client(*state, true, STR("::ffff:1.2.3.4"), "1.2.3.4");
}

/* authentik CVE-2024-47070: a malformed address must not end in some other decision. */
static void test_malformed_is_refused(void **state)
{
	static const struct str bad[] = { STR(""), STR(","), STR("1.2.3.4,"), STR("1.2.3.4:80"), STR("[::1]"), STR("1.2.3"),
		                          STR("1.2.3.4.5"), STR("01.2.3.4"), STR("unknown"), STR("1.2.3.4 x"), STR("fe80::1%eth0"),
		                          STR("1.2.3.4\0"), STR("256.1.1.1"), STR("0x7f.1") };
	struct str ip = STR_NULL;

	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_int_equal(client(*state, true, bad[i], &ip), ERR_BAD_REQUEST);
	assert_str_null(ip);
}

static void test_repeated_is_refused(void **state)
{
	struct field two[] = { { STR("X-Forwarded-For"), STR("1.1.1.1") }, { STR("x-forwarded-for"), STR("2.2.2.2") } };
	struct str ip = STR_NULL;
	const char *reason = NULL;

	assert_int_equal(forwarded_client(*state, &(struct fields){ two, 2 }, true, STR("10.0.0.9"), &ip, &reason),
	                 ERR_BAD_REQUEST);
}

static void test_equal_in_both_spellings(void **state)
{
	struct ip a, b;

	(void)state;
	assert_true(ip_parse(STR("127.0.0.1"), &a) && ip_parse(STR("::ffff:127.0.0.1"), &b));
	assert_true(ip_equal(&a, &b));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_only_trusted_peers_are_believed),
		UNIT_TEST(test_last_element_counts),
		UNIT_TEST(test_malformed_is_refused),
		UNIT_TEST(test_repeated_is_refused),
		UNIT_TEST(test_equal_in_both_spellings),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
