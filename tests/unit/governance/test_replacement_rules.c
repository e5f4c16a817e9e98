/* replacement_rules.h: which step may be taken when. */
#include "server/governance/replacement_rules.h"
#include "tests/unit/unit.h"

static void test_steps(_unused_ void **state)
{
	static const struct {
		struct replacement_status status;
		enum replacement_step step;
		int expected;
		const char *by;
	} rows[] = {
		{ { .is_approved = false, .has_read_only = true, .is_cutover_day = true }, REPLACEMENT_GRANT, ERR_WRONG_STATE, "approval" },
		{ { .is_approved = false, .has_read_only = true, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_WRONG_STATE, "approval" },
		{ { .is_approved = true, .n_to_grant = 5 }, REPLACEMENT_GRANT, 0, NULL },
		{ { .is_approved = true }, REPLACEMENT_GRANT, 0, NULL },
		/* A role that came after the approval: nothing moves until it is in a plan. */
		{ { .is_approved = true, .n_unmapped = 1, .n_to_grant = 5 }, REPLACEMENT_GRANT, ERR_BLOCKED, "role_map" },
		{ { .is_approved = true, .n_unmapped = 1, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_BLOCKED, "role_map" },
		{ { .is_approved = true, .has_read_only = true }, REPLACEMENT_READ_ONLY, 0, NULL },
		{ { .is_approved = true, .has_read_only = true, .n_to_grant = 1 }, REPLACEMENT_READ_ONLY, ERR_BLOCKED, "grant" },
		{ { .is_approved = true, .has_read_only = false }, REPLACEMENT_READ_ONLY, ERR_WRONG_STATE, "read_only_role" },
		{ { .is_approved = true, .is_cutover_day = false }, REPLACEMENT_REVOKE, ERR_BLOCKED, "cutover" },
		{ { .is_approved = true, .is_cutover_day = true, .n_to_grant = 1 }, REPLACEMENT_REVOKE, ERR_BLOCKED, "grant" },
		{ { .is_approved = true, .is_cutover_day = true }, REPLACEMENT_REVOKE, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *by = "unset";

		print_message("row %zu\n", i);
		assert_int_equal(replacement_may_run(&rows[i].status, rows[i].step, &by), rows[i].expected);
		assert_str_equal(str_c(by ? by : "-"), rows[i].by ? rows[i].by : "-");
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
