/* lifecycle.h: which transitions there are, who makes them, what each needs. */
#include "server/governance/lifecycle.h"
#include "tests/unit/unit.h"

#define EVERYTHING 0x3ffffu

static const struct str states[] = {
	STR("proposed"),  STR("appraised"), STR("approved"),  STR("building"), STR("completed"), STR("deploying"),
	STR("operating"), STR("reviewing"), STR("replacing"), STR("stopped"),  STR("refused"),
};

struct expected {
	const char *from, *to;
	unsigned rights;
	bool not_the_writer, not_the_mover;
	unsigned needs;
};

/* The life cycle as the issue draws it, written a second time. */
static const struct expected expected[] = {
	{ "proposed", "appraised", RIGHT_APPRAISE, true, false, NEED_MANAGER | NEED_TAGS | NEED_NO_FINDINGS },
	{ "proposed", "refused", RIGHT_APPRAISE, true, false, NEED_REASON },
	{ "appraised", "approved", RIGHT_APPRAISE, true, true, NEED_DECISION | NEED_NO_FINDINGS },
	{ "appraised", "refused", RIGHT_APPRAISE, true, false, NEED_DECISION | NEED_REASON },
	{ "approved", "building", RIGHT_CATALOGUE, false, false, NEED_KIND | NEED_EXPECTED | NEED_NO_FINDINGS },
	{ "building", "completed", RIGHT_CATALOGUE, false, false, NEED_COMPLETED | NEED_NO_FINDINGS },
	{ "completed", "deploying", RIGHT_CATALOGUE, false, false, NEED_ARCHITECTURE | NEED_STRATEGY | NEED_SECURITY | NEED_GUIDANCE | NEED_PLAN | NEED_NO_FINDINGS },
	{ "deploying", "operating", RIGHT_CATALOGUE, false, false, NEED_UNIT_DONE },
	{ "operating", "reviewing", RIGHT_CATALOGUE | RIGHT_REVIEW, false, false, NEED_REASON },
	{ "reviewing", "operating", RIGHT_CATALOGUE | RIGHT_REVIEW, false, false, NEED_REASON },
	{ "reviewing", "replacing", RIGHT_APPRAISE, true, true, NEED_DECISION | NEED_REPLACEMENT },
	{ "reviewing", "stopped", RIGHT_APPRAISE, true, true, NEED_DECISION | NEED_REASON },
	{ "replacing", "reviewing", RIGHT_APPRAISE, true, true, NEED_DECISION | NEED_REASON | NEED_NO_PLAN },
	{ "replacing", "stopped", RIGHT_APPRAISE, true, true, NEED_DECISION | NEED_REPLACEMENT | NEED_CARRIED | NEED_HANDOVER },
};

static const struct expected *find(struct str from, struct str to)
{
	for (size_t i = 0; i < ARRAY_LEN(expected); i++)
		if (str_equal(str_c(expected[i].from), from) && str_equal(str_c(expected[i].to), to))
			return &expected[i];
	return NULL;
}

static struct lifecycle_facts all_is_well(struct str state)
{
	return (struct lifecycle_facts){ .state = state, .kind = STR("provincial"), .met = EVERYTHING, .rights = RIGHT_ALL_ };
}

/* Each pair of states: what is not drawn is no transition, whoever asks. */
static void test_every_pair(_unused_ void **state)
{
	size_t n_possible = 0;

	for (size_t i = 0; i < ARRAY_LEN(states); i++) {
		for (size_t k = 0; k < ARRAY_LEN(states); k++) {
			struct lifecycle_facts facts = all_is_well(states[i]);
			int err = lifecycle_decide(&facts, states[k]).err;

			print_message("%.*s -> %.*s\n", STR_ARG(states[i]), STR_ARG(states[k]));
			assert_int_equal(err, find(states[i], states[k]) ? 0 : ERR_WRONG_STATE);
			n_possible += err == 0;
		}
	}
	assert_int_equal(n_possible, ARRAY_LEN(expected));
}

static void test_needs(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		struct lifecycle_facts facts = all_is_well(str_c(expected[i].from));
		struct lifecycle_verdict v;

		print_message("%s -> %s\n", expected[i].from, expected[i].to);
		facts.met = 0;
		v = lifecycle_decide(&facts, str_c(expected[i].to));
		assert_int_equal(v.missing, expected[i].needs);
		assert_int_equal(v.err, ERR_BLOCKED);
		/* Each need by itself blocks. */
		for (unsigned bit = 1; bit < EVERYTHING; bit <<= 1) {
			facts.met = EVERYTHING & ~bit;
			v = lifecycle_decide(&facts, str_c(expected[i].to));
			assert_int_equal(v.err, expected[i].needs & bit ? ERR_BLOCKED : 0);
			assert_int_equal(v.missing, expected[i].needs & bit);
		}
	}
}

static void test_rights(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		struct lifecycle_facts facts = all_is_well(str_c(expected[i].from));

		for (unsigned bit = 1; bit < RIGHT_ALL_; bit <<= 1) {
			facts.rights = bit;
			assert_int_equal(lifecycle_decide(&facts, str_c(expected[i].to)).err, expected[i].rights & bit ? 0 : ERR_OUT_OF_SCOPE);
		}
		/* Who has nothing to do with it is not told what there would be. */
		facts.rights = 0;
		assert_int_equal(lifecycle_decide(&facts, STR("nothing")).err, ERR_OUT_OF_SCOPE);
		assert_int_equal(lifecycle_decide(&facts, str_c(expected[i].to)).err, ERR_OUT_OF_SCOPE);
	}
}

static void test_four_eyes(_unused_ void **state)
{
	for (size_t i = 0; i < ARRAY_LEN(expected); i++) {
		struct lifecycle_facts facts = all_is_well(str_c(expected[i].from));

		facts.actor_wrote_it = true;
		assert_int_equal(lifecycle_decide(&facts, str_c(expected[i].to)).err, expected[i].not_the_writer ? ERR_FOUR_EYES : 0);
		facts.actor_wrote_it = false;
		facts.actor_moved_it = true;
		assert_int_equal(lifecycle_decide(&facts, str_c(expected[i].to)).err, expected[i].not_the_mover ? ERR_FOUR_EYES : 0);
	}
}

/* What a ministry has built needs none of our steps of investment. */
static void test_central(_unused_ void **state)
{
	struct lifecycle_facts facts = all_is_well(STR("proposed"));

	facts.kind = STR("central");
	assert_int_equal(lifecycle_decide(&facts, STR("completed")).err, 0);
	facts.actor_wrote_it = true;
	assert_int_equal(lifecycle_decide(&facts, STR("completed")).err, ERR_FOUR_EYES);
	facts.actor_wrote_it = false;
	facts.met = 0;
	assert_int_equal(lifecycle_decide(&facts, STR("completed")).missing, NEED_MANAGER | NEED_TAGS | NEED_DECISION | NEED_COMPLETED);
}

static void test_next(_unused_ void **state)
{
	assert_str_equal(lifecycle_next(STR("proposed"), STR("sector"), 0), "appraised");
	assert_str_equal(lifecycle_next(STR("proposed"), STR("sector"), 1), "refused");
	assert_true(str_is_null(lifecycle_next(STR("proposed"), STR("sector"), 2)));
	assert_str_equal(lifecycle_next(STR("proposed"), STR("central"), 2), "completed");
	assert_true(str_is_null(lifecycle_next(STR("stopped"), STR("sector"), 0)));
	assert_true(str_is_null(lifecycle_next(STR("refused"), STR("sector"), 0)));
}

static void test_names(_unused_ void **state)
{
	for (unsigned i = 0; i < N_LIFECYCLE_NEEDS; i++)
		assert_non_null(lifecycle_need_name(1u << i));
	assert_null(lifecycle_need_name(1u << N_LIFECYCLE_NEEDS));
	assert_null(lifecycle_need_name(NEED_GATES));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair), cmocka_unit_test(test_needs),   cmocka_unit_test(test_rights), cmocka_unit_test(test_four_eyes),
		cmocka_unit_test(test_central),    cmocka_unit_test(test_next),    cmocka_unit_test(test_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
