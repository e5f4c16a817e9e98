#include "server/governance/offboarding.h"
#include "tests/unit/unit.h"

static void only_what_is_proved_is_proved(void **state)
{
	static const struct {
		struct off_platform p;
		enum off_reason want;
	} cases[] = {
		{ { true, false, false, true, 0, true, false }, OFF_PROVED },
		{ { true, false, false, true, 0, false, false }, OFF_UNPROVED },
		{ { true, false, false, false, 0, true, false }, OFF_CHANGED },
		{ { true, true, false, true, 0, true, false }, OFF_GRANTED },
		{ { false, false, false, false, -1, false, false }, OFF_GRANTED },   /* a grant without a binding yet */
		{ { true, false, true, true, 0, true, false }, OFF_PLANNING },
		{ { true, true, true, true, 0, true, false }, OFF_PLANNING },
		{ { true, false, false, true, 1, true, false }, OFF_WAITING },
		{ { true, false, false, true, 2, true, false }, OFF_WAITING },
		{ { true, false, false, true, 3, true, false }, OFF_WAITING },
		{ { true, false, false, true, 4, true, false }, OFF_WAITING },
		{ { true, false, false, true, 5, true, false }, OFF_BLOCKED },
		{ { true, false, false, true, 6, true, false }, OFF_HELD },
		{ { true, false, false, false, 7, true, false }, OFF_PROVED },       /* disabled, to be deleted later */
		{ { true, false, false, false, 8, true, false }, OFF_PROVED },       /* deleted */
		{ { true, false, false, false, 8, false, false }, OFF_UNPROVED },
		{ { true, false, false, true, 9, true, false }, OFF_WAITING },       /* in an officer's hands */
		{ { true, false, false, true, 77, true, false }, OFF_WAITING },      /* a state that is not known is no proof */
		{ { true, false, false, true, 0, true, true }, OFF_ALIVE },        /* another account of this person's is alive there */
		{ { true, false, false, true, 0, false, true }, OFF_ALIVE },
		{ { true, false, false, false, 8, true, true }, OFF_ALIVE },
		{ { false, false, false, false, -1, false, true }, OFF_ALIVE },    /* where we never had one */
		{ { true, true, false, true, 0, false, true }, OFF_GRANTED },
		{ { true, false, false, true, 6, true, true }, OFF_HELD },
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
