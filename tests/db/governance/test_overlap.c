/* overlap_finding.h on PostgreSQL, with the rights of the server's role: what overlaps is not approved until somebody says why not. */
#include "server/governance/overlap_finding.h"
#include "tests/db/governance/overlapping.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50
#define BECAUSE STR("Khác vì chỉ phục vụ nội bộ kho vật tư, không có chức năng của nền tảng trung ương")
#define EVIDENCE STR("Báo cáo thẩm định số 12/BC-SKHCN")

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
	const struct principal *who; /* found before: an assertion in another thread would end the program */
	struct overlap_closing closing;
	int result;
};

static void *close_once(void *argument)
{
	struct race *race = argument;
	struct op op;

	do {
		gov_begin(&op, gov_server);
		race->result = overlap_close(&op, race->who, &race->closing);
		gov_end(&op);
	} while (race->result == ERR_UNAVAILABLE || race->result == ERR_OVERLOADED);
	return NULL;
}

static void test_fifty_close_it_once(void **state)
{
	struct fixture *f = *state;
	struct race races[N_PARALLEL];
	int64_t audited = side_i64("SELECT count(*) FROM sen.audit WHERE action = 'overlap.close'");
	int n_closed = 0;

	assert_true(is_blocking(f, "D12"));
	for (int i = 0; i < N_PARALLEL; i++)
		races[i] = (struct race){ .who = &f->second, .closing = i == 0 ? closing_of(f, "D12") : races[0].closing };
	AT_ONCE(close_once, races);
	for (int i = 0; i < N_PARALLEL; i++)
		n_closed += races[i].result == 0;
	assert_int_equal(n_closed, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'overlap.close'"), audited + 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		OVERLAP_TEST(test_a_central_overlap_blocks),
		OVERLAP_TEST(test_one_live_platform_per_function),
		OVERLAP_TEST(test_an_edit_opens_again),
		OVERLAP_TEST(test_scope),
		OVERLAP_TEST(test_fifty_close_it_once),
	};

	return cmocka_run_group_tests(tests, overlapping_create, gov_drop);
}
