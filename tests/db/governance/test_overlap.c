/* overlap_finding.h, local_software.h, software_need.h and platform_review.h on PostgreSQL, with the rights of the server's role. */
#include "server/governance/overlap_finding.h"

#include "server/governance/local_software.h"
#include "server/governance/platform_review.h"
#include "server/governance/scoping.h"
#include "server/governance/software_need.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>
#include <string.h>

#define N_PARALLEL 50
#define BECAUSE STR("Khác vì chỉ phục vụ nội bộ kho vật tư, không có chức năng của nền tảng trung ương")
#define EVIDENCE STR("Báo cáo thẩm định số 12/BC-SKHCN")

static int create(_unused_ void **state)
{
	int r = gov_create("overlap");

	side("INSERT INTO sen.platform (code, name, name_fold, kind, state, managing_unit, verified, description) VALUES"
	     " ('C01', 'Hệ thống thư điện tử quốc gia', 'x', 'central', 'operating', '', true, 'Hộp thư công vụ cho cán bộ, công chức'),"
	     " ('P05', 'Phần mềm truyền thanh thông minh', 'x', 'provincial', 'operating', '40', true, 'Bản tin cơ sở'),"
	     " ('D10', 'Hộp thư công vụ tỉnh', 'x', 'proposed', 'proposed', '40', true, 'Cấp hộp thư cho cán bộ'),"
	     " ('D11', 'Hệ thống quản lý rừng', 'x', 'proposed', 'proposed', '40', true, 'Cảnh báo cháy rừng'),"
	     " ('D12', 'Đài truyền thanh ứng dụng viễn thông', 'x', 'proposed', 'proposed', '40', true, 'Truyền thanh, bản tin cơ sở')");
	return r;
}

struct fixture {
	struct op op;
	struct principal admin, second;
};

/* Another administrator of the province, without the right to grant. */
static struct principal second_admin(struct op *op, const struct principal *admin, const char *employee, const char *unit)
{
	static const struct str rights[] = { STR("read"), STR("catalogue"), STR("appraise"), STR("review") };
	struct scoping_request request = { .login = gov_login(op, employee), .unit = str_c(unit), .rights = rights, .n_rights = ARRAY_LEN(rights) };
	struct scope scope;
	bool added;

	assert_int_equal(scoping_add(op, admin, &request, &scope, &added), 0);
	return gov_principal(op, arena_cstr(op->arena, request.login));
}

static int set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.overlap_finding; DELETE FROM sen.overlap_author; UPDATE sen.overlap_check SET stale = true;"
	     " DELETE FROM sen.local_software; DELETE FROM sen.software_need; DELETE FROM sen.platform_review_reminder; DELETE FROM sen.platform_review_task;"
	     " DELETE FROM sen.platform_review; UPDATE sen.platform SET state = 'proposed' WHERE code LIKE 'D1%';"
	     " UPDATE sen.platform SET description = 'Cấp hộp thư cho cán bộ' WHERE code = 'D10'");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	f->second = second_admin(&f->op, &f->admin, "OTHER", "40");
	*state = f;
	return 0;
}

static int tear_down(void **state)
{
	struct fixture *f = *state;

	gov_end(&f->op);
	test_free(f);
	return 0;
}

/* The statement must fail with this SQLSTATE. */
static void side_fails(const char *sql, const char *state)
{
	char block[1024];

	(void)snprintf(block, sizeof(block), "DO $$ BEGIN %s; RAISE 'it did not fail'; EXCEPTION WHEN SQLSTATE '%s' THEN NULL; END $$", sql, state);
	side(block);
}

static int64_t id_of(const char *code)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT id FROM sen.platform WHERE code = '%s'", code);
	return side_i64(sql);
}

static bool is_blocking(struct fixture *f, const char *code)
{
	bool blocking = false;

	assert_int_equal(db_begin(&f->op), 0);
	assert_int_equal(overlap_is_blocking(&f->op, id_of(code), &blocking), 0);
	assert_int_equal(db_commit(&f->op), 0);
	return blocking;
}

static struct overlap_closing closing_of(struct fixture *f, const char *code)
{
	struct overlap_filter filter = { .platform = str_c(code), .state = STR("open"), .after = (const struct str[2]){ STR_NULL, STR_NULL }, .limit = 10 };
	struct json_page page;
	struct overlap_closing c = { .because = BECAUSE, .evidence = EVIDENCE };
	size_t i;
	const json_t *item;

	assert_int_equal(overlap_list(&f->op, &f->admin, &filter, &page), 0);
	json_array_foreach(page.items, i, item) {
		if (!json_get_bool(item, "blocks", false))
			continue;
		c.id = arena_dup(f->op.arena, json_get_str(item, "id"));
		c.version = json_get_int(item, "version", 0);
	}
	json_decref(page.items);
	return c;
}

static void test_a_central_overlap_blocks(void **state)
{
	struct fixture *f = *state;
	struct overlap_closing closing;

	assert_int_equal(overlap_present(&f->op, &f->admin, STR("D10")), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_finding f JOIN sen.platform p ON p.id = f.platform_id JOIN sen.platform o ON o.id = f.other_id"
	                          " WHERE p.code = 'D10' AND o.code = 'C01' AND f.kind = 'central' AND f.state = 'open'"), 1);
	assert_true(is_blocking(f, "D10"));
	assert_false(is_blocking(f, "D11"));
	/* Whoever writes the state. */
	side_fails("UPDATE sen.platform SET state = 'approved' WHERE code = 'D10'", "SN001");
	side("UPDATE sen.platform SET state = 'approved' WHERE code = 'D11'");
	/* Not by the one who entered it, whatever rights there are. */
	closing = closing_of(f, "D10");
	assert_int_equal(overlap_close(&f->op, &f->admin, &closing), ERR_FOUR_EYES);
	op_forgive(&f->op);
	closing.version++;
	assert_int_equal(overlap_close(&f->op, &f->second, &closing), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	closing.version--;
	assert_int_equal(overlap_close(&f->op, &f->second, &closing), 0);
	assert_int_equal(overlap_close(&f->op, &f->second, &closing), ERR_WRONG_STATE);
	op_forgive(&f->op);
	/* P03 of the province has the same function too. */
	closing = closing_of(f, "D10");
	assert_false(str_is_null(closing.id));
	assert_true(is_blocking(f, "D10"));
	assert_int_equal(overlap_close(&f->op, &f->second, &closing), 0);
	assert_false(is_blocking(f, "D10"));
	side("UPDATE sen.platform SET state = 'approved' WHERE code = 'D10'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'overlap.close' AND data ->> 'evidence' <> ''"), 2);
}

static void test_one_live_platform_per_function(void **state)
{
	struct fixture *f = *state;

	assert_true(is_blocking(f, "D12"));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_finding f JOIN sen.platform p ON p.id = f.platform_id WHERE p.code = 'D12' AND f.kind = 'provincial'"), 1);
	/* One that has stopped is in nobody's way. */
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P05'");
	assert_false(is_blocking(f, "D12"));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_finding WHERE state = 'gone'"), 1);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P05'");
	assert_true(is_blocking(f, "D12"));
}

/* What was closed for one text is not closed for another; an edit that says the same leaves it closed. */
static void test_an_edit_opens_again(void **state)
{
	struct fixture *f = *state;
	struct overlap_closing closing;

	assert_true(is_blocking(f, "D12"));
	closing = closing_of(f, "D12");
	assert_int_equal(overlap_close(&f->op, &f->second, &closing), 0);
	side("UPDATE sen.platform SET description = 'Tin tức' WHERE code = 'D11'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.overlap_check c JOIN sen.platform p ON p.id = c.platform_id WHERE p.code = 'D11' AND c.stale"), 1);
	assert_false(is_blocking(f, "D12"));
	side("UPDATE sen.platform SET description = 'Truyền thanh, bản tin cơ sở, loa truyền thanh' WHERE code = 'D12'");
	assert_true(is_blocking(f, "D12"));
	side("UPDATE sen.platform SET description = 'Truyền thanh, bản tin cơ sở' WHERE code = 'D12'");
}

static void test_scope(void **state)
{
	struct fixture *f = *state;
	struct principal ward = second_admin(&f->op, &f->admin, "WA", "16681");
	struct overlap_filter filter = { .after = (const struct str[2]){ STR_NULL, STR_NULL }, .limit = 10 };
	struct overlap_closing closing;
	struct json_page page;
	int64_t version;
	json_t *json;

	assert_true(is_blocking(f, "D12"));
	closing = closing_of(f, "D12");
	assert_int_equal(overlap_list(&f->op, &ward, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 0);
	json_decref(page.items);
	assert_int_equal(overlap_get(&f->op, &ward, closing.id, &json, &version), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(overlap_close(&f->op, &ward, &closing), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(overlap_present(&f->op, &ward, STR("D12")), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(overlap_present(&f->op, &f->admin, STR("C01")), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(overlap_present(&f->op, &f->admin, STR("NONE")), ERR_UNKNOWN_PLATFORM);
}

struct race {
	struct overlap_closing closing;
	int result;
};

static void *close_once(void *argument)
{
	struct race *race = argument;
	struct fixture f;

	gov_begin(&f.op, gov_server);
	f.second = gov_principal(&f.op, arena_cstr(f.op.arena, gov_login(&f.op, "OTHER")));
	do {
		op_forgive(&f.op);
		race->result = overlap_close(&f.op, &f.second, &race->closing);
	} while (race->result == ERR_UNAVAILABLE || race->result == ERR_OVERLOADED);
	gov_end(&f.op);
	return NULL;
}

static void test_fifty_close_it_once(void **state)
{
	struct fixture *f = *state;
	pthread_t threads[N_PARALLEL];
	struct race races[N_PARALLEL];
	int64_t audited = side_i64("SELECT count(*) FROM sen.audit WHERE action = 'overlap.close'");
	int n_closed = 0;

	assert_true(is_blocking(f, "D12"));
	for (int i = 0; i < N_PARALLEL; i++)
		races[i] = (struct race){ .closing = i == 0 ? closing_of(f, "D12") : races[0].closing };
	for (int i = 0; i < N_PARALLEL; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, close_once, &races[i]), 0);
	for (int i = 0; i < N_PARALLEL; i++) {
		pthread_join(threads[i], NULL);
		n_closed += races[i].result == 0;
	}
	assert_int_equal(n_closed, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'overlap.close'"), audited + 1);
}

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

#define OVERLAP_TEST(t) cmocka_unit_test_setup_teardown(t, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVERLAP_TEST(test_a_central_overlap_blocks), OVERLAP_TEST(test_one_live_platform_per_function), OVERLAP_TEST(test_an_edit_opens_again),
		OVERLAP_TEST(test_scope), OVERLAP_TEST(test_fifty_close_it_once), OVERLAP_TEST(test_local_software), OVERLAP_TEST(test_paging),
		OVERLAP_TEST(test_needs), OVERLAP_TEST(test_review),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
