#include "common/base/clock.h"
#include "common/base/op.h"
#include "tests/unit/unit.h"

#include <string.h>

static void test_init(void **state)
{
	struct op op, other;

	memset(&op, 0xa5, sizeof(op));
	op_init(&op, *state, NULL, NULL);
	op_init(&other, *state, NULL, NULL);
	assert_int_equal(strlen(op.id), OP_ID_LEN);
	assert_int_equal(strspn(op.id, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"), OP_ID_LEN);
	assert_string_not_equal(op.id, other.id);
	assert_ptr_equal(op.arena, *state);
	assert_int_equal(op.error.code, 0);
	assert_int_equal(op.error.n_args, 0);
	assert_true(op.now_s <= clock_now_s() && op.now_s >= clock_now_s() - 5);
}

static void test_first_fault_stays(void **state)
{
	struct op op;

	op_init(&op, *state, NULL, NULL);
	assert_int_equal(op_fail_detail(&op, ERR_INVALID_GRANT, "the code is not valid", "code %d of %s", 7, "x"),
	                 ERR_INVALID_GRANT);
	assert_int_equal(op_fail(&op, ERR_INTERNAL, "later"), ERR_INVALID_GRANT);
	assert_int_equal(op_fail_detail(&op, ERR_CRYPTO, "later", "more %d", 1), ERR_INVALID_GRANT);
	assert_int_equal(op.error.code, ERR_INVALID_GRANT);
	assert_string_equal(op.error.text, "the code is not valid");
	assert_str_equal(op.error.detail, "code 7 of x");
}

static void test_a_fault_without_detail_takes_none_later(void **state)
{
	struct op op;

	op_init(&op, *state, NULL, NULL);
	op_fail(&op, ERR_CONFLICT, "first");
	op_fail_detail(&op, ERR_INTERNAL, "second", "of the second");
	assert_str_null(op.error.detail);
}

static void test_args(void **state)
{
	struct op op;
	char unit[] = "P02";

	op_init(&op, *state, NULL, NULL);
	op_fail(&op, ERR_UNKNOWN_UNIT, "no such unit");
	assert_int_equal(op_fail_arg(&op, "unit", str_c(unit)), ERR_UNKNOWN_UNIT);
	unit[0] = 'x';
	assert_int_equal(op.error.n_args, 1);
	assert_string_equal(op.error.args[0].name, "unit");
	assert_str_equal(op.error.args[0].value, "P02");
}

static void arg_without_error(void *argument)
{
	struct op op;

	op_init(&op, argument, NULL, NULL);
	op_fail_arg(&op, "unit", STR("x"));
}

static void fail_without_code(void *argument)
{
	struct op op;

	op_init(&op, argument, NULL, NULL);
	op_fail(&op, ERR_NONE, "nothing");
}

static void test_wrong_use_aborts(void **state)
{
	assert_aborts(arg_without_error, *state);
	assert_aborts(fail_without_code, *state);
}

static void test_forgive(void **state)
{
	struct op op;

	op_init(&op, *state, NULL, NULL);
	op_fail(&op, ERR_NOT_FOUND, "not there");
	op_fail_arg(&op, "name", STR("x"));
	op_forgive(&op);
	assert_int_equal(op.error.code, 0);
	assert_int_equal(op.error.n_args, 0);
	assert_int_equal(op_fail(&op, ERR_INTERNAL, "now"), ERR_INTERNAL);
	assert_string_equal(op.error.text, "now");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(test_init), UNIT_TEST(test_first_fault_stays),
		UNIT_TEST(test_a_fault_without_detail_takes_none_later),
		UNIT_TEST(test_args), UNIT_TEST(test_wrong_use_aborts), UNIT_TEST(test_forgive),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
