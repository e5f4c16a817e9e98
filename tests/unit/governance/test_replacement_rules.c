/* replacement_rules.h: which step may be taken when. */
#include "server/governance/replacement_rules.h"
#include "tests/unit/unit.h"

/* Approved, under way, and nothing in its way. */
#define ON .is_approved = true, .is_followed = true, .is_new_open = true, .is_handed_over = true

static void test_steps(_unused_ void **state)
{
	static const struct {
		struct replacement_status status;
		enum replacement_step step;
		int expected;
		const char *by;
	} rows[] = {
		{ { .is_approved = false, .is_followed = true, .is_new_open = true, .has_read_only = true, .is_cutover_day = true }, REPLACEMENT_GRANT, ERR_WRONG_STATE, "approval" },
		{ { .is_approved = false, .is_followed = true, .is_new_open = true, .has_read_only = true, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_WRONG_STATE, "approval" },
		{ { ON, .n_to_grant = 5 }, REPLACEMENT_GRANT, 0, NULL },
		{ { ON }, REPLACEMENT_GRANT, 0, NULL },
		/* A role that came after the approval: nothing moves until it is in a plan. */
		{ { ON, .n_unmapped = 1, .n_to_grant = 5 }, REPLACEMENT_GRANT, ERR_BLOCKED, "role_map" },
		{ { ON, .n_unmapped = 1, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_BLOCKED, "role_map" },
		/* Nor while somebody asks to give the plan up, nor to a platform that was closed meanwhile. */
		{ { ON, .is_to_be_cancelled = true, .n_to_grant = 5 }, REPLACEMENT_GRANT, ERR_BLOCKED, "cancellation" },
		{ { ON, .is_to_be_cancelled = true, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_BLOCKED, "cancellation" },
		{ { .is_approved = true, .is_followed = true, .is_handed_over = true, .n_to_grant = 1 }, REPLACEMENT_GRANT, ERR_BLOCKED, "new_platform" },
		{ { ON, .has_read_only = true }, REPLACEMENT_READ_ONLY, 0, NULL },
		{ { ON, .has_read_only = true, .n_to_grant = 1 }, REPLACEMENT_READ_ONLY, ERR_BLOCKED, "grant" },
		{ { ON, .has_read_only = false }, REPLACEMENT_READ_ONLY, ERR_WRONG_STATE, "read_only_role" },
		{ { ON, .is_cutover_day = false }, REPLACEMENT_REVOKE, ERR_BLOCKED, "cutover" },
		{ { ON, .is_cutover_day = true, .n_to_grant = 1 }, REPLACEMENT_REVOKE, ERR_BLOCKED, "grant" },
		{ { ON, .is_cutover_day = true }, REPLACEMENT_REVOKE, 0, NULL },
		/* Rules first: the first batch makes them follow. */
		{ { .is_approved = true, .is_new_open = true, .is_handed_over = true, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_BLOCKED, "grant" },
		{ { .is_approved = true, .is_new_open = true, .is_handed_over = true, .has_read_only = true }, REPLACEMENT_READ_ONLY, ERR_BLOCKED, "grant" },
		/* Not before the data are there. */
		{ { .is_approved = true, .is_followed = true, .is_new_open = true, .is_cutover_day = true }, REPLACEMENT_REVOKE, ERR_BLOCKED, "handover" },
		{ { .is_approved = true, .is_followed = true, .is_new_open = true, .has_read_only = true }, REPLACEMENT_READ_ONLY, 0, NULL },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const char *by = "unset";

		print_message("row %zu\n", i);
		assert_int_equal(replacement_may_run(&rows[i].status, rows[i].step, &by), rows[i].expected);
		assert_str_equal(str_c(by ? by : "-"), rows[i].by ? rows[i].by : "-");
	}
}

/* What the server does by itself. */
static void test_next(_unused_ void **state)
{
	static const struct {
		struct replacement_status status;
		bool is_due;
		enum replacement_step step;
	} rows[] = {
		{ { .is_approved = false, .is_new_open = true }, false, REPLACEMENT_GRANT },
		{ { .is_approved = true, .is_new_open = true, .is_handed_over = true }, true, REPLACEMENT_GRANT },
		{ { ON, .n_to_grant = 3, .n_to_revoke = 9, .is_cutover_day = true }, true, REPLACEMENT_GRANT },
		{ { ON, .n_to_grant = 3, .n_unmapped = 1 }, false, REPLACEMENT_GRANT },
		{ { ON, .n_to_grant = 3, .is_to_be_cancelled = true }, false, REPLACEMENT_GRANT },
		/* Between the grants and the day, nothing. */
		{ { ON, .n_to_revoke = 9, .has_read_only = true, .n_to_read_only = 9 }, false, REPLACEMENT_REVOKE },
		{ { ON, .n_to_revoke = 9, .has_read_only = true, .n_to_read_only = 9, .is_read_only_day = true }, true, REPLACEMENT_READ_ONLY },
		{ { ON, .n_to_revoke = 9, .has_read_only = true, .is_read_only_day = true }, false, REPLACEMENT_REVOKE },
		/* The day has come: read-only before revoked, so that who waits is cut down meanwhile. */
		{ { ON, .n_to_revoke = 9, .has_read_only = true, .n_to_read_only = 9, .is_read_only_day = true, .is_cutover_day = true }, true, REPLACEMENT_READ_ONLY },
		{ { ON, .n_to_revoke = 9, .is_cutover_day = true }, true, REPLACEMENT_REVOKE },
		{ { ON, .n_to_revoke = 9, .n_waiting = 8, .is_cutover_day = true }, true, REPLACEMENT_REVOKE },
		{ { ON, .n_to_revoke = 9, .n_waiting = 9, .is_cutover_day = true }, false, REPLACEMENT_REVOKE },
		/* Nothing left: the plan ends. */
		{ { ON, .is_cutover_day = true }, true, REPLACEMENT_REVOKE },
		{ { .is_approved = true, .is_followed = true, .is_new_open = true, .is_cutover_day = true, .n_to_revoke = 9 }, false, REPLACEMENT_REVOKE },
	};

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		enum replacement_step step;

		print_message("row %zu\n", i);
		assert_int_equal(replacement_next_step(&rows[i].status, &step), rows[i].is_due);
		assert_int_equal(step, rows[i].step);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_steps), cmocka_unit_test(test_next) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
