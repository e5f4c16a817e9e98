/* The life of a platform on PostgreSQL, with the rights of the server's role: from proposal to its end, and the gates on the way. */
#include "server/governance/gates.h"
#include "server/governance/lifecycle_move.h"
#include "server/governance/rollout.h"
#include "tests/db/governance/cataloguing.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define N_PARALLEL 50

static void place(const char *code, const char *state)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform SET state = '%s', moved_by = NULL WHERE code = '%s'", state, code);
	side(sql);
}

static void test_from_proposal_to_approval(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");

	entry.contact_name = STR_NULL;
	entry.functions = (struct str_list){ NULL, 0 };
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
	assert_int_equal(move(f, &f->second, "N01", "appraised"), ERR_BLOCKED);
	assert_blocked_by(f, "manager, tags");
	op_forgive(&f->op);
	entry = entry_for("N01");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, version_of(f, "N01")), 0);
	/* Who wrote it does not appraise it, who appraised it does not approve it. */
	assert_int_equal(move(f, &f->admin, "N01", "appraised"), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->ward, "N01", "appraised"), ERR_OUT_OF_SCOPE);
	assert_int_equal(move(f, &f->second, "N01", "operating"), ERR_WRONG_STATE);
	assert_int_equal(move(f, &f->second, "N01", "appraised"), 0);
	assert_int_equal(move(f, &f->second, "N01", "approved"), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->third, "N01", "approved"), 0);
	assert_int_equal(move(f, &f->admin, "N01", "building"), 0);
	assert_int_equal(move(f, &f->admin, "N01", "completed"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'N01' AND completed_on = '2026-01-06'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_transition WHERE decision_no = '12/QĐ-UBND'"), 4);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'platform.move' AND object = 'N01'"), 4);
}

/* The same person by another account is the same person. */
static void test_second_account_of_the_writer(void **state)
{
	struct fixture *f = *state;
	struct principal shadow = f->second;

	add(f, "N01");
	/* A scope rests on a post of its holder: this one on none. */
	side("DROP INDEX sen.account_of_person; UPDATE sen.admin_scope SET post_id = NULL WHERE account_id = (SELECT id FROM sen.account WHERE login = 'binhlt');"
	     " UPDATE sen.account SET person_id = (SELECT person_id FROM sen.account WHERE login = 'annv') WHERE login = 'binhlt'");
	assert_int_equal(move(f, &shadow, "N01", "appraised"), ERR_FOUR_EYES);
	side("UPDATE sen.account SET person_id = (SELECT id FROM sen.person WHERE employee_code = 'WA') WHERE login = 'binhlt';"
	     " CREATE UNIQUE INDEX account_of_person ON sen.account (person_id, kind) WHERE kind IN ('operational', 'administrator')");
	assert_int_equal(move(f, &f->second, "N01", "appraised"), 0);
}

static void submit(struct fixture *f, const char *kind, const char *document, struct str *ret_id)
{
	struct gate_submission s = { .platform = STR("N01"), .kind = str_c(kind), .document = document ? str_c(document) : STR_NULL, .item = STR("Thành phần 3") };

	if (str_equal(s.kind, STR("security"))) {
		s.approval_no = STR("77/QĐ-STTTT");
		s.approval_on = STR("2026-01-01");
		s.checked_on = STR("2026-02-01");
	}
	assert_int_equal(gate_submit(&f->op, &f->second, &s, ret_id), 0);
}

static void document(struct fixture *f, const char *code, const char *kind, const char *replaces)
{
	struct reference_document d = { .unit = STR("40"), .code = str_c(code), .kind = str_c(kind), .number = STR("4520/QĐ-UBND"),
		                            .title = STR("Khung kiến trúc số tỉnh Nghệ An"), .issued_on = STR("2025-12-31"),
		                            .replaces = replaces ? str_c(replaces) : STR_NULL };
	int64_t version, expired;

	assert_int_equal(document_add(&f->op, &f->third, &d, &version, &expired), 0);
}

static void pass_gate(struct fixture *f, const char *kind, const char *code)
{
	struct str id;

	submit(f, kind, code, &id);
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, true, STR("Đạt")), 0);
}

static void ready_but_for_gates(struct fixture *f)
{
	const struct milestone milestone = { .name = STR("Triển khai 130 xã"), .due_on = STR("2026-12-31"), .responsible = STR("Lê Thị Bình") };
	const struct guidance guidance = { .platform = STR("N01"), .code = STR("HD1"), .kind = STR("document"), .title = STR("Hướng dẫn"), .url = STR("https://x.example/") };
	struct str id;
	int64_t version;

	add(f, "N01");
	place("N01", "completed");
	assert_int_equal(catalogue_plan_set(&f->op, &f->admin, STR("N01"), version_of(f, "N01"), &milestone, 1), 0);
	assert_int_equal(guidance_publish(&f->op, &f->admin, &guidance, &id, &version), 0);
}

static void test_gates(void **state)
{
	struct fixture *f = *state;
	struct str id;

	ready_but_for_gates(f);
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), ERR_BLOCKED);
	assert_blocked_by(f, "gate_architecture, gate_strategy, gate_security");
	op_forgive(&f->op);
	document(f, "KIENTRUC", "architecture", NULL);
	document(f, "KEHOACH", "strategy", NULL);
	submit(f, "architecture", "KIENTRUC", &id);
	/* Submitted is not passed; nobody passes what they submitted, nor what they drew up; once. */
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), ERR_BLOCKED);
	op_forgive(&f->op);
	assert_int_equal(gate_decide(&f->op, &f->second, STR("N01"), id, true, STR("Đạt")), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(gate_decide(&f->op, &f->admin, STR("N01"), id, true, STR("Đạt")), ERR_FOUR_EYES);
	op_forgive(&f->op);
	assert_int_equal(gate_decide(&f->op, &f->ward, STR("N01"), id, true, STR("Đạt")), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, true, STR("Đạt")), 0);
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, false, STR("Không")), ERR_WRONG_STATE);
	op_forgive(&f->op);
	pass_gate(f, "strategy", "KEHOACH");
	pass_gate(f, "security", NULL);
	/* A new version of the architecture expires what referred to the old one. */
	document(f, "KIENTRUC", "architecture", "1");
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), ERR_BLOCKED);
	assert_blocked_by(f, "gate_architecture");
	op_forgive(&f->op);
	pass_gate(f, "architecture", "KIENTRUC");
	/* So does another level than the one that was approved, and a date. */
	side("UPDATE sen.platform SET security_level = 4 WHERE code = 'N01'");
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), ERR_BLOCKED);
	assert_blocked_by(f, "gate_security");
	side("UPDATE sen.platform SET security_level = 3 WHERE code = 'N01'; UPDATE sen.platform_gate SET valid_to = sen.today() WHERE kind = 'strategy'");
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), ERR_BLOCKED);
	assert_blocked_by(f, "gate_strategy");
	side("UPDATE sen.platform_gate SET valid_to = sen.today() + 1 WHERE kind = 'strategy'");
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), 0);
	assert_int_equal(move(f, &f->admin, "N01", "operating"), ERR_BLOCKED);
	assert_blocked_by(f, "rollout");
}

/* What was superseded between submission and decision is not passed; a kind waits for one decision at a time. */
static void test_superseded_before_decision(void **state)
{
	struct fixture *f = *state;
	struct gate_submission again = { .platform = STR("N01"), .kind = STR("architecture"), .document = STR("KIENTRUC"), .item = STR("x") };
	struct reference_document stale = { .unit = STR("40"), .code = STR("KIENTRUC"), .kind = STR("architecture"), .number = STR("1"), .title = STR("x"),
		                                .issued_on = STR("2026-01-01"), .replaces = STR("1") };
	struct str id, other;
	int64_t version, expired;

	add(f, "N01");
	document(f, "KIENTRUC", "architecture", NULL);
	submit(f, "architecture", "KIENTRUC", &id);
	assert_int_equal(gate_submit(&f->op, &f->second, &again, &other), ERR_CONFLICT);
	op_forgive(&f->op);
	document(f, "KIENTRUC", "architecture", "1");
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, true, STR("Đạt")), ERR_BLOCKED);
	op_forgive(&f->op);
	assert_int_equal(gate_decide(&f->op, &f->third, STR("N01"), id, false, STR("Văn bản cũ")), 0);
	/* Who has not seen that there is a newer one does not replace it; a first version there is once. */
	assert_int_equal(document_add(&f->op, &f->third, &stale, &version, &expired), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	stale.replaces = STR_NULL;
	assert_int_equal(document_add(&f->op, &f->third, &stale, &version, &expired), ERR_CONFLICT);
	op_forgive(&f->op);
	stale.code = STR("KHAC");
	assert_int_equal(document_add(&f->op, &f->ward, &stale, &version, &expired), ERR_OUT_OF_SCOPE);
}

struct mover {
	const struct principal *p;
	int64_t version;
	int result;
};

/* A machine that is too busy to connect in time has done nothing: once more. */
static void *move_once(void *arg)
{
	struct mover *m = arg;
	struct lifecycle_request request = { .platform = STR("N01"), .to = STR("appraised"), .version = m->version };
	struct op op;

	do {
		gov_begin(&op, gov_server);
		m->result = lifecycle_move(&op, m->p, &request);
		gov_end(&op);
	} while (m->result == ERR_UNAVAILABLE);
	return NULL;
}

static void test_fifty_transitions_are_one(void **state)
{
	struct fixture *f = *state;
	struct mover movers[N_PARALLEL];
	int n_moved = 0, n_told = 0;

	add(f, "N01");
	for (int i = 0; i < N_PARALLEL; i++)
		movers[i] = (struct mover){ .p = &f->second, .version = version_of(f, "N01") };
	AT_ONCE(move_once, movers);
	for (int i = 0; i < N_PARALLEL; i++) {
		n_moved += movers[i].result == 0;
		n_told += movers[i].result == ERR_PRECONDITION_FAILED;
	}
	assert_int_equal(n_moved, 1);
	assert_int_equal(n_told, N_PARALLEL - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_transition"), 1);
}

/* Accounts may exist from completed to replacing, in no other state. */
static void test_which_states_are_open(void **state)
{
	static const struct {
		const char *name;
		bool is_open;
	} rows[] = {
		{ "proposed", false }, { "appraised", false }, { "approved", false }, { "building", false }, { "completed", true }, { "deploying", true },
		{ "operating", true }, { "reviewing", true }, { "replacing", true }, { "stopped", false }, { "refused", false },
	};
	struct fixture *f = *state;

	(void)grant_on(f, "VP", "P02", "MC");
	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char sql[120];

		print_message("%s\n", rows[i].name);
		(void)snprintf(sql, sizeof(sql), "SELECT sen.platform_is_open('%s')::int", rows[i].name);
		assert_int_equal(side_i64(sql), rows[i].is_open);
		place("P02", rows[i].name);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant g JOIN sen.platform p ON p.id = g.platform_id WHERE p.code = 'P02'"), rows[i].is_open);
	}
}

static void assert_moved(const char *code, const char *from, const char *to)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.platform p JOIN sen.platform_transition t ON t.platform_id = p.id"
	                                 " WHERE p.code = '%s' AND p.state = '%s' AND t.from_state = '%s' AND t.to_state = '%s'", code, to, from, to);
	assert_int_equal(side_i64(sql), 1);
}

/* The transitions that no other test takes, with what each asks of the database. */
static void test_in_operation_and_under_review(void **state)
{
	struct fixture *f = *state;
	struct rollout_cell cell = { .platform = STR("N01"), .unit = STR("16690"), .state = STR("in_progress"), .started_on = STR("2026-01-01") };
	int64_t version;

	add(f, "N01");
	place("N01", "deploying");
	assert_int_equal(rollout_set(&f->op, &f->ward, &cell, 0, &version), 0);
	assert_int_equal(move(f, &f->admin, "N01", "operating"), ERR_BLOCKED);
	assert_blocked_by(f, "rollout");
	op_forgive(&f->op);
	cell.state = STR("done");
	cell.done_on = STR("2026-02-01");
	assert_int_equal(rollout_set(&f->op, &f->ward, &cell, version, &version), 0);
	assert_int_equal(move(f, &f->ward, "N01", "operating"), ERR_OUT_OF_SCOPE);
	assert_int_equal(move(f, &f->admin, "N01", "operating"), 0);
	assert_moved("N01", "deploying", "operating");
	assert_int_equal(move(f, &f->admin, "N01", "reviewing"), 0);
	assert_moved("N01", "operating", "reviewing");
	assert_int_equal(move(f, &f->admin, "N01", "operating"), 0);
	assert_moved("N01", "reviewing", "operating");
	assert_int_equal(move(f, &f->admin, "N01", "deploying"), ERR_WRONG_STATE);
}

static void test_refused(void **state)
{
	static const char *const from[] = { "proposed", "appraised" };
	struct fixture *f = *state;

	add(f, "N01");
	for (size_t i = 0; i < ARRAY_LEN(from); i++) {
		place("N01", from[i]);
		assert_int_equal(move(f, &f->admin, "N01", "refused"), ERR_FOUR_EYES);
		assert_int_equal(move(f, &f->second, "N01", "refused"), 0);
		assert_moved("N01", from[i], "refused");
		assert_int_equal(move(f, &f->second, "N01", "proposed"), ERR_WRONG_STATE);
		side("DELETE FROM sen.platform_transition");
	}
}

/* A ministry has decided and built it: the province appraises that there is one; of its own it does not. */
static void test_central_is_completed_elsewhere(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");

	entry.kind = STR("central");
	entry.managing_unit = STR("Bộ Công an");
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
	assert_int_equal(move(f, &f->admin, "N01", "completed"), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->ward, "N01", "completed"), ERR_OUT_OF_SCOPE);
	assert_int_equal(move(f, &f->second, "N01", "completed"), 0);
	assert_moved("N01", "proposed", "completed");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'N01' AND completed_on = '2026-01-06'"), 1);
	entry = entry_for("N02");
	entry.description = STR("Sổ thú y");
	entry.functions = (struct str_list){ NULL, 0 };
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
	assert_int_equal(move(f, &f->second, "N02", "completed"), ERR_WRONG_STATE);
}

/* The outlook says when all is there, and it still is for somebody else. */
static void test_outlook_says_another_person(void **state)
{
	struct fixture *f = *state;
	json_t *array;

	add(f, "N01");
	for (int i = 0; i < 2; i++) {
		assert_int_equal(lifecycle_outlook(&f->op, i == 0 ? &f->admin : &f->second, STR("N01"), &array), 0);
		assert_str_equal(json_get_str(json_array_get(array, 0), "to"), "appraised");
		assert_int_equal(json_get_bool(json_array_get(array, 0), "another_person", i == 1), i == 0);
		assert_int_equal(json_get_bool(json_array_get(array, 0), "allowed", i == 0), i == 1);
		assert_int_equal(json_array_size(json_object_get(json_array_get(array, 0), "missing")), 0);
		json_decref(array);
	}
}

/* Closing: grants stop counting, the planner is told first of all about each account, and nobody else is woken. */
static void test_closing_a_platform(void **state)
{
	struct fixture *f = *state;

	(void)grant_on(f, "VP", "P02", "MC");
	(void)grant_on(f, "OTHER", "P02", "TK");
	(void)grant_on(f, "WA", "P03", "ND");
	side("UPDATE sen.platform SET state = 'reviewing' WHERE code = 'P02'; DELETE FROM sen.dirty_account");
	assert_int_equal(move(f, &f->admin, "P02", "replacing"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code = 'P02' AND replaced_by = (SELECT id FROM sen.platform WHERE code = 'P03')"), 1);
	/* Still open: as before, and nobody is woken. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE platform_id = (SELECT id FROM sen.platform WHERE code = 'P02')"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	assert_int_equal(move(f, &f->admin, "P02", "stopped"), ERR_FOUR_EYES);
	/* Not over the heads of who still works there; given up and stopped outright it may be. */
	assert_int_equal(move(f, &f->second, "P02", "stopped"), ERR_BLOCKED);
	assert_blocked_by(f, "carried");
	assert_int_equal(move(f, &f->admin, "P02", "reviewing"), ERR_FOUR_EYES);
	assert_int_equal(move(f, &f->second, "P02", "reviewing"), 0);
	assert_int_equal(move(f, &f->admin, "P02", "stopped"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE platform_id = (SELECT id FROM sen.platform WHERE code = 'P02')"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account WHERE prio = 0"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 2);
	/* The grants themselves stay as they were: who had what can still be said. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL"), 3);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		CATALOGUING_TEST(test_from_proposal_to_approval),
		CATALOGUING_TEST(test_second_account_of_the_writer),
		CATALOGUING_TEST(test_gates),
		CATALOGUING_TEST(test_superseded_before_decision),
		CATALOGUING_TEST(test_fifty_transitions_are_one),
		CATALOGUING_TEST(test_which_states_are_open),
		CATALOGUING_TEST(test_in_operation_and_under_review),
		CATALOGUING_TEST(test_refused),
		CATALOGUING_TEST(test_central_is_completed_elsewhere),
		CATALOGUING_TEST(test_outlook_says_another_person),
		CATALOGUING_TEST(test_closing_a_platform),
	};

	return cmocka_run_group_tests(tests, cataloguing_create, gov_drop);
}
