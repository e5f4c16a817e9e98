#include "common/base/base64.h"
#include "common/base/random.h"
#include "tests/unit/unit.h"

#include <string.h>

static void test_bytes_fill_exactly(void **state)
{
	unsigned char seen[64] = { 0 };

	(void)state;
	/* Each byte changes in some of 64 draws (it stays 0 in all with 2^-512). */
	for (int round = 0; round < 64; round++) {
		unsigned char bytes[66] = { 0 };

		bytes[0] = bytes[65] = 0x5a;
		random_bytes(bytes + 1, 64);
		assert_int_equal(bytes[0], 0x5a);
		assert_int_equal(bytes[65], 0x5a);
		for (size_t i = 0; i < 64; i++)
			seen[i] |= bytes[i + 1];
	}
	for (size_t i = 0; i < 64; i++)
		assert_int_not_equal(seen[i], 0);
}

static void test_below_reaches_all_and_no_more(void **state)
{
	unsigned count[6] = { 0 };

	(void)state;
	for (int i = 0; i < 6000; i++) {
		uint32_t value = random_below(6);

		assert_true(value < 6);
		count[value]++;
	}
	/* 1000 expected, standard deviation 29: ten of them is never left. */
	for (size_t i = 0; i < 6; i++)
		assert_in_range(count[i], 700, 1300);
	assert_int_equal(random_below(1), 0);
	for (int i = 0; i < 100; i++)
		assert_true(random_below(0x80000001u) <= 0x80000000u);
}

static void test_token(void **state)
{
	struct str token = random_token(*state, STR("senrt_"), 32), bytes;

	assert_int_equal(token.len, 6 + 43);
	assert_true(str_starts(token, STR("senrt_")));
	assert_true(base64url_decode(*state, str_skip(token, 6), &bytes));
	assert_int_equal(bytes.len, 32);
	assert_false(str_equal(token, random_token(*state, STR("senrt_"), 32)));
	assert_int_equal(random_token(*state, STR(""), 16).len, 22);
}

static void test_uuid(void **state)
{
	char first[UUID_TEXT_LEN + 1], uuid[UUID_TEXT_LEN + 1];

	(void)state;
	random_uuid(first);
	for (int i = 0; i < 200; i++) {
		random_uuid(uuid);
		assert_int_equal(strlen(uuid), UUID_TEXT_LEN);
		assert_true(uuid_is_valid(str_c(uuid)));
		assert_int_equal(uuid[14], '4');
		assert_non_null(strchr("89ab", uuid[19]));
		assert_string_not_equal(uuid, first);
	}
}

static void test_uuid_is_valid(void **state)
{
	static const struct str bad[] = {
		STR(""),
		STR("123e4567-e89b-12d3-a456-42661417400"),
		STR("123e4567-e89b-12d3-a456-4266141740000"),
		STR("123E4567-e89b-12d3-a456-426614174000"),
		STR("123e4567ae89b-12d3-a456-426614174000"),
		STR("123e4567-e89b-12d3-a456-42661417400g"),
		STR("{23e4567-e89b-12d3-a456-42661417400}"),
		STR("123e4567-e89b-12d3-a4-6-426614174000"),
	};

	(void)state;
	assert_true(uuid_is_valid(STR("123e4567-e89b-12d3-a456-426614174000")));
	for (size_t i = 0; i < ARRAY_LEN(bad); i++)
		assert_false(uuid_is_valid(bad[i]));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_bytes_fill_exactly), UNIT_TEST(test_below_reaches_all_and_no_more),
		UNIT_TEST(test_token),              UNIT_TEST(test_uuid),
		UNIT_TEST(test_uuid_is_valid),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
