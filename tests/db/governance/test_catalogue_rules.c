/*
 * What the catalogue holds to, on PostgreSQL with the rights of the server's role: what an entry keeps once it was decided on, whose
 * documents a gate refers to, which platforms reach units, and each transition taken once.
 */
#include "server/governance/gates.h"
#include "server/governance/rollout.h"
#include "tests/db/governance/cataloguing.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50

static const char *const all_states[] = { "proposed", "appraised", "approved", "building", "completed", "deploying",
	                                      "operating", "reviewing", "replacing", "stopped", "refused" };

static int create(void **state)
{
	int r = cataloguing_create(state);

	gov_import("units", "code,name,kind,parent_code,valid_from\nSKHCN,Sở Khoa học và Công nghệ,department,40,2025-07-01\n"
	                    "42,Tỉnh Hà Tĩnh,province,,2025-07-01\n", NULL);
	return r;
}

static void place(const char *code, const char *state)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform SET state = '%s', moved_by = NULL WHERE code = '%s'", state, code);
	side(sql);
}

static int edit(struct fixture *f, const struct catalogue_entry *entry)
{
	op_forgive(&f->op);
	return catalogue_edit(&f->op, &f->admin, entry, version_of(f, arena_cstr(f->op.arena, entry->code)));
}

/* From which state an edit of the kind is refused. */
static void test_the_kind_stays(void **state)
{
	static const struct {
		const char *from, *to;
		const char *allowed[11];
	} rows[] = {
		{ "provincial", "central", { "proposed" } },
		{ "sector", "central", { "proposed" } },
		{ "proposed", "central", { "proposed" } },
		{ "central", "provincial", { "proposed" } },
		{ "central", "proposed", { "proposed" } },
		{ "provincial", "proposed", { "proposed", "appraised" } },
		/* What a proposal turns into is said before it is built. */
		{ "proposed", "provincial", { "proposed", "appraised", "approved", "refused", "building", "completed", "deploying", "operating", "reviewing", "replacing", "stopped" } },
		{ "provincial", "sector", { "proposed", "appraised", "approved", "refused", "building", "completed", "deploying", "operating", "reviewing", "replacing", "stopped" } },
	};
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");

	entry.owner = STR("Bộ Khoa học và Công nghệ");
	add_department();
	add(f, "N01");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		for (size_t s = 0; s < ARRAY_LEN(all_states); s++) {
			bool allowed = false;
			char sql[200];

			for (size_t k = 0; k < ARRAY_LEN(rows[i].allowed); k++)
				allowed = allowed || (rows[i].allowed[k] && str_equal(str_c(rows[i].allowed[k]), str_c(all_states[s])));
			(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform SET kind = '%s', state = '%s' WHERE code = 'N01'", rows[i].from, all_states[s]);
			side(sql);
			entry.kind = str_c(rows[i].to);
			entry.managing_unit = str_equal(entry.kind, STR("sector")) ? STR("NA-S01") : STR("40");
			print_message("%s -> %s in %s\n", rows[i].from, rows[i].to, all_states[s]);
			assert_int_equal(edit(f, &entry), allowed ? 0 : ERR_WRONG_STATE);
		}
	}
}

static void test_what_was_appraised_is_not_emptied(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry whole = entry_for("N01"), entry;

	add(f, "N01");
	for (int i = 0; i < 4; i++) {
		static const char *const fields[] = { "contact_name", "description", "functions", "scopes" };

		entry = whole;
		if (i == 0)
			entry.contact_name = STR_NULL;
		else if (i == 1)
			entry.description = STR_NULL;
		else if (i == 2)
			entry.functions = (struct str_list){ NULL, 0 };
		else
			entry.scopes = (struct str_list){ NULL, 0 };
		print_message("%s\n", fields[i]);
		place("N01", "proposed");
		assert_int_equal(edit(f, &entry), 0);
		assert_int_equal(edit(f, &whole), 0);
		place("N01", "operating");
		assert_int_equal(edit(f, &entry), ERR_INVALID_VALUE);
		assert_str_equal(f->op.error.args[0].value, fields[i]);
		/* It may be somebody else, and what never was there is not asked for. */
		entry = whole;
		entry.contact_name = STR("Trần Thị Thuỷ");
		assert_int_equal(edit(f, &entry), 0);
	}
	side("UPDATE sen.platform SET contact_name = '', functions = '{}' WHERE code = 'N01'");
	entry.contact_name = STR_NULL;
	entry.functions = (struct str_list){ NULL, 0 };
	assert_int_equal(edit(f, &entry), 0);
}

/* A day to come would silence what is overdue. */
static void test_completed_on_a_day_to_come(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");

	entry.completed_on = STR("2999-01-01");
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), ERR_INVALID_VALUE);
	op_forgive(&f->op);
	add(f, "N01");
	assert_int_equal(edit(f, &entry), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "completed_on");
	assert_int_equal(side_i64("SELECT sen.platform_is_overdue(expected_on, completed_on, state)::int FROM sen.platform WHERE code = 'N01'"), 1);
}

static int document(struct fixture *f, const char *unit, const char *code, const char *kind, const char *issued_on)
{
	struct reference_document d = { .unit = str_c(unit), .code = str_c(code), .kind = str_c(kind), .number = STR("4520/QĐ-UBND"),
		                            .title = STR("Khung kiến trúc số"), .issued_on = str_c(issued_on) };
	int64_t version, expired;

	op_forgive(&f->op);
	return document_add(&f->op, &f->third, &d, &version, &expired);
}

static int submit(struct fixture *f, const char *kind, const char *document, struct str *ret_id)
{
	struct gate_submission s = { .platform = STR("N01"), .kind = str_c(kind), .document = str_c(document), .item = STR("Thành phần 3") };

	op_forgive(&f->op);
	return gate_submit(&f->op, &f->second, &s, ret_id);
}

/* Somebody else's architecture says nothing about a platform of the province. */
static void test_whose_documents(void **state)
{
	struct fixture *f = *state;
	struct str id;

	add(f, "N01");
	assert_int_equal(document(f, "SKHCN", "KTSO", "architecture", "2026-01-01"), 0);
	assert_int_equal(document(f, "SKHCN", "KHSO", "strategy", "2026-01-01"), 0);
	assert_int_equal(document(f, "40", "KHTINH", "strategy", "2026-01-01"), 0);
	assert_int_equal(document(f, "42", "KTKHAC", "architecture", "2026-01-01"), ERR_OUT_OF_SCOPE);
	side("INSERT INTO sen.reference_document (unit_id, code, version, kind, number, title, issued_on, created_by) SELECT u.id, k.code, 1, k.kind, '1', 'x',"
	     " '2026-01-01', a.id FROM sen.unit u, sen.account a, (VALUES ('KTKHAC', 'architecture'), ('KHKHAC', 'strategy')) k (code, kind)"
	     " WHERE u.code = '42' AND a.login = 'annv'");
	assert_int_equal(submit(f, "architecture", "KTSO", &id), ERR_INVALID_VALUE);
	assert_int_equal(submit(f, "architecture", "KTKHAC", &id), ERR_INVALID_VALUE);
	assert_int_equal(submit(f, "strategy", "KHKHAC", &id), ERR_INVALID_VALUE);
	/* A plan of a department is not one for what the province manages; for its own it is, and so is the province's. */
	assert_int_equal(submit(f, "strategy", "KHSO", &id), ERR_INVALID_VALUE);
	side("UPDATE sen.platform SET managing_unit = 'SKHCN' WHERE code = 'N01'");
	assert_int_equal(submit(f, "strategy", "KHSO", &id), 0);
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, false, STR("Chưa đạt")), 0);
	assert_int_equal(submit(f, "strategy", "KHTINH", &id), 0);
	/* The department's architecture still is not. */
	assert_int_equal(submit(f, "architecture", "KTSO", &id), ERR_INVALID_VALUE);
	assert_int_equal(document(f, "40", "KTTINH", "architecture", "2026-01-01"), 0);
	assert_int_equal(submit(f, "architecture", "KTTINH", &id), 0);
}

/* A new architecture under another code replaces the old one, or does not come into force. */
static void test_one_architecture(void **state)
{
	struct reference_document next = { .unit = STR("40"), .code = STR("KT2"), .kind = STR("architecture"), .number = STR("9/QĐ-UBND"), .title = STR("Khung kiến trúc số 4.0"),
		                               .issued_on = STR("2026-02-01"), .replaces = STR("1"), .replaces_code = STR("KT1") };
	struct fixture *f = *state;
	int64_t version, expired;
	struct str id;

	add(f, "N01");
	assert_int_equal(document(f, "40", "KT1", "architecture", "2026-01-01"), 0);
	assert_int_equal(submit(f, "architecture", "KT1", &id), 0);
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, true, STR("Đạt")), 0);
	assert_int_equal(document(f, "40", "KT2", "architecture", "2026-02-01"), ERR_CONFLICT);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.gate_now WHERE state = 'passed'"), 1);
	op_forgive(&f->op);
	assert_int_equal(document_add(&f->op, &f->third, &next, &version, &expired), 0);
	assert_int_equal(version, 1);
	assert_int_equal(expired, 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.gate_now WHERE state = 'expired'"), 1);
	/* Other kinds may be several: there is more than one plan. */
	assert_int_equal(document(f, "40", "KH1", "strategy", "2026-01-01"), 0);
	assert_int_equal(document(f, "40", "KH2", "strategy", "2026-01-01"), 0);
}

struct issuer {
	const struct principal *p;
	char code[8];
	int result;
};

static void *issue(void *arg)
{
	struct issuer *i = arg;
	struct reference_document d = { .unit = STR("40"), .code = str_c(i->code), .kind = STR("architecture"), .number = STR("1"), .title = STR("x"), .issued_on = STR("2026-01-01") };
	int64_t version, expired;
	struct op op;

	do {
		gov_begin(&op, gov_server);
		i->result = document_add(&op, i->p, &d, &version, &expired);
		gov_end(&op);
	} while (i->result == ERR_UNAVAILABLE);
	return NULL;
}

static void test_fifty_architectures_are_one(void **state)
{
	struct fixture *f = *state;
	struct issuer issuers[N_PARALLEL];
	int n_issued = 0;

	for (int i = 0; i < N_PARALLEL; i++) {
		issuers[i] = (struct issuer){ .p = &f->third };
		(void)snprintf(issuers[i].code, sizeof(issuers[i].code), "KT%d", i);
	}
	AT_ONCE(issue, issuers);
	for (int i = 0; i < N_PARALLEL; i++) {
		n_issued += issuers[i].result == 0;
		assert_true(issuers[i].result == 0 || issuers[i].result == ERR_CONFLICT);
	}
	assert_int_equal(n_issued, 1);
}

static void test_days_that_can_be_true(void **state)
{
	struct fixture *f = *state;
	struct gate_submission s = { .platform = STR("N01"), .kind = STR("security"), .approval_no = STR("7/QĐ"), .approval_on = STR("2999-01-01"), .checked_on = STR("2026-01-01") };
	struct str id;

	add(f, "N01");
	assert_int_equal(document(f, "40", "KT1", "architecture", "2999-01-01"), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "issued_on");
	op_forgive(&f->op);
	assert_int_equal(gate_submit(&f->op, &f->second, &s, &id), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "approval_on");
	op_forgive(&f->op);
	s.approval_on = STR("2026-01-01");
	s.checked_on = STR("2999-01-01");
	assert_int_equal(gate_submit(&f->op, &f->second, &s, &id), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "checked_on");
	op_forgive(&f->op);
	s.checked_on = STR("2026-02-01");
	assert_int_equal(gate_submit(&f->op, &f->second, &s, &id), 0);
}

/* Three gates stand before deployment: nothing that has not passed them reaches a unit. */
static void test_which_platforms_reach_units(void **state)
{
	static const char *const reaching[] = { "deploying", "operating", "reviewing" };
	struct fixture *f = *state;
	struct rollout_cell done = { .platform = STR("N01"), .unit = STR("16690"), .state = STR("done"), .done_on = STR("2026-02-01") };
	struct rollout_cell begun = { .platform = STR("N01"), .unit = STR("16690"), .state = STR("in_progress"), .started_on = STR("2026-02-01") };
	struct rollout_cell planned = { .platform = STR("N01"), .unit = STR("16690"), .state = STR("planned") };

	add(f, "N01");
	for (size_t i = 0; i < ARRAY_LEN(all_states); i++) {
		bool reaches = false;
		int64_t version = 0;

		for (size_t k = 0; k < ARRAY_LEN(reaching); k++)
			reaches = reaches || str_equal(str_c(reaching[k]), str_c(all_states[i]));
		print_message("%s\n", all_states[i]);
		place("N01", all_states[i]);
		side("DELETE FROM sen.platform_rollout");
		op_forgive(&f->op);
		assert_int_equal(rollout_set(&f->op, &f->ward, &done, 0, &version), reaches ? 0 : ERR_WRONG_STATE);
		side("DELETE FROM sen.platform_rollout");
		op_forgive(&f->op);
		assert_int_equal(rollout_set(&f->op, &f->ward, &planned, 0, &version), 0);
		assert_int_equal(rollout_set(&f->op, &f->admin, &begun, version, &version), reaches ? 0 : ERR_WRONG_STATE);
	}
	place("N01", "operating");
	side("DELETE FROM sen.platform_rollout");
	done.done_on = STR("2999-01-01");
	op_forgive(&f->op);
	assert_int_equal(rollout_set(&f->op, &f->ward, &done, 0, &(int64_t){ 0 }), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "done_on");
	begun.started_on = STR("2999-01-01");
	op_forgive(&f->op);
	assert_int_equal(rollout_set(&f->op, &f->ward, &begun, 0, &(int64_t){ 0 }), ERR_INVALID_VALUE);
	assert_str_equal(f->op.error.args[0].value, "started_on");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOGUING_TEST(test_the_kind_stays),
		CATALOGUING_TEST(test_what_was_appraised_is_not_emptied),
		CATALOGUING_TEST(test_completed_on_a_day_to_come),
		CATALOGUING_TEST(test_whose_documents),
		CATALOGUING_TEST(test_one_architecture),
		CATALOGUING_TEST(test_fifty_architectures_are_one),
		CATALOGUING_TEST(test_days_that_can_be_true),
		CATALOGUING_TEST(test_which_platforms_reach_units),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
