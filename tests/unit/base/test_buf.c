#include "common/base/buf.h"
#include "tests/unit/unit.h"

#include <string.h>

static void test_appends(void **state)
{
	struct buf b = buf_new(*state, 100);

	assert_str_equal(buf_str(&b), "");
	buf_add(&b, STR("one"));
	buf_add_char(&b, ',');
	buf_add_c(&b, "two");
	buf_add_c(&b, NULL);
	buf_add(&b, STR_NULL);
	buf_printf(&b, ",%d%s", 3, "!");
	assert_true(buf_ok(&b));
	assert_str_equal(buf_str(&b), "one,two,3!");
	assert_int_equal(b.p[b.len], '\0');
}

static void test_grows_to_its_maximum_exactly(void **state)
{
	enum { MAX = 10007 };
	struct buf b = buf_new(*state, MAX);

	for (size_t i = 0; i < MAX; i++) {
		buf_add_char(&b, (char)('a' + i % 26));
		assert_int_equal(b.p[b.len], '\0');
	}
	assert_true(buf_ok(&b));
	assert_int_equal(b.len, MAX);
	for (size_t i = 0; i < MAX; i++)
		assert_int_equal(b.p[i], 'a' + (int)(i % 26));
	buf_add_char(&b, 'x');
	assert_false(buf_ok(&b));
	assert_int_equal(b.len, MAX);
}

static void test_failure_changes_nothing_and_stays(void **state)
{
	struct buf b = buf_new(*state, 8);

	buf_add(&b, STR("12345"));
	buf_add(&b, STR("6789"));
	assert_false(buf_ok(&b));
	assert_str_equal(buf_str(&b), "12345");
	buf_add(&b, STR("6"));
	buf_printf(&b, "%d", 7);
	assert_false(buf_ok(&b));
	assert_str_equal(buf_str(&b), "12345");
}

static void test_printf_past_the_maximum(void **state)
{
	struct buf b = buf_new(*state, 3);

	buf_printf(&b, "%s", "abc");
	assert_true(buf_ok(&b));
	buf_printf(&b, "%s", "d");
	assert_false(buf_ok(&b));
	assert_str_equal(buf_str(&b), "abc");
}

static void test_maximum_of_zero(void **state)
{
	struct buf b = buf_new(*state, 0);

	buf_add(&b, STR(""));
	assert_true(buf_ok(&b));
	buf_add_char(&b, 'x');
	assert_false(buf_ok(&b));
	assert_str_equal(buf_str(&b), "");
}

static void test_two_buffers_grow_in_turn(void **state)
{
	struct buf a = buf_new(*state, 5000), b = buf_new(*state, 5000);

	for (int i = 0; i < 5000; i++) {
		buf_add_char(&a, 'a');
		buf_add_char(&b, 'b');
	}
	assert_true(buf_ok(&a) && buf_ok(&b));
	assert_null(memchr(a.p, 'b', a.len));
	assert_null(memchr(b.p, 'a', b.len));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_appends),
		UNIT_TEST(test_grows_to_its_maximum_exactly),
		UNIT_TEST(test_failure_changes_nothing_and_stays),
		UNIT_TEST(test_printf_past_the_maximum),
		UNIT_TEST(test_maximum_of_zero),
		UNIT_TEST(test_two_buffers_grow_in_turn),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
