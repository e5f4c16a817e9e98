#include "server/governance/offboarding.h"
#include "tests/unit/unit.h"

static void only_what_is_proved_is_proved(void **state)
{
	static const struct {
		struct off_platform p;
		enum off_reason want;
	} cases[] = {
		{ { true, false, false, true, 0, true }, OFF_PROVED },
		{ { true, false, false, true, 0, false }, OFF_UNPROVED },
		{ { true, false, false, false, 0, true }, OFF_CHANGED },
		{ { true, true, false, true, 0, true }, OFF_GRANTED },
		{ { false, false, false, false, -1, false }, OFF_GRANTED },   /* a grant without a binding yet */
		{ { true, false, true, true, 0, true }, OFF_PLANNING },
		{ { true, true, true, true, 0, true }, OFF_PLANNING },
		{ { true, false, false, true, 1, true }, OFF_WAITING },
		{ { true, false, false, true, 2, true }, OFF_WAITING },
		{ { true, false, false, true, 3, true }, OFF_WAITING },
		{ { true, false, false, true, 4, true }, OFF_WAITING },
		{ { true, false, false, true, 5, true }, OFF_BLOCKED },
		{ { true, false, false, true, 6, true }, OFF_HELD },
		{ { true, false, false, false, 7, true }, OFF_PROVED },       /* disabled, to be deleted later */
		{ { true, false, false, false, 8, true }, OFF_PROVED },       /* deleted */
		{ { true, false, false, false, 8, false }, OFF_UNPROVED },
		{ { true, false, false, true, 9, true }, OFF_WAITING },       /* in an officer's hands */
		{ { true, false, false, true, 77, true }, OFF_WAITING },      /* a state that is not known is no proof */
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (offboarding_judge(&cases[i].p) != cases[i].want)
			fail_msg("case %zu: %s", i, off_reason_name(offboarding_judge(&cases[i].p)));
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(only_what_is_proved_is_proved) };

	return cmocka_run_group_tests(tests, NULL, NULL);
}
