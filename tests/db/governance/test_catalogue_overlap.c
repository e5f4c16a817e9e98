/*
 * Overlap where entries are made and moved, on PostgreSQL with the rights of the server's role: whoever enters one is its author,
 * no state of investment is reached with a finding open, and of two with one function one is built.
 */
#include "server/governance/lifecycle_move.h"
#include "server/governance/overlap_finding.h"
#include "tests/db/governance/cataloguing.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50
#define BECAUSE STR("Khác vì chỉ phục vụ nội bộ kho vật tư, không có chức năng của nền tảng trung ương")
#define EVIDENCE STR("Báo cáo thẩm định số 12/BC-SKHCN")

static void central(const char *code)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO sen.platform (code, name, name_fold, kind, state, verified, description, functions, scopes) VALUES ('%s',"
	               " 'Hệ thống cây xanh quốc gia', 'x', 'central', 'operating', true, 'Quản lý cây xanh', '{tiep-nhan,tra-ket-qua}', '{tiep-nhan}')", code);
	side(sql);
}

static void place(const char *code, const char *state)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform SET state = '%s', moved_by = NULL WHERE code = '%s'", state, code);
	side(sql);
}

static int64_t findings(const char *code, const char *kind, const char *state)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(*) FROM sen.overlap_finding f JOIN sen.platform p ON p.id = f.platform_id"
	               " WHERE p.code = '%s' AND f.kind = '%s' AND f.state = '%s'", code, kind, state);
	return side_i64(sql);
}

static struct overlap_closing closing_of(struct fixture *f, const char *code)
{
	struct overlap_filter filter = { .platform = str_c(code), .state = STR("open"), .after = (const struct str[2]){ STR_NULL, STR_NULL }, .limit = 10 };
	struct overlap_closing c = { .because = BECAUSE, .evidence = EVIDENCE };
	struct json_page page;

	assert_int_equal(overlap_list(&f->op, &f->admin, &filter, &page), 0);
	assert_int_equal(json_array_size(page.items), 1);
	c.id = arena_dup(f->op.arena, json_get_str(json_array_get(page.items, 0), "id"));
	c.version = json_get_int(json_array_get(page.items, 0), "version", 0);
	json_decref(page.items);
	return c;
}

/* Nobody has to ask for it; each kind that is compared, and each who had a hand in the entry. */
static void test_entering_compares(void **state)
{
	static const char *const kinds[] = { "provincial", "sector", "proposed" };
	struct fixture *f = *state;

	add_department();
	central("N9");
	for (size_t i = 0; i < ARRAY_LEN(kinds); i++) {
		char code[8];
		struct catalogue_entry entry;
		struct overlap_closing closing;

		print_message("%s\n", kinds[i]);
		(void)snprintf(code, sizeof(code), "N1%zu", i);
		entry = entry_for(code);
		entry.kind = str_c(kinds[i]);
		entry.managing_unit = str_equal(entry.kind, STR("sector")) ? STR("NA-S01") : STR("40"); /* a department owns it */
		assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
		assert_int_equal(findings(code, "central", "open"), 1);
		/* Another text: gone; the text as it was: there again. */
		entry.name = STR("Sổ thú y");
		entry.description = STR("Tiêm phòng đàn vật nuôi");
		entry.functions = (struct str_list){ NULL, 0 };
		assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, version_of(f, code)), 0);
		assert_int_equal(findings(code, "central", "gone"), 1);
		entry = entry_for(code);
		entry.kind = str_c(kinds[i]);
		entry.managing_unit = str_equal(entry.kind, STR("sector")) ? STR("NA-S01") : STR("40");
		assert_int_equal(catalogue_edit(&f->op, &f->second, &entry, version_of(f, code)), 0);
		assert_int_equal(findings(code, "central", "open"), 1);
		closing = closing_of(f, code);
		assert_int_equal(overlap_close(&f->op, &f->admin, &closing), ERR_FOUR_EYES);
		op_forgive(&f->op);
		assert_int_equal(overlap_close(&f->op, &f->second, &closing), ERR_FOUR_EYES);
		op_forgive(&f->op);
		assert_int_equal(overlap_close(&f->op, &f->third, &closing), 0);
	}
}

static void test_no_investment_with_a_finding_open(void **state)
{
	static const char *const steps[][2] = {
		{ "proposed", "appraised" }, { "appraised", "approved" }, { "approved", "building" }, { "building", "completed" }, { "completed", "deploying" },
	};
	struct fixture *f = *state;
	struct overlap_closing closing;

	central("N9");
	add(f, "N01");
	for (size_t i = 0; i < ARRAY_LEN(steps); i++) {
		print_message("%s -> %s\n", steps[i][0], steps[i][1]);
		side("ALTER TABLE sen.platform DISABLE TRIGGER overlap_guard");
		place("N01", steps[i][0]);
		side("ALTER TABLE sen.platform ENABLE TRIGGER overlap_guard");
		assert_int_equal(move(f, &f->second, "N01", steps[i][1]), ERR_BLOCKED);
		assert_true(str_contains(f->op.error.args[0].value, STR("overlap")));
	}
	place("N01", "proposed");
	op_forgive(&f->op);
	closing = closing_of(f, "N01");
	assert_int_equal(overlap_close(&f->op, &f->third, &closing), 0);
	assert_int_equal(move(f, &f->second, "N01", "appraised"), 0);
	assert_int_equal(move(f, &f->third, "N01", "approved"), 0);
}

/* A central platform that has been stopped, or was refused, keeps nobody from building. */
static void test_what_is_over_blocks_nobody(void **state)
{
	static const char *const over[] = { "stopped", "refused" };
	struct fixture *f = *state;

	central("N9");
	add(f, "N01");
	for (size_t i = 0; i < ARRAY_LEN(over); i++) {
		place("N9", over[i]);
		place("N01", "proposed");
		assert_int_equal(move(f, &f->second, "N01", "appraised"), 0);
		assert_int_equal(findings("N01", "central", "gone"), 1);
		place("N9", "operating");
		assert_int_equal(move(f, &f->third, "N01", "approved"), ERR_BLOCKED);
		assert_blocked_by(f, "overlap");
	}
}

/* Both were proposed before either was approved. */
static void test_of_two_proposals_one_is_built(void **state)
{
	struct fixture *f = *state;

	add(f, "N01");
	add(f, "N02");
	assert_int_equal(move(f, &f->second, "N01", "appraised"), 0);
	assert_int_equal(move(f, &f->second, "N02", "appraised"), 0);
	assert_int_equal(move(f, &f->third, "N01", "approved"), 0);
	assert_int_equal(move(f, &f->third, "N02", "approved"), ERR_BLOCKED);
	assert_blocked_by(f, "overlap");
	assert_int_equal(move(f, &f->admin, "N01", "building"), 0);
	/* The one that is not built any more is in nobody's way. */
	place("N01", "refused");
	assert_int_equal(move(f, &f->third, "N02", "approved"), 0);
}

struct mover {
	const struct principal *p;
	const char *code;
	int64_t version;
	int result;
};

static void *approve(void *arg)
{
	struct mover *m = arg;
	struct lifecycle_request request = { .platform = str_c(m->code), .to = STR("approved"), .version = m->version, .decision_no = STR("12/QĐ-UBND"),
		                                 .decision_on = STR("2026-01-05") };
	struct op op;

	do {
		gov_begin(&op, gov_server);
		m->result = lifecycle_move(&op, m->p, &request);
		gov_end(&op);
	} while (m->result == ERR_UNAVAILABLE);
	return NULL;
}

static void test_fifty_approvals_of_two_are_one(void **state)
{
	struct fixture *f = *state;
	struct mover movers[N_PARALLEL];
	int n_approved = 0;

	add(f, "N01");
	add(f, "N02");
	for (int round = 0; round < 5; round++) {
		n_approved = 0;
		place("N01", "appraised");
		place("N02", "appraised");
		for (int i = 0; i < N_PARALLEL; i++) {
			const char *code = i % 2 == 0 ? "N01" : "N02";

			movers[i] = (struct mover){ .p = i % 3 == 0 ? &f->second : &f->third, .code = code, .version = version_of(f, code) };
		}
		AT_ONCE(approve, movers);
		for (int i = 0; i < N_PARALLEL; i++) {
			n_approved += movers[i].result == 0;
			assert_true(movers[i].result == 0 || movers[i].result == ERR_PRECONDITION_FAILED || movers[i].result == ERR_BLOCKED);
		}
		assert_int_equal(n_approved, 1);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code IN ('N01', 'N02') AND state = 'approved'"), 1);
	}
}

struct editor {
	const struct principal *p;
	const char *code;
	int64_t version;
	int result;
};

static void *edit(void *arg)
{
	struct editor *e = arg;
	struct catalogue_entry entry = entry_for(e->code);
	struct op op;

	entry.description = str_c(e->code);
	gov_begin(&op, gov_server);
	e->result = catalogue_edit(&op, e->p, &entry, e->version);
	gov_end(&op);
	return NULL;
}

/* Each changes what the others are compared with: they take turns, none is thrown out. */
static void test_edits_of_many_at_once(void **state)
{
	struct fixture *f = *state;
	struct editor editors[20];
	char codes[20][8];

	for (size_t i = 0; i < ARRAY_LEN(editors); i++) {
		(void)snprintf(codes[i], sizeof(codes[i]), "N%02zu", i);
		add(f, codes[i]);
	}
	for (size_t i = 0; i < ARRAY_LEN(editors); i++)
		editors[i] = (struct editor){ .p = &f->admin, .code = codes[i], .version = version_of(f, codes[i]) };
	AT_ONCE(edit, editors);
	for (size_t i = 0; i < ARRAY_LEN(editors); i++)
		assert_int_equal(editors[i].result, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOGUING_TEST(test_entering_compares),
		CATALOGUING_TEST(test_no_investment_with_a_finding_open),
		CATALOGUING_TEST(test_what_is_over_blocks_nobody),
		CATALOGUING_TEST(test_of_two_proposals_one_is_built),
		CATALOGUING_TEST(test_fifty_approvals_of_two_are_one),
		CATALOGUING_TEST(test_edits_of_many_at_once),
	};

	return cmocka_run_group_tests(tests, cataloguing_create, gov_drop);
}
