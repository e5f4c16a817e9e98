#include "common/plan/guard.h"
#include "tests/unit/unit.h"

/* Those of sen.provisioning_rule. */
#define DEFAULTS { 20, 2, 20, 10, 200, 30, 10 }

static const struct guard_limits limits = DEFAULTS;

static void test_exceeds(void **state)
{
	static const struct {
		const char *what;
		struct guard_limits limits;
		struct guard_count count;
		bool exceeds;
	} cases[] = {
		{ "nobody", DEFAULTS, { GUARD_PLATFORM, .n_live = 1000, .n_off = 0 }, false },
		{ "20 of 100", DEFAULTS, { GUARD_PLATFORM, .n_live = 100, .n_off = 20 }, false },
		{ "21 of 100", DEFAULTS, { GUARD_PLATFORM, .n_live = 100, .n_off = 21 }, true },
		{ "21 of an empty platform", DEFAULTS, { GUARD_PLATFORM, .n_live = 0, .n_off = 21 }, true },
		{ "all of a small platform", DEFAULTS, { GUARD_PLATFORM, .n_live = 20, .n_off = 20 }, false },
		{ "2 % of 60,000", DEFAULTS, { GUARD_PLATFORM, .n_live = 60000, .n_off = 1200 }, false },
		{ "more than 2 % of 60,000", DEFAULTS, { GUARD_PLATFORM, .n_live = 60000, .n_off = 1201 }, true },
		{ "all of two million", DEFAULTS, { GUARD_PLATFORM, .n_live = 2000000, .n_off = 2000000 }, true },
		{ "no tolerance", { 0, 0, 20, 10, 200, 30, 10 }, { GUARD_PLATFORM, .n_live = 1000, .n_off = 1 }, true },
		{ "everything allowed", { 20, 100, 20, 100, 200, 100, 100 }, { GUARD_PLATFORM, .n_live = 1000, .n_off = 1000 }, false },
		{ "2 of a unit of 20", DEFAULTS, { GUARD_UNIT, .n_live = 20, .n_off = 2 }, false },
		{ "3 of a unit of 20", DEFAULTS, { GUARD_UNIT, .n_live = 20, .n_off = 3 }, true },
		{ "all of a unit of 19", DEFAULTS, { GUARD_UNIT, .n_live = 19, .n_off = 19 }, false },
		{ "30 % of 201 members", DEFAULTS, { GUARD_ROLE, .n_live = 201, .n_off = 60 }, false },
		{ "more than 30 % of 201 members", DEFAULTS, { GUARD_ROLE, .n_live = 201, .n_off = 61 }, true },
		{ "all of 200 members", DEFAULTS, { GUARD_ROLE, .n_live = 200, .n_off = 200 }, false },
		{ "10 % of 1,000 memberships", DEFAULTS, { GUARD_MEMBERSHIPS, .n_live = 1000, .n_off = 100 }, false },
		{ "more than 10 % of 1,000 memberships", DEFAULTS, { GUARD_MEMBERSHIPS, .n_live = 1000, .n_off = 101 }, true },
		{ "20 of 25 memberships", DEFAULTS, { GUARD_MEMBERSHIPS, .n_live = 25, .n_off = 20 }, false },
		{ "21 of 25 memberships", DEFAULTS, { GUARD_MEMBERSHIPS, .n_live = 25, .n_off = 21 }, true },
		{ "all of them, and that is allowed", { 20, 2, 20, 10, 200, 30, 100 }, { GUARD_MEMBERSHIPS, .n_live = 1000, .n_off = 1000 }, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (guard_exceeds(&cases[i].limits, &cases[i].count) != cases[i].exceeds)
			fail_msg("%s: %s", cases[i].what, cases[i].exceeds ? "let pass" : "held");
}

#define NO_ONE { GUARD_PLATFORM, .n_live = 1000, .n_off = 5 }
#define MANY { GUARD_PLATFORM, .n_live = 1000, .n_off = 300 }
#define UNIT_OK { GUARD_UNIT, 7, LIT("40.1"), 100, 10 }
#define UNIT_MANY { GUARD_UNIT, 8, LIT("40.2"), 100, 11 }
#define ROLE_OK { GUARD_ROLE, 3, LIT("MC"), 1000, 5 }
#define ROLE_MANY { GUARD_ROLE, 4, LIT("TK"), 1000, 301 }
#define MEMBERS_OK { GUARD_MEMBERSHIPS, .n_live = 1000, .n_off = 100 }
#define MEMBERS_MANY { GUARD_MEMBERSHIPS, .n_live = 1000, .n_off = 101 }
#define LIT(text) { text, sizeof(text) - 1 }

static void test_judge(void **state)
{
	static const struct {
		struct guard_count counts[4];
		size_t n;
		const char *scope; /* NULL: let pass */
		const char *code;
		bool holds_off, holds_roles, holds_memberships;
	} cases[] = {
		{ { { 0 } }, 0, NULL, NULL, false, false, false },
		{ { NO_ONE, MEMBERS_OK }, 2, NULL, NULL, false, false, false },
		{ { NO_ONE, ROLE_OK, MEMBERS_MANY }, 3, "memberships", NULL, false, false, true },
		{ { MEMBERS_MANY, ROLE_MANY, NO_ONE }, 3, "role", "TK", false, true, true },
		{ { MEMBERS_MANY, MANY }, 2, "platform", NULL, true, false, true },
		{ { NO_ONE, UNIT_OK, ROLE_OK }, 3, NULL, NULL, false, false, false },
		{ { UNIT_OK, MANY }, 2, "platform", NULL, true, false, false },
		{ { UNIT_OK, UNIT_MANY, NO_ONE }, 3, "unit", "40.2", true, false, false },
		/* A unit alone may be the sign of a feed that lost it. */
		{ { UNIT_MANY, MANY, ROLE_MANY }, 3, "platform", NULL, true, true, false },
		{ { ROLE_MANY, NO_ONE, UNIT_OK }, 3, "role", "TK", false, true, false },
		{ { ROLE_MANY, UNIT_MANY, NO_ONE }, 3, "unit", "40.2", true, true, false },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++) {
		struct guard_verdict v = guard_judge(&limits, cases[i].counts, cases[i].n);

		assert_int_equal(v.holds_off, cases[i].holds_off);
		assert_int_equal(v.holds_roles, cases[i].holds_roles);
		assert_int_equal(v.holds_memberships, cases[i].holds_memberships);
		assert_int_equal(v.why != NULL, cases[i].scope != NULL);
		if (!v.why)
			continue;
		assert_string_equal(guard_scope_name(v.why->scope), cases[i].scope);
		if (cases[i].code)
			assert_str_equal(v.why->code, cases[i].code);
	}
}

static void test_short_lists(void **state)
{
	(void)state;
	assert_false(guard_list_is_short(0, 0));
	assert_false(guard_list_is_short(100, 100));
	assert_false(guard_list_is_short(100, 90));
	assert_true(guard_list_is_short(100, 89));
	assert_true(guard_list_is_short(1, 0));
	assert_false(guard_list_is_short(10, 500));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exceeds),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_short_lists),
	};

	return cmocka_run_group_tests_name("plan/guard", tests, NULL, NULL);
}
