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

/* The first solution of the software, its number of them, and its version. */
static struct str solution_of(struct fixture *f, struct str id, size_t *ret_n, int64_t *ret_version)
{
	struct str first;
	json_t *json;

	assert_int_equal(local_software_get(&f->op, &f->admin, id, &json, ret_version), 0);
	*ret_n = json_array_size(json_object_get(json, "solutions"));
	first = arena_dup(f->op.arena, json_get_str(json, "solution"));
	json_decref(json);
	return first;
}

static int64_t refresh(struct fixture *f, size_t max)
{
	size_t n;

	assert_int_equal(local_software_refresh(&f->op, max, &n), 0);
	return (int64_t)n;
}

/* What is offered changes after the declaration: the report says what there is today.  That is nobody's edit. */
static void test_report_follows(void **state)
{
	struct fixture *f = *state;
	struct local_software software = software_of("16681", "Hệ thống thư điện tử của phường");
	int64_t version;
	size_t n, n_before;
	struct str id, other;

	assert_int_equal(local_software_declare(&f->op, &f->admin, &software, &id), 0);
	assert_int_equal(refresh(f, 10), 0);
	assert_str_equal(solution_of(f, id, &n_before, &version), "P03");
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P03'");
	assert_str_equal(solution_of(f, id, &n, &version), "P03");
	assert_int_equal(refresh(f, 10), 1);
	assert_str_equal(solution_of(f, id, &n, &version), "C01");
	assert_int_equal(n, n_before - 1);
	assert_int_equal(version, 1);
	assert_int_equal(refresh(f, 10), 0);
	/* What is of no use to anybody changes nothing; what is offered anew does, in batches. */
	side("UPDATE sen.platform SET description = 'Thư điện tử' WHERE code = 'D11'; UPDATE sen.platform SET contact_name = 'x' WHERE code = 'C01'");
	assert_int_equal(refresh(f, 10), 0);
	assert_int_equal(local_software_declare(&f->op, &f->admin, &software, &other), 0);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P03'");
	assert_int_equal(refresh(f, 1) + refresh(f, 1) + refresh(f, 1), 2);
	assert_str_equal(solution_of(f, id, &n, &version), "P03");
	assert_str_equal(solution_of(f, other, &n, &version), "P03");
	/* What is being replaced is offered to nobody any more, though it has accounts. */
	side("UPDATE sen.platform SET state = 'replacing' WHERE code = 'P03'");
	assert_int_equal(refresh(f, 10), 2);
	assert_str_equal(solution_of(f, id, &n, &version), "C01");
	side("UPDATE sen.platform SET state = 'deploying' WHERE code = 'P03'");
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
	/* Nobody is sent to what takes nobody in, nor to the directory. */
	conclusion.target = STR("D10");
	assert_int_equal(platform_review_conclude(&f->op, &f->second, &conclusion), ERR_PLATFORM_CLOSED);
	op_forgive(&f->op);
	conclusion.target = STR("DIR");
	assert_int_equal(platform_review_conclude(&f->op, &f->second, &conclusion), ERR_UNKNOWN_PLATFORM);
	op_forgive(&f->op);
	conclusion.target = STR("C01");
	assert_int_equal(platform_review_conclude(&f->op, &f->second, &conclusion), 0);
	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
	side("UPDATE sen.platform_review SET due_on = sen.today() - 1; UPDATE sen.platform_review_reminder SET remind_on = sen.today() WHERE kind = 'overdue' AND remind_on = '2099-02-01'");
	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), n_tasks - 1);
	json_decref(page.items);
	assert_int_equal(platform_review_reminders(&f->op, &f->admin, &(struct page_ask){ .limit = 100 }, &page), 0);
	assert_int_equal(json_array_size(page.items), n_tasks - 1);
	json_decref(page.items);
	assert_int_equal(platform_review_reminders(&f->op, &ward, &(struct page_ask){ .limit = 100 }, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
}

static int64_t tasks_of(struct fixture *f, const char *unit, const char *state)
{
	struct platform_review_filter filter = { .unit = str_c(unit), .state = str_c(state), .after = (const struct str[3]){ STR_NULL, STR_NULL, STR_NULL }, .limit = 50 };
	struct json_page page;
	int64_t n;

	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	n = (int64_t)json_array_size(page.items);
	json_decref(page.items);
	return n;
}

/* Each conclusion; only what there is to go to has a platform; and the tasks of a unit are its own. */
static void test_conclusions(void **state)
{
	static const struct {
		const char *conclusion, *target;
		int expected;
	} rows[] = {
		{ "keep", NULL, 0 },           { "keep", "P03", ERR_INVALID_VALUE },    { "stop", NULL, 0 },
		{ "integrate", "P03", 0 },     { "integrate", NULL, ERR_INVALID_VALUE }, { "replace", "P03", 0 },
		{ "replace", NULL, ERR_INVALID_VALUE }, { "replace", "P05", ERR_INVALID_VALUE }, { "close", NULL, ERR_INVALID_VALUE },
	};
	struct fixture *f = *state;
	struct platform_review review = { .title = STR("Rà soát"), .unit = STR("40"), .due_on = STR("2099-01-31") };
	struct platform_review_form form = { .platform = STR("P05"), .version = 1, .features = STR("a"), .functions = STR("b"), .operation = STR("c"), .scope = STR("d") };
	int64_t n_tasks;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct platform_review_conclusion c = { .platform = STR("P05"), .version = 2, .conclusion = str_c(rows[i].conclusion), .because = STR("Theo rà soát"),
			                                    .target = rows[i].target ? str_c(rows[i].target) : STR_NULL };

		print_message("%s %s\n", rows[i].conclusion, rows[i].target ? rows[i].target : "");
		assert_int_equal(platform_review_begin(&f->op, &f->admin, &review, &form.review_id, &n_tasks), 0);
		assert_int_equal(platform_review_answer(&f->op, &f->admin, &form), 0);
		c.review_id = form.review_id;
		assert_int_equal(platform_review_conclude(&f->op, &f->second, &c), rows[i].expected);
		op_forgive(&f->op);
		assert_int_equal(tasks_of(f, "40", "concluded"), rows[i].expected == 0);
		assert_int_equal(tasks_of(f, "40", "open"), n_tasks - 1);
		/* Nothing is managed by a ward. */
		assert_int_equal(tasks_of(f, "16681", "open"), 0);
		side("DELETE FROM sen.platform_review_reminder; DELETE FROM sen.platform_review_task; DELETE FROM sen.platform_review");
	}
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
		OVERLAP_TEST(test_report_follows),
		OVERLAP_TEST(test_needs),
		OVERLAP_TEST(test_review),
		OVERLAP_TEST(test_conclusions),
		OVERLAP_TEST(test_software_is_stopped),
	};

	return cmocka_run_group_tests(tests, overlapping_create, gov_drop);
}
