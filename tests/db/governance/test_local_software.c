/* local_software.h, software_need.h and platform_review.h on PostgreSQL, with the rights of the server's role. */
#include "server/governance/local_software.h"

#include "server/governance/platform_review.h"
#include "server/governance/software_need.h"
#include "tests/db/governance/overlapping.h"

static struct local_software software_of(const char *unit, const char *name)
{
	return (struct local_software){ .unit = str_c(unit), .name = str_c(name), .description = STR("Gửi nhận thư nội bộ"), .users = STR("30"),
		                        .cost_per_year = STR("15000000"), .contract_end = STR("2027-06-30") };
}

static void test_local_software(void **state)
{
	struct fixture *f = *state;
	struct principal ward = second_admin(&f->op, &f->admin, "WA", "16681"), beside = second_admin(&f->op, &f->admin, "VP", "16690");
	struct local_software software = software_of("16681", "Hệ thống email của phường");
	struct local_software_decision d = { .decision = STR("replace"), .replace_by = STR("P03"), .until = STR("2027-06-30"), .number = STR("5/QĐ") };
	struct local_software_filter filter = { .after = (const struct str[2]){ STR_NULL, STR_NULL }, .limit = 10 };
	struct json_page page;
	int64_t version;
	struct str id;
	json_t *json;

	assert_int_equal(local_software_declare(&f->op, &ward, &software, &id), 0);
	assert_int_equal(local_software_get(&f->op, &ward, id, &json, &version), 0);
	/* Ranked, and said why. */
	assert_true(json_array_size(json_object_get(json, "solutions")) >= 2);
	assert_true(json_array_size(json_object_get(json_array_get(json_object_get(json, "solutions"), 0), "reasons")) > 0);
	assert_true(json_get_bool(json_array_get(json_object_get(json, "solutions"), 0), "same_function", false));
	json_decref(json);
	/* Beside and above. */
	assert_int_equal(local_software_declare(&f->op, &beside, &software, &id), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(local_software_get(&f->op, &beside, id, &json, &version), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(local_software_list(&f->op, &ward, &filter, &page), 0);
	id = arena_dup(f->op.arena, json_get_str(json_array_get(page.items, 0), "id"));
	assert_int_equal(json_array_size(page.items), 1);
	json_decref(page.items);
	assert_int_equal(local_software_list(&f->op, &beside, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
	d.id = id;
	d.version = version = 1;
	assert_int_equal(local_software_decide(&f->op, &ward, &d), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(local_software_decide(&f->op, &beside, &d), ERR_NOT_FOUND);
	op_forgive(&f->op);
	d.replace_by = STR("D01");
	assert_int_equal(local_software_decide(&f->op, &f->second, &d), ERR_PLATFORM_CLOSED);
	op_forgive(&f->op);
	d.replace_by = STR("P03");
	d.version = 7;
	assert_int_equal(local_software_decide(&f->op, &f->second, &d), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	d.version = version;
	assert_int_equal(local_software_decide(&f->op, &f->second, &d), 0);
	assert_int_equal(local_software_edit(&f->op, &f->second, id, 2, &software), ERR_FOUR_EYES);
	op_forgive(&f->op);
	/* Every end date is honoured: nothing ran in between. */
	side("UPDATE sen.local_software SET decision = 'keep', replace_by = NULL, decided_until = sen.today() - 1");
	filter.state = STR("keep_over");
	assert_int_equal(local_software_list(&f->op, &ward, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 1);
	json_decref(page.items);
}

static void test_paging(void **state)
{
	struct fixture *f = *state;
	struct str after[2] = { STR_NULL, STR_NULL };
	struct local_software_filter filter = { .after = after, .limit = 3 };
	struct json_page page;
	size_t seen = 0;
	struct str id;

	for (int i = 0; i < 10; i++) {
		struct local_software software = software_of(i % 2 ? "16681" : "16690", "Phần mềm trùng tên");

		assert_int_equal(local_software_declare(&f->op, &f->admin, &software, &id), 0);
	}
	do {
		assert_int_equal(local_software_list(&f->op, &f->second, &filter, &page), 0);
		seen += json_array_size(page.items);
		json_decref(page.items);
		after[0] = page.next[0];
		after[1] = page.next[1];
	} while (page.has_more);
	assert_int_equal(seen, 10);
	after[0] = after[1] = STR_NULL;
	filter.unit = STR("16681");
	filter.limit = 100;
	assert_int_equal(local_software_list(&f->op, &f->second, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 5);
	json_decref(page.items);
}

static void test_needs(void **state)
{
	struct fixture *f = *state;
	struct principal ward = second_admin(&f->op, &f->admin, "WA", "16681");
	struct software_need need = { .unit = STR("16681"), .name = STR("Cần loa truyền thanh mới"), .description = STR("Phát bản tin cơ sở tới các khối") };
	struct software_need_answer answer = { .version = 1, .answer = STR("use_common"), .platform = STR("P05"), .text = STR("Dùng nền tảng của tỉnh") };
	int64_t version;
	json_t *json;

	assert_int_equal(software_need_propose(&f->op, &ward, &need, &answer.id), 0);
	assert_int_equal(software_need_get(&f->op, &ward, answer.id, &json, &version), 0);
	assert_str_equal(json_get_str(json_array_get(json_object_get(json, "solutions"), 0), "platform"), "P05");
	json_decref(json);
	assert_int_equal(software_need_answer(&f->op, &ward, &answer), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(software_need_answer(&f->op, &f->second, &answer), 0);
	assert_int_equal(software_need_answer(&f->op, &f->second, &answer), ERR_WRONG_STATE);
}

static void test_review(void **state)
{
	struct fixture *f = *state;
	struct principal ward = second_admin(&f->op, &f->admin, "WA", "16681");
	struct platform_review review = { .title = STR("Rà soát 2027"), .unit = STR("40"), .due_on = STR("2099-01-31") };
	struct platform_review_form form = { .platform = STR("P02"), .version = 1, .features = STR("a"), .functions = STR("b"), .operation = STR("c"), .scope = STR("d") };
	struct platform_review_conclusion conclusion = { .platform = STR("P02"), .version = 1, .conclusion = STR("replace"), .target = STR("C01"), .because = STR("Trùng") };
	struct platform_review_filter filter = { .state = STR("overdue"), .after = (const struct str[3]){ STR_NULL, STR_NULL, STR_NULL }, .limit = 50 };
	struct json_page page;
	int64_t n_tasks;

	assert_int_equal(platform_review_begin(&f->op, &ward, &review, &form.review_id, &n_tasks), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	review.due_on = STR("2020-01-01");
	assert_int_equal(platform_review_begin(&f->op, &f->admin, &review, &form.review_id, &n_tasks), ERR_INVALID_VALUE);
	op_forgive(&f->op);
	review.due_on = STR("2099-01-31");
	assert_int_equal(platform_review_begin(&f->op, &f->admin, &review, &form.review_id, &n_tasks), 0);
	assert_int_equal(n_tasks, side_i64("SELECT count(*) FROM sen.platform WHERE id <> 0 AND sen.platform_is_open(state)"));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_review_reminder"), 6 * n_tasks);
	conclusion.review_id = form.review_id;
	assert_int_equal(platform_review_conclude(&f->op, &f->second, &conclusion), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(platform_review_answer(&f->op, &ward, &form), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(platform_review_answer(&f->op, &f->admin, &form), 0);
	assert_int_equal(platform_review_answer(&f->op, &f->admin, &form), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	conclusion.version = 2;
	assert_int_equal(platform_review_conclude(&f->op, &f->admin, &conclusion), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(platform_review_conclude(&f->op, &f->second, &conclusion), 0);
	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
	side("UPDATE sen.platform_review SET due_on = sen.today() - 1; UPDATE sen.platform_review_reminder SET remind_on = sen.today() WHERE kind = 'overdue' AND remind_on = '2099-02-01'");
	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), n_tasks - 1);
	json_decref(page.items);
	assert_int_equal(platform_review_reminders(&f->op, &f->admin, &page), 0);
	assert_int_equal(json_array_size(page.items), n_tasks - 1);
	json_decref(page.items);
	assert_int_equal(platform_review_reminders(&f->op, &ward, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
}

/* Each of the conclusions, and the tasks of one managing unit. */
static void test_conclusions(void **state)
{
	static const struct {
		const char *platform, *conclusion, *target;
	} rows[] = { { "P02", "keep", NULL }, { "P03", "integrate", "C01" }, { "P05", "stop", NULL } };
	struct fixture *f = *state;
	const struct platform_review review = { .title = STR("Rà soát 2028"), .unit = STR("40"), .due_on = STR("2099-01-31") };
	struct platform_review_filter filter = { .unit = STR("SO1"), .after = (const struct str[3]){ STR_NULL, STR_NULL, STR_NULL }, .limit = 50 };
	struct json_page page;
	struct str id;
	int64_t n_tasks;

	side("INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, verified) SELECT 'SO1', 'Sở', 'so', 'department', id, '2020-01-01', true"
	     " FROM sen.unit WHERE code = '40'; UPDATE sen.unit u SET path = w.path || u.id || '.' FROM sen.unit w WHERE w.id = u.parent_id AND u.code = 'SO1'; UPDATE sen.platform SET managing_unit = 'SO1' WHERE code = 'P05'");
	assert_int_equal(platform_review_begin(&f->op, &f->admin, &review, &id, &n_tasks), 0);
	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 1);
	assert_str_equal(json_get_str(json_array_get(page.items, 0), "platform"), "P05");
	json_decref(page.items);
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		const struct platform_review_form form = { .review_id = id, .platform = str_c(rows[i].platform), .version = 1, .features = STR("a"), .functions = STR("b"),
			.operation = STR("c"), .scope = STR("d") };
		const struct platform_review_conclusion conclusion = { .review_id = id, .platform = form.platform, .version = 2, .conclusion = str_c(rows[i].conclusion),
			.target = rows[i].target ? str_c(rows[i].target) : STR_NULL, .because = STR("Đã rà soát") };
		_json_ json_t *json = NULL;
		int64_t version;

		assert_int_equal(platform_review_answer(&f->op, &f->admin, &form), 0);
		assert_int_equal(platform_review_conclude(&f->op, &f->second, &conclusion), 0);
		assert_int_equal(platform_review_task_get(&f->op, &f->admin, id, form.platform, &json, &version), 0);
		assert_str_equal(json_get_str(json, "conclusion"), rows[i].conclusion);
		assert_true(str_equal(json_get_str(json, "target"), conclusion.target));
	}
	side("UPDATE sen.platform SET managing_unit = '40' WHERE code = 'P05'; DELETE FROM sen.unit WHERE code = 'SO1'");
}

/* Stopped without another in its place: settled until its day, overdue after. */
static void test_software_is_stopped(void **state)
{
	struct fixture *f = *state;
	struct local_software software = software_of("16681", "Phần mềm cũ");
	struct local_software_decision d = { .version = 1, .decision = STR("stop"), .until = STR("2099-06-30"), .number = STR("6/QĐ") };
	struct local_software_filter filter = { .state = STR("stop"), .after = (const struct str[2]){ STR_NULL, STR_NULL }, .limit = 10 };
	struct json_page page;

	assert_int_equal(local_software_declare(&f->op, &f->admin, &software, &d.id), 0);
	assert_int_equal(local_software_decide(&f->op, &f->second, &d), 0);
	assert_int_equal(local_software_list(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 1);
	json_decref(page.items);
	side("UPDATE sen.local_software SET decided_until = sen.today() - 1");
	filter.state = STR("overdue");
	assert_int_equal(local_software_list(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 1);
	json_decref(page.items);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVERLAP_TEST(test_local_software),
		OVERLAP_TEST(test_paging),
		OVERLAP_TEST(test_needs),
		OVERLAP_TEST(test_review),
		OVERLAP_TEST(test_conclusions),
		OVERLAP_TEST(test_software_is_stopped),
	};

	return cmocka_run_group_tests(tests, overlapping_create, gov_drop);
}
