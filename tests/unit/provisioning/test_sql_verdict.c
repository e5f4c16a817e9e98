/* What an error of a platform's database means for the operation. */
#include "provisioning/sql/standing.h"
#include "tests/unit/unit.h"

static void each_error_has_its_verdict(void **state)
{
	static const struct {
		enum err code;
		enum verdict when_unavailable, verdict;
		const char *class;
	} cases[] = {
		{ ERR_UNAVAILABLE, VERDICT_DOWN, VERDICT_DOWN, "database" },
		{ ERR_UNAVAILABLE, VERDICT_NOT_DONE, VERDICT_NOT_DONE, "database" },
		/* A commit whose answer was lost: whoever is told so looks before it goes on. */
		{ ERR_OUTCOME_UNKNOWN, VERDICT_DOWN, VERDICT_IN_DOUBT, "database" },
		{ ERR_OUTCOME_UNKNOWN, VERDICT_NOT_DONE, VERDICT_IN_DOUBT, "database" },
		{ ERR_CONFLICT, VERDICT_NOT_DONE, VERDICT_CONFLICT, "conflict" },
		{ ERR_ACCESS_DENIED, VERDICT_NOT_DONE, VERDICT_AUTH, "auth" },
		{ ERR_INVALID_VALUE, VERDICT_NOT_DONE, VERDICT_REFUSED, "data" },
		{ ERR_INTERNAL, VERDICT_NOT_DONE, VERDICT_REFUSED, "statement" },
	};

	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct op op;
		struct call c = { .op = &op };

		op_init(&op, *state, NULL, NULL);
		op_fail_detail(&op, cases[i].code, "it failed", "what the database said");
		assert_int_equal(sql_verdict(&c, cases[i].when_unavailable), cases[i].verdict);
		assert_string_equal(c.fault.class, cases[i].class);
		assert_str_equal(c.fault.detail, "what the database said");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(each_error_has_its_verdict),
	};

	return cmocka_run_group_tests_name("provisioning/sql_verdict", tests, NULL, NULL);
}
