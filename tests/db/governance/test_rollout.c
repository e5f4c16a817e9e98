/* What is announced of platforms, on PostgreSQL with the rights of the server's role: signed lists, the roll-out, guidance. */
#include "server/governance/platform_lists.h"
#include "server/governance/rollout.h"
#include "tests/db/governance/cataloguing.h"

#include <stdio.h>

static int sign(struct fixture *f, const struct principal *p, int64_t id, int64_t version, const char *effective_on)
{
	const struct list_signature signature = { .decision_no = STR("9/QĐ-UBND"), .signed_on = STR("2026-01-01"), .signer = STR("Lê Hồng Vinh"), .effective_on = str_c(effective_on),
		.file_url = STR("https://congbao.example/9.pdf"), .file_sha256 = STR("e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855") };

	op_forgive(&f->op);
	return list_sign(&f->op, p, id, version, &signature);
}

static void assert_state(int64_t id, const char *expected)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.platform_list_now WHERE id = %lld AND state = '%s'", (long long)id, expected);
	assert_int_equal(side_i64(sql), 1);
}

static void test_lists(void **state)
{
	static const struct str two[] = { STR("P02"), STR("P03") }, unknown[] = { STR("P02"), STR("P99") };
	struct fixture *f = *state;
	struct list_draft draft = { .unit = STR("40"), .title = STR("Danh mục nền tảng số dùng chung"), .announced_total = STR("42"), .platforms = { two, 2 } };
	int64_t first, second, third, in_force;
	_json_ json_t *json = NULL;

	assert_int_equal(list_add(&f->op, &f->ward, &draft, &first), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	draft.platforms = (struct str_list){ unknown, 2 };
	assert_int_equal(list_add(&f->op, &f->admin, &draft, &first), ERR_UNKNOWN_PLATFORM);
	op_forgive(&f->op);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_list"), 0);
	draft.platforms = (struct str_list){ two, 2 };
	assert_int_equal(list_add(&f->op, &f->admin, &draft, &first), 0);
	assert_int_equal(list_add(&f->op, &f->admin, &draft, &second), 0);
	assert_int_equal(list_add(&f->op, &f->admin, &draft, &third), 0);
	assert_int_equal(sign(f, &f->admin, first, 1, "2026-01-01"), ERR_FOUR_EYES);
	assert_int_equal(sign(f, &f->second, first, 7, "2026-01-01"), ERR_PRECONDITION_FAILED);
	assert_int_equal(sign(f, &f->second, first, 1, "2025-12-31"), ERR_INVALID_VALUE);
	assert_int_equal(sign(f, &f->second, first, 1, "2026-01-01"), 0);
	assert_state(first, "in_force");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_list WHERE decision_no = '9/QĐ-UBND' AND signer = 'Lê Hồng Vinh'"
	                          " AND file_url = 'https://congbao.example/9.pdf'"), 1);
	assert_int_equal(sign(f, &f->second, first, 2, "2026-01-01"), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(list_edit(&f->op, &f->admin, first, 2, &draft), ERR_WRONG_STATE);
	/* The next day decides which is in force; two cannot begin on one day. */
	assert_int_equal(sign(f, &f->second, second, 1, "2026-01-01"), ERR_CONFLICT);
	assert_int_equal(sign(f, &f->second, second, 1, "2026-02-01"), 0);
	assert_int_equal(sign(f, &f->second, third, 1, "2999-01-01"), 0);
	assert_state(first, "superseded");
	assert_state(second, "in_force");
	assert_state(third, "signed");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_list_now WHERE state = 'in_force'"), 1);
	assert_int_equal(list_in_force_beside(&f->op, third, &in_force), 0);
	assert_int_equal(in_force, second);
	/* What was signed stays as it was read. */
	side("UPDATE sen.platform SET sector = 'Y tế' WHERE code = 'P02'");
	assert_int_equal(list_get(&f->op, second, &json, &in_force), 0);
	assert_str_equal(json_get_str(json_array_get(json_object_get(json, "entries"), 0), "sector"), "");
	assert_str_equal(json_get_str(json, "file_sha256"), "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	side("UPDATE sen.platform SET sector = '' WHERE code = 'P02'");
}

static bool is_listed(struct fixture *f, const char *code)
{
	_json_ json_t *json = NULL;
	int64_t version;

	assert_int_equal(catalogue_get(&f->op, str_c(code), &json, &version), 0);
	return json_get_bool(json, "listed", false);
}

/* Membership is what the list in force says: not a draft, not one to come, not one before; whatever the kind. */
static void test_what_is_listed(void **state)
{
	static const struct str first[] = { STR("P02"), STR("D01") }, second[] = { STR("P03") };
	struct fixture *f = *state;
	struct list_draft draft = { .unit = STR("40"), .title = STR("Danh mục nền tảng số dùng chung"), .platforms = { first, 2 } };
	int64_t id;

	assert_int_equal(list_add(&f->op, &f->admin, &draft, &id), 0);
	assert_false(is_listed(f, "P02"));
	assert_int_equal(sign(f, &f->second, id, 1, "2099-01-01"), 0);
	assert_false(is_listed(f, "P02"));
	assert_int_equal(list_add(&f->op, &f->admin, &draft, &id), 0);
	assert_int_equal(sign(f, &f->second, id, 1, "2026-01-01"), 0);
	assert_true(is_listed(f, "P02"));
	assert_true(is_listed(f, "D01"));
	assert_false(is_listed(f, "P03"));
	draft.platforms = (struct str_list){ second, 1 };
	assert_int_equal(list_add(&f->op, &f->admin, &draft, &id), 0);
	assert_int_equal(sign(f, &f->second, id, 1, "2026-02-01"), 0);
	assert_false(is_listed(f, "P02"));
	assert_true(is_listed(f, "P03"));
}

/* For all it is every unit of the province; for many, and for a sector, whoever has a row. */
static void test_for_whom(void **state)
{
	static const struct {
		const char *scope;
		int64_t before, after;
	} rows[] = { { "all", 2, 2 }, { "many", 0, 1 }, { "sector", 0, 1 } };
	struct fixture *f = *state;
	struct rollout_cell cell = { .platform = STR("N01"), .unit = STR("16690"), .state = STR("planned") };

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		struct catalogue_entry entry = entry_for("N01");
		int64_t version;
		json_t *summary;

		print_message("%s\n", rows[i].scope);
		side("DELETE FROM sen.platform_rollout; DELETE FROM sen.platform WHERE code = 'N01'");
		entry.target_scope = str_c(rows[i].scope);
		assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
		assert_int_equal(rollout_summary(&f->op, STR("N01"), &summary), 0);
		assert_int_equal(json_get_int(summary, "targets", -1), rows[i].before);
		json_decref(summary);
		assert_int_equal(rollout_set(&f->op, &f->ward, &cell, 0, &version), 0);
		assert_int_equal(rollout_summary(&f->op, STR("N01"), &summary), 0);
		assert_int_equal(json_get_int(summary, "targets", -1), rows[i].after);
		assert_int_equal(json_get_int(summary, "planned", -1), 1);
		json_decref(summary);
	}
}

static void test_rollout(void **state)
{
	struct fixture *f = *state;
	struct rollout_cell cell = { .platform = STR("N01"), .unit = STR("16690"), .state = STR("in_progress"), .started_on = STR("2026-01-01") };
	const struct rollout_filter filter = { .limit = 10 };
	int64_t version, n;
	json_t *array, *summary;

	add(f, "N01");
	assert_int_equal(rollout_plan(&f->op, &f->ward, STR("N01"), STR("ward"), STR("2026-03-01"), &n), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(rollout_plan(&f->op, &f->admin, STR("N01"), STR("ward"), STR("2026-03-01"), &n), 0);
	assert_int_equal(n, 2);
	assert_int_equal(rollout_plan(&f->op, &f->admin, STR("N01"), STR("ward"), STR("2026-03-01"), &n), 0);
	assert_int_equal(n, 0);
	side("UPDATE sen.platform SET state = 'deploying' WHERE code = 'N01'");
	/* The ward reports for itself, for nobody else; the second of two is told. */
	assert_int_equal(rollout_set(&f->op, &f->ward, &cell, 1, &version), 0);
	assert_int_equal(rollout_set(&f->op, &f->admin, &cell, 1, &version), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	assert_int_equal(rollout_set(&f->op, &f->admin, &cell, 0, &version), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	cell.unit = STR("16681");
	assert_int_equal(rollout_set(&f->op, &f->ward, &cell, 1, &version), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	cell.state = STR("done");
	cell.done_on = STR("2026-02-01");
	assert_int_equal(rollout_set(&f->op, &f->admin, &cell, 1, &version), 0);
	assert_int_equal(rollout_summary(&f->op, STR("N01"), &summary), 0);
	assert_int_equal(json_get_int(summary, "targets", 0), 2);
	assert_int_equal(json_get_int(summary, "done", 0), 1);
	assert_int_equal(json_get_int(summary, "late", 0), 0);
	assert_true(json_number_value(json_object_get(summary, "percent")) == 50.0);
	json_decref(summary);
	/* The ward sees its own row, the keeper of the platform all. */
	assert_int_equal(rollout_of_platform(&f->op, &f->ward, STR("N01"), &filter, &array), 0);
	assert_int_equal(json_array_size(array), 1);
	json_decref(array);
	assert_int_equal(rollout_of_platform(&f->op, &f->admin, STR("N01"), &filter, &array), 0);
	assert_int_equal(json_array_size(array), 2);
	json_decref(array);
	assert_int_equal(rollout_of_unit(&f->op, &f->ward, STR("16681"), &array), ERR_UNKNOWN_UNIT);
	op_forgive(&f->op);
	assert_int_equal(rollout_by_unit(&f->op, &f->ward, &filter, &array), 0);
	assert_int_equal(json_array_size(array), 1);
	json_decref(array);
}

static void test_guidance(void **state)
{
	struct fixture *f = *state;
	struct guidance guidance = { .platform = STR("N01"), .code = STR("HD"), .kind = STR("video"), .title = STR("Hướng dẫn"), .url = STR("https://x.example/1") };
	struct str first, second;
	int64_t version;
	json_t *array;
	bool added;

	add(f, "N01");
	assert_int_equal(guidance_publish(&f->op, &f->ward, &guidance, &first, &version), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	guidance.role = STR("KHONGCO");
	assert_int_equal(guidance_publish(&f->op, &f->admin, &guidance, &first, &version), ERR_UNKNOWN_ROLE);
	op_forgive(&f->op);
	guidance.role = STR_NULL;
	assert_int_equal(guidance_publish(&f->op, &f->admin, &guidance, &first, &version), 0);
	assert_int_equal(guidance_acknowledge(&f->op, &f->ward, STR("N01"), first, STR("16690"), &added), 0);
	assert_true(added);
	assert_int_equal(guidance_acknowledge(&f->op, &f->ward, STR("N01"), first, STR("16690"), &added), 0);
	assert_false(added);
	assert_int_equal(guidance_acknowledge(&f->op, &f->ward, STR("N01"), first, STR("16681"), &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	/* Nor from above for somebody below: 130 communes have not read what one official of the province has. */
	assert_int_equal(guidance_acknowledge(&f->op, &f->admin, STR("N01"), first, STR("16681"), &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(guidance_report(&f->op, &f->admin, STR("N01"), first, true, STR_NULL, 10, &array), 0);
	assert_int_equal(json_array_size(array), 1);
	assert_str_equal(json_get_str(json_array_get(array, 0), "unit"), "16681");
	json_decref(array);
	assert_int_equal(guidance_report(&f->op, &f->ward, STR("N01"), first, true, STR_NULL, 10, &array), 0);
	assert_int_equal(json_array_size(array), 0);
	json_decref(array);
	/* A new version has been read by nobody; the old one is past. */
	assert_int_equal(guidance_publish(&f->op, &f->admin, &guidance, &second, &version), 0);
	assert_int_equal(version, 2);
	assert_int_equal(guidance_acknowledge(&f->op, &f->ward, STR("N01"), first, STR("16690"), &added), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(guidance_report(&f->op, &f->admin, STR("N01"), second, true, STR_NULL, 10, &array), 0);
	assert_int_equal(json_array_size(array), 2);
	json_decref(array);
}

/* Who works there speaks for it, with the scope of somewhere above. */
static void test_who_speaks(void **state)
{
	struct fixture *f = *state;
	struct guidance guidance = { .platform = STR("P02"), .code = STR("HD"), .role = STR("MC"), .kind = STR("document"), .title = STR("Hướng dẫn"), .body = STR("x") };
	int64_t version;
	const struct page_ask ask = { .limit = 10 };
	struct json_page page;
	struct str id;
	bool added;

	assert_int_equal(guidance_publish(&f->op, &f->admin, &guidance, &id, &version), 0);
	assert_int_equal(guidance_list(&f->op, STR("P02"), false, &ask, &page), 0);
	assert_str_equal(json_get_str(json_array_get(page.items, 0), "role"), "MC");
	assert_str_equal(json_get_str(json_array_get(page.items, 0), "role_name"), "Cán bộ Một cửa");
	json_decref(page.items);
	/* WA, with a post in 16681 and the province as scope; not in the ward beside. */
	assert_int_equal(guidance_acknowledge(&f->op, &f->second, STR("P02"), id, STR("16690"), &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(guidance_acknowledge(&f->op, &f->second, STR("P02"), id, STR("16681"), &added), 0);
	assert_true(added);
	/* A post to come is none. */
	side("UPDATE sen.post SET valid = daterange(sen.today() + 1, NULL) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(guidance_acknowledge(&f->op, &f->third, STR("P02"), id, STR("16681.VP"), &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	side("UPDATE sen.post SET valid = daterange('2025-07-01', NULL) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(guidance_acknowledge(&f->op, &f->third, STR("P02"), id, STR("16681.VP"), &added), 0);
}

static void expect_counts(struct fixture *f, const char *platform, int64_t targets, int64_t done)
{
	json_t *array;
	bool is_found = false;

	assert_int_equal(rollout_by_platform(&f->op, STR_NULL, 50, &array), 0);
	for (size_t i = 0; i < json_array_size(array); i++) {
		const json_t *item = json_array_get(array, i), *counts = json_object_get(item, "rollout");

		if (!str_equal(json_get_str(item, "platform"), str_c(platform)))
			continue;
		is_found = true;
		assert_int_equal(json_get_int(counts, "targets", -1), targets);
		assert_int_equal(json_get_int(counts, "done", -1), done);
	}
	assert_true(is_found);
	json_decref(array);
}

/* For everybody: each commune and ward; for some: those that have a row.  All platforms in one answer. */
static void test_whom_it_is_for(void **state)
{
	static const char *const scopes[] = { "many", "sector" };
	struct fixture *f = *state;
	json_t *array;

	expect_counts(f, "P02", 2, 0);
	for (size_t i = 0; i < ARRAY_LEN(scopes); i++) {
		char sql[200];

		(void)snprintf(sql, sizeof(sql), "DELETE FROM sen.platform_rollout; UPDATE sen.platform SET target_scope = '%s' WHERE code = 'P02'", scopes[i]);
		side(sql);
		expect_counts(f, "P02", 0, 0);
		side("INSERT INTO sen.platform_rollout (platform_id, unit_id, state, done_on, changed_by) SELECT p.id, u.id, 'done', '2026-01-01', a.id"
		     " FROM sen.platform p, sen.unit u, sen.account a WHERE p.code = 'P02' AND u.code = '16681.VP' AND a.login = 'annv'");
		expect_counts(f, "P02", 1, 1);
	}
	/* Not those that nobody uses; unless they are planned.  Page by page. */
	add(f, "N01");
	assert_int_equal(rollout_by_platform(&f->op, STR_NULL, 50, &array), 0);
	assert_int_equal(json_array_size(array), 2);
	json_decref(array);
	side("INSERT INTO sen.platform_rollout (platform_id, unit_id, state, changed_by) SELECT p.id, u.id, 'planned', a.id"
	     " FROM sen.platform p, sen.unit u, sen.account a WHERE p.code = 'N01' AND u.code = '16681' AND a.login = 'annv'");
	expect_counts(f, "N01", 2, 0);
	assert_int_equal(rollout_by_platform(&f->op, STR("N01"), 1, &array), 0);
	assert_int_equal(json_array_size(array), 2);
	assert_str_equal(json_get_str(json_array_get(array, 0), "platform"), "P02");
	json_decref(array);
	side("UPDATE sen.platform SET target_scope = 'all' WHERE code = 'P02'");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOGUING_TEST(test_lists),
		CATALOGUING_TEST(test_what_is_listed),
		CATALOGUING_TEST(test_for_whom),
		CATALOGUING_TEST(test_rollout),
		CATALOGUING_TEST(test_guidance),
		CATALOGUING_TEST(test_who_speaks),
		CATALOGUING_TEST(test_whom_it_is_for),
	};

	return cmocka_run_group_tests(tests, cataloguing_create, gov_drop);
}
