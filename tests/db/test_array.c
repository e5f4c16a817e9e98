#include "tests/unit/unit.h"

#include "common/db/db.h"

static struct op op_in(struct arena *a)
{
	struct op op;

	op_init(&op, a, NULL, NULL);
	return op;
}

static void test_literals(void **state)
{
	static const struct {
		struct str parts[3];
		size_t n;
		const char *literal;
	} cases[] = {
		{ { { NULL, 0 } }, 0, "{}" },
		{ { { "a", 1 } }, 1, "{\"a\"}" },
		{ { { "a", 1 }, { "b c", 3 } }, 2, "{\"a\",\"b c\"}" },
		{ { { "", 0 }, { NULL, 0 }, { "NULL", 4 } }, 3, "{\"\",NULL,\"NULL\"}" },
		{ { { "\"", 1 }, { "\\", 1 }, { "},{", 3 } }, 3, "{\"\\\"\",\"\\\\\",\"},{\"}" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		assert_str_equal(db_array(*state, cases[i].parts, cases[i].n), cases[i].literal);
}

static void test_every_text_survives(void **state)
{
	struct op op = op_in(*state);
	struct str parts[256];
	char bytes[256][2];
	const struct str *read;
	size_t n;

	for (size_t i = 1; i < 256; i++) {
		bytes[i][0] = (char)i;
		bytes[i][1] = '"';
		parts[i] = str_n(bytes[i], 2);
	}
	assert_int_equal(db_array_read(&op, db_array(*state, parts + 1, 255), &read, &n), 0);
	assert_int_equal(n, 255);
	for (size_t i = 1; i < 256; i++)
		assert_true(str_equal(read[i - 1], parts[i]));
}

static void test_what_the_server_writes(void **state)
{
	struct op op = op_in(*state);
	const struct str *parts;
	size_t n = 99;

	assert_int_equal(db_array_read(&op, STR_NULL, &parts, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(db_array_read(&op, STR("{}"), &parts, &n), 0);
	assert_int_equal(n, 0);
	assert_int_equal(db_array_read(&op, STR("{a,NULL,\"b c\",\"\",\"null\",nul}"), &parts, &n), 0);
	assert_int_equal(n, 6);
	assert_str_equal(parts[0], "a");
	assert_str_null(parts[1]);
	assert_str_equal(parts[2], "b c");
	assert_str_equal(parts[3], "");
	assert_str_equal(parts[4], "null");
	assert_str_equal(parts[5], "nul");
	/* NUL-terminated behind its length. */
	assert_int_equal(parts[0].p[1], '\0');
}

static void test_what_is_no_array_of_one_dimension(void **state)
{
	static const char *const wrong[] = { "", "a", "{", "}", "{a", "{a,", "{a,}", "{,}", "{a}b", "{{a}}", "{\"a}", "{\"a\\",
		                             "[0:1]={a,b}", "{a b\"c\"}", "{\"a\"b}" };
	const struct str *parts = NULL;
	size_t n = 99;

	for (size_t i = 0; i < ARRAY_LEN(wrong); i++) {
		struct op op = op_in(*state);

		assert_int_equal(db_array_read(&op, str_c(wrong[i]), &parts, &n), ERR_INTERNAL);
		assert_null(parts);
		assert_int_equal(n, 99);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_literals),
		UNIT_TEST(test_every_text_survives),
		UNIT_TEST(test_what_the_server_writes),
		UNIT_TEST(test_what_is_no_array_of_one_dimension),
	};

	return cmocka_run_group_tests_name("array", tests, NULL, NULL);
}
