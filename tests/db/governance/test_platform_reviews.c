/* Reviews of platforms that come again, and who is told of them, on PostgreSQL with the rights of the server's role. */
#include "common/model/personnel_due.h"
#include "server/governance/platform_review.h"
#include "tests/db/governance/overlapping.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50

static struct str begin(struct fixture *f, const char *due_sql, const char *period)
{
	struct platform_review review = { .title = STR("Rà soát nền tảng"), .unit = STR("40"), .due_on = STR("2099-01-31"), .period_months = str_c(period) };
	int64_t n_tasks;
	char sql[400];
	struct str id;

	assert_int_equal(platform_review_begin(&f->op, &f->admin, &review, &id, &n_tasks), 0);
	assert_true(n_tasks >= 4);
	(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform_review SET due_on = %s, anchor_on = CASE WHEN anchor_on IS NOT NULL THEN (%s)::date END WHERE id = '%.*s'", due_sql,
	               due_sql, STR_ARG(id));
	side(sql);
	return id;
}

static struct platform_review_form form_of(struct str id, const char *platform)
{
	return (struct platform_review_form){ .review_id = id, .platform = str_c(platform), .version = 1, .features = STR("a"), .functions = STR("b"),
		.operation = STR("c"), .scope = STR("d") };
}

static void test_conclusions(void **state)
{
	static const struct {
		const char *platform, *conclusion, *target;
	} rows[] = { { "P02", "keep", NULL }, { "P03", "integrate", "C01" }, { "P05", "stop", NULL }, { "C01", "replace", "P03" } };
	struct fixture *f = *state;
	struct str id = begin(f, "'2099-01-31'", NULL);
	json_t *json;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct platform_review_form form = form_of(id, rows[i].platform);
		struct platform_review_conclusion c = { .review_id = id, .platform = form.platform, .version = 2, .conclusion = str_c(rows[i].conclusion),
			.target = str_c(rows[i].target), .because = STR("Theo kết quả rà soát") };
		int64_t version;

		assert_int_equal(platform_review_answer(&f->op, &f->admin, &form), 0);
		assert_int_equal(platform_review_conclude(&f->op, &f->second, &c), 0);
		assert_int_equal(platform_review_task_get(&f->op, &f->admin, id, form.platform, &json, &version), 0);
		assert_str_equal(json_get_str(json, "conclusion"), rows[i].conclusion);
		assert_true(str_equal(json_get_str(json, "target"), str_c(rows[i].target)));
		assert_int_equal(version, 3);
		json_decref(json);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_review_task WHERE state = 'concluded'"), 4);
}

static size_t n_tasks_of(struct fixture *f, const char *unit)
{
	struct platform_review_filter filter = { .unit = str_c(unit), .after = (const struct str[3]){ STR_NULL, STR_NULL, STR_NULL }, .limit = 50 };
	struct json_page page;
	size_t n;

	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &filter, &page), 0);
	n = json_array_size(page.items);
	json_decref(page.items);
	return n;
}

/* Whose platforms they are. */
static void test_tasks_of_a_unit(void **state)
{
	struct fixture *f = *state;

	side("INSERT INTO sen.unit (code, name, name_fold, kind, parent_id, valid_from, verified) SELECT 'NA-S01', 'Văn phòng', 'van phong', 'department', id, '2025-07-01', true"
	     " FROM sen.unit WHERE code = '40'; SET search_path = sen, public; SELECT unit_repath(); RESET search_path; UPDATE sen.platform SET managing_unit = 'NA-S01' WHERE code = 'P05'");
	(void)begin(f, "'2099-01-31'", NULL);
	assert_int_equal(n_tasks_of(f, "NA-S01"), 1);
	assert_int_equal(n_tasks_of(f, "16681"), 0);
	assert_int_equal(n_tasks_of(f, "40"), n_tasks_of(f, NULL));
	side("UPDATE sen.platform SET managing_unit = '40' WHERE code = 'P05'");
}

static void *run(void *arg)
{
	size_t *n = arg;
	struct op op;

	gov_begin(&op, gov_server);
	if (platform_reviews_run(&op, n) < 0)
		*n = 1000;
	gov_end(&op);
	return NULL;
}

static size_t run_at_once(void)
{
	size_t n[N_PARALLEL], sum = 0;

	AT_ONCE(run, n);
	for (size_t i = 0; i < N_PARALLEL; i++)
		sum += n[i];
	return sum;
}

/* Begun once, whoever is at it; as long before its deadline as the one before. */
static void test_comes_again(void **state)
{
	struct fixture *f = *state;
	struct str id = begin(f, "sen.today() - 25", "1");

	/* Ten days for it, of a month: not yet, then on the day. */
	side("UPDATE sen.platform_review SET due_on = sen.today() - 1, anchor_on = sen.today() - 1, created_at = now() - interval '11 days'");
	assert_int_equal(run_at_once(), 0);
	side("UPDATE sen.platform_review SET due_on = (sen.today() + 10 - interval '1 month')::date, anchor_on = (sen.today() + 10 - interval '1 month')::date,"
	     " created_at = (sen.today() + 10 - interval '1 month')::date - interval '10 days' + interval '12 hours'");
	assert_int_equal(run_at_once(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_review v JOIN sen.platform_review f ON f.follows = v.id WHERE f.period_months = 1 AND f.unit_id = v.unit_id"
	                          " AND f.created_by = v.created_by AND f.due_on BETWEEN sen.today() + 7 AND sen.today() + 10 AND f.title ~ ' – kỳ \\d\\d/\\d{4}$'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_review_task t JOIN sen.platform_review v ON v.id = t.review_id WHERE v.follows IS NOT NULL"),
	                 side_i64("SELECT count(*) FROM sen.platform WHERE id <> 0 AND sen.platform_is_open(state)"));
	assert_true(side_i64("SELECT count(*) FROM sen.platform_review_reminder m JOIN sen.platform_review v ON v.id = m.review_id WHERE v.follows IS NOT NULL") > 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'platform_review.begin' AND actor = 'system'"), 1);
	assert_int_equal(run_at_once(), 0);
	/* Only the last of a series has a period to change. */
	assert_int_equal(platform_review_period(&f->op, &f->admin, id, 1, 0), ERR_WRONG_STATE);
}

static void test_period(void **state)
{
	struct fixture *f = *state;
	struct principal ward = second_admin(&f->op, &f->admin, "WA", "16681");
	struct str id = begin(f, "'2020-01-31'", NULL);
	int64_t version;
	json_t *json;

	assert_int_equal(run_at_once(), 0);
	assert_int_equal(platform_review_period(&f->op, &ward, id, 1, 12), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(platform_review_period(&f->op, &f->second, id, 7, 12), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	assert_int_equal(platform_review_period(&f->op, &f->second, id, 1, 12), 0);
	assert_int_equal(platform_review_get(&f->op, &f->admin, id, &json, &version), 0);
	assert_int_equal(version, 2);
	assert_int_equal(json_get_int(json, "period_months", 0), 12);
	assert_false(str_is_null(json_get_str(json, "next_due_on")));
	json_decref(json);
	assert_int_equal(platform_review_period(&f->op, &f->second, id, 2, 0), 0);
	assert_int_equal(run_at_once(), 0);
	/* Years in which nothing ran are not made up for; the end of a month stays one. */
	assert_int_equal(platform_review_period(&f->op, &f->second, id, 3, 1), 0);
	side("UPDATE sen.platform_review SET created_at = '2020-01-01', due_on = '2020-02-29'");
	assert_int_equal(run_at_once(), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_review WHERE follows IS NOT NULL AND due_on >= sen.today()"
	                          " AND due_on = (date_trunc('month', due_on) + interval '1 month - 1 day')::date"), 1);
}

static int64_t told(const char *kind, const char *employee)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice n JOIN sen.account a ON a.id = n.account_id JOIN sen.person p ON p.id = a.person_id"
	               " WHERE n.kind = '%s' AND p.employee_code = '%s'", kind, employee);
	return side_i64(sql);
}

static void *tell(void *arg)
{
	size_t *n = arg;
	struct op op;

	gov_begin(&op, gov_server);
	if (notices_run(&op, n) < 0)
		*n = 1000;
	gov_end(&op);
	return NULL;
}

static void tell_all(void)
{
	size_t n[N_PARALLEL];

	AT_ONCE(tell, n);
	for (size_t i = 0; i < N_PARALLEL; i++)
		assert_true(n[i] < 1000);
}

/* Who has to answer is told of what is open, who may conclude of what nobody concluded; each once. */
static void test_told_of_reviews(void **state)
{
	struct fixture *f = *state;
	struct platform_review_form form = form_of(STR_NULL, "P02");
	struct json_page page;
	int64_t n_open, version;
	json_t *json;

	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; UPDATE sen.account SET status = 'active'");
	(void)second_admin(&f->op, &f->admin, "WA", "16681");
	form.review_id = begin(f, "sen.today() + 7", NULL);
	n_open = side_i64("SELECT count(*) FROM sen.platform_review_task");
	side("UPDATE sen.platform_review_reminder SET remind_on = remind_on - (date '2099-01-31' - (sen.today() + 7))");
	tell_all();
	assert_int_equal(told("platform_review_due", "AD"), n_open);
	assert_int_equal(told("platform_review_due", "OTHER"), n_open);
	assert_int_equal(told("platform_review_due", "WA"), 0);
	assert_int_equal(told("platform_review_overdue", "AD"), 0);
	/* Over: the rest is overdue, and what was answered waits for a conclusion by another. */
	assert_int_equal(platform_review_answer(&f->op, &f->admin, &form), 0);
	tell_all();
	assert_int_equal(told("platform_review_unconcluded", "OTHER"), 0);
	side("UPDATE sen.platform_review SET due_on = sen.today() - 1; UPDATE sen.platform_review_reminder SET remind_on = remind_on - 10");
	tell_all();
	/* Answered, but not concluded: overdue as well. */
	assert_int_equal(platform_review_tasks(&f->op, &f->admin, &(struct platform_review_filter){ .state = STR("overdue"),
	                 .after = (const struct str[3]){ STR_NULL, STR_NULL, STR_NULL }, .limit = 50 }, &page), 0);
	assert_int_equal(json_array_size(page.items), n_open);
	json_decref(page.items);
	assert_int_equal(platform_review_get(&f->op, &f->admin, form.review_id, &json, &version), 0);
	assert_int_equal(json_get_int(json, "overdue", 0), n_open);
	json_decref(json);
	assert_int_equal(told("platform_review_overdue", "AD"), n_open - 1);
	assert_int_equal(told("platform_review_unconcluded", "OTHER"), 1);
	assert_int_equal(told("platform_review_unconcluded", "AD"), 0);
	assert_int_equal(told("platform_review_due", "AD"), n_open);
}

/* Completed: who keeps it is to publish; published: who is to read. */
static void test_told_of_guidance(void **state)
{
	struct fixture *f = *state;

	(void)second_admin(&f->op, &f->admin, "WA", "16681");
	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; UPDATE sen.account SET status = 'active'; UPDATE sen.platform SET state = 'building' WHERE code = 'D11'");
	assert_int_equal(told("platform_completed", "AD"), 0);
	side("UPDATE sen.platform SET state = 'completed' WHERE code = 'D11'; UPDATE sen.platform SET note = 'x' WHERE code = 'D11'");
	assert_int_equal(told("platform_completed", "AD"), 1);
	assert_int_equal(told("platform_completed", "OTHER"), 1);
	assert_int_equal(told("platform_completed", "WA"), 0);
	side("INSERT INTO sen.platform_guidance (platform_id, id, code, version, kind, title, url, published_by)"
	     " SELECT p.id, gen_random_uuid(), c.code, 1, 'document', 'Hướng dẫn', 'https://x.example/1', a.id FROM sen.platform p, sen.account a, (VALUES ('D11', 'A'), ('D12', 'B')) c (platform, code)"
	     " WHERE p.code = c.platform AND a.login = 'annv';"
	     "INSERT INTO sen.guidance_acknowledgement SELECT g.platform_id, g.id, u.id, g.published_by FROM sen.platform_guidance g, sen.unit u WHERE g.code = 'A' AND u.code = '16681'");
	tell_all();
	/* 16681 has read it; for 16690 those above it have to see to it.  D12 is not there yet. */
	assert_int_equal(told("guidance_published", "WA"), 0);
	assert_int_equal(told("guidance_published", "AD"), 1);
	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; DELETE FROM sen.guidance_acknowledgement");
	tell_all();
	assert_int_equal(told("guidance_published", "WA"), 1);
	side("DELETE FROM sen.platform_guidance");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVERLAP_TEST(test_conclusions),
		OVERLAP_TEST(test_tasks_of_a_unit),
		OVERLAP_TEST(test_comes_again),
		OVERLAP_TEST(test_period),
		OVERLAP_TEST(test_told_of_reviews),
		OVERLAP_TEST(test_told_of_guidance),
	};

	return cmocka_run_group_tests(tests, overlapping_create, gov_drop);
}
