#include "common/model/subject.h"
#include "tests/unit/oidc/keys.h"

#define ACCOUNT STR("3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e6f")

/* OIDC Core §8.1. */
static void test_sector(void **state)
{
	static const struct str one[] = { STR("https://a.example/cb"), STR("https://a.example:8443/other") },
	                        two[] = { STR("https://a.example/cb"), STR("https://b.example/cb") };
	const struct str_list same = { one, 2 }, several = { two, 2 }, none = { 0 };

	assert_str_equal(subject_sector(*state, STR("by hand"), STR("https://s.example/list"), same), "by hand");
	assert_str_equal(subject_sector(*state, STR_NULL, STR("https://s.example/list"), several), "s.example");
	assert_str_equal(subject_sector(*state, STR_NULL, STR_NULL, same), "a.example");
	assert_str_null(subject_sector(*state, STR_NULL, STR_NULL, several));
	assert_str_null(subject_sector(*state, STR_NULL, STR_NULL, none));
}

static void test_pairwise(void **state)
{
	struct op *a = op_with_keys(*state, SECRET_A), *b = op_with_keys(*state, SECRET_B);
	struct str sub = subject_pairwise(a, STR("one.example"), ACCOUNT);

	assert_int_equal(sub.len, 43);
	assert_true(str_equal(sub, subject_pairwise(a, STR("one.example"), ACCOUNT)));
	assert_false(str_equal(sub, subject_pairwise(a, STR("two.example"), ACCOUNT)));
	assert_false(str_equal(sub, subject_pairwise(a, STR("one.example"), STR("3f0e8a52-8f2c-4d43-9d6e-1a2b3c4d5e60"))));
	assert_false(str_equal(sub, subject_pairwise(b, STR("one.example"), ACCOUNT)));
	/* A change would give every official another name at every such platform. */
	assert_str_equal(sub, "7GGRPp-FGiFYtgX0vjPg3Uj6UqZUnSuq6b7wU26zUik");
	op_keys_done(a);
	op_keys_done(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_sector),
		UNIT_TEST(test_pairwise),
	};

	return cmocka_run_group_tests_name("model/subject", tests, NULL, NULL);
}
