#include "server/handlers/api/form_paper.h"
#include "tests/unit/unit.h"

static json_t *hostile_form(void)
{
	return json_pack("{s:s, s:s, s:s, s:i, s:s, s:s, s:s, s:[{s:i, s:s, s:s, s:b, s:s, s:s, s:s, s:s, s:[{s:s, s:s}], s:{s:i, s:i}}, {s:i, s:s, s:s}]}", "platform", "P09",
	                 "platform_name", "<b>Văn bằng</b>", "managing_unit", "Bộ", "number", 12, "closed_at", "2026-11-26T17:30:00Z", "due_at",
	                 "2026-11-29T17:30:00Z", "officer_name", "Lê An", "lines", "line", 3, "operation", "update", "state", "waiting", "urgent", 1,
	                 "full_name", "<script>alert(1)</script>", "login", "=annth", "unit_name", "Phường \"Vinh\"", "post", "A & B", "roles", "code", "MC", "name",
	                 "Một cửa", "replaces", "form", 11, "line", 2, "line", 4, "operation", "disable", "state", "void");
}

static void the_sheet_escapes_and_has_its_days_in_vietnam(void **state)
{
	_json_ json_t *form = hostile_form();
	struct str html;

	assert_non_null(form);
	html = form_paper_html(*state, form, STR("UBND TỈNH"));
	assert_false(str_contains(html, STR("<script")));
	assert_true(str_contains(html, STR("&lt;script&gt;alert(1)&lt;/script&gt;")));
	assert_true(str_contains(html, STR("&lt;b&gt;Văn bằng")));
	/* 17:30 UTC is the next day. */
	assert_true(str_contains(html, STR("Ngày 27 tháng 11 năm 2026")));
	assert_true(str_contains(html, STR("30/11/2026")));
	assert_true(str_contains(html, STR("Số: 12/PĐN-P09")));
	assert_true(str_contains(html, STR("thay thế dòng 2 phiếu số 11")));
	assert_true(str_contains(html, STR("<tr class=\"void\"><td class=\"n\">4</td>")));
	assert_true(str_contains(html, STR("Khóa tài khoản, thu hồi mọi vai trò")));
}

static void the_table_has_a_mark_and_no_formula(void **state)
{
	_json_ json_t *form = hostile_form();
	struct str csv = form_paper_csv(*state, form);

	assert_true(str_starts(csv, STR("\xEF\xBB\xBF\"STT\",\"Họ và tên\"")));
	assert_true(str_contains(csv, STR("\"'=annth\"")));
	assert_true(str_contains(csv, STR("\"Phường \"\"Vinh\"\"\"")));
	assert_true(str_contains(csv, STR("\"Một cửa (MC)\"")));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		UNIT_TEST(the_sheet_escapes_and_has_its_days_in_vietnam),
		UNIT_TEST(the_table_has_a_mark_and_no_formula),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
