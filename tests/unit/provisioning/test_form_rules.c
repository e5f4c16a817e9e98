#include "provisioning/form/document.h"
#include "provisioning/form/rules.h"
#include "tests/unit/unit.h"

static const struct form_limits limits = { .lines = 40, .close_min = 1440, .urgent_min = 15 };

static void test_closing(void **state)
{
	static const struct {
		const char *what;
		struct form_age age;
		enum form_closing closing;
	} cases[] = {
		{ "nothing waits", { 5, 0, 0, -1 }, FORM_STAYS_OPEN },
		{ "nothing waits in a full one", { 40, 0, 0, -1 }, FORM_STAYS_OPEN },
		{ "young", { 5, 5, 86399, -1 }, FORM_STAYS_OPEN },
		{ "a day old", { 5, 5, 86400, -1 }, FORM_OLD },
		{ "39 lines", { 39, 39, 0, -1 }, FORM_STAYS_OPEN },
		{ "40 lines", { 40, 40, 0, -1 }, FORM_FULL },
		{ "40 numbers, one still waiting", { 40, 1, 0, -1 }, FORM_FULL },
		{ "urgent, but just now", { 2, 2, 100, 0 }, FORM_STAYS_OPEN },
		{ "urgent for a quarter of an hour less a second", { 2, 2, 5000, 899 }, FORM_STAYS_OPEN },
		{ "urgent for a quarter of an hour", { 2, 2, 5000, 900 }, FORM_URGENT },
	};

	(void)state;
	for (size_t i = 0; i < ARRAY_LEN(cases); i++)
		if (form_closing(&limits, &cases[i].age) != cases[i].closing)
			fail_msg("%s", cases[i].what);
	assert_int_equal(form_closing(&(struct form_limits){ 1, 0, 0 }, &(struct form_age){ 0, 1, 0, 0 }), FORM_URGENT);
}

static void test_every_closing_has_a_word(void **state)
{
	(void)state;
	assert_null(form_closing_word(FORM_STAYS_OPEN));
	assert_string_equal(form_closing_word(FORM_FULL), "size");
	assert_string_equal(form_closing_word(FORM_OLD), "time");
	assert_string_equal(form_closing_word(FORM_URGENT), "urgent");
}

static void test_reminders(void **state)
{
	(void)state;
	assert_false(form_reminds(-1, 0, 0));
	assert_true(form_reminds(0, 0, 0));
	assert_false(form_reminds(100, 1, 86399));
	assert_true(form_reminds(90000, 1, 86400));
	assert_false(form_is_escalated(0));
	assert_false(form_is_escalated(2));
	assert_true(form_is_escalated(3));
}

static void test_document(void **state)
{
	const struct desired_role roles[] = { { STR("MC"), STR("Một cửa") } };
	struct desired want = { .active = true, .login = STR("annth"), .full_name = STR("Nguyễn Thị Ánh"), .employee_code = STR("NV1"),
		                .mail = STR("annth@x"), .unit_code = STR("16681"), .unit_name = STR("Phường Trường Vinh"), .post = STR("Chuyên viên"),
		                .roles = roles, .n_roles = 1 };
	struct str on = form_document(*state, &want), off;

	assert_str_equal(on, "{\"employee_code\":\"NV1\",\"full_name\":\"Nguyễn Thị Ánh\",\"login\":\"annth\",\"mail\":\"annth@x\",\"post\":\"Chuyên viên\","
	                     "\"roles\":[{\"code\":\"MC\",\"name\":\"Một cửa\"}],\"unit\":\"16681\",\"unit_name\":\"Phường Trường Vinh\"}");
	want.active = false;
	off = form_document(*state, &want);
	assert_true(str_contains(off, STR("\"roles\":[]")));
	assert_true(str_contains(off, STR("Nguyễn Thị Ánh")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_closing),
		cmocka_unit_test(test_every_closing_has_a_word),
		cmocka_unit_test(test_reminders),
		UNIT_TEST(test_document),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
