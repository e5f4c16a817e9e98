/* The catalogue on PostgreSQL, with the rights of the server's role: entries, life cycle, gates, lists, roles. */
#include "server/governance/catalogue.h"

#include "server/governance/gates.h"
#include "server/governance/granting.h"
#include "server/governance/lifecycle_move.h"
#include "server/governance/platform_lists.h"
#include "server/governance/rollout.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>

#define N_PARALLEL 50

static const struct str tags[] = { STR("tiep-nhan"), STR("tra-ket-qua") };

/* annv administers the province; binhlt and phuongdt too; thuytt has every right in the ward 16690 only. */
struct fixture {
	struct op op;
	struct principal admin, second, third, ward;
};

static void give_scope(const char *employee, const char *unit)
{
	struct op op;
	char sql[1000];

	gov_begin(&op, gov_server);
	(void)snprintf(sql, sizeof(sql),
	               "UPDATE sen.account SET status = 'active' WHERE login = '%.*s';"
	               " INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, granted_by) SELECT a.id, gen_random_uuid(), u.id, s.rights,"
	               " s.account_id FROM sen.account a, sen.unit u, sen.admin_scope s WHERE a.login = '%.*s' AND u.code = '%s' AND s.granted_by IS NULL",
	               STR_ARG(gov_login(&op, employee)), STR_ARG(gov_login(&op, employee)), unit);
	side(sql);
	gov_end(&op);
}

static int create(_unused_ void **state)
{
	int r = gov_create("catalogue");

	give_scope("WA", "40");
	give_scope("VP", "40");
	give_scope("OTHER", "16690");
	return r;
}

static int set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.access_grant; DELETE FROM sen.platform_gate; DELETE FROM sen.reference_document; DELETE FROM sen.platform_transition;"
	     " DELETE FROM sen.platform_milestone; DELETE FROM sen.guidance_acknowledgement; DELETE FROM sen.platform_guidance;"
	     " DELETE FROM sen.platform_rollout; DELETE FROM sen.platform_list_entry; DELETE FROM sen.platform_list;"
	     " DELETE FROM sen.role WHERE platform_id IN (SELECT id FROM sen.platform WHERE code LIKE 'N%'); UPDATE sen.role SET retired_at = NULL, retired_by = NULL;"
	     " UPDATE sen.platform SET replaced_by = NULL; DELETE FROM sen.platform WHERE code LIKE 'N%';"
	     " UPDATE sen.platform SET state = 'operating', moved_by = NULL WHERE code = 'P02'; DELETE FROM sen.dirty_account");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	f->second = gov_principal(&f->op, "binhlt");
	f->third = gov_principal(&f->op, "phuongdt");
	f->ward = gov_principal(&f->op, "thuytt");
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

static struct catalogue_entry entry_for(const char *code)
{
	return (struct catalogue_entry){
		.code = str_c(code), .name = STR("Nền tảng thử nghiệm"), .kind = STR("provincial"), .managing_unit = STR("40"),
		.contact_name = STR("Nguyễn Văn An"), .description = STR("Quản lý cây xanh"), .functions = { tags, 2 }, .scopes = { tags, 1 },
		.expected_on = STR("2025-12-15"), .security_level = STR("3"), .target_scope = STR("all"),
	};
}

static void add(struct fixture *f, const char *code)
{
	struct catalogue_entry entry = entry_for(code);

	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), 0);
}

static int64_t version_of(struct fixture *f, const char *code)
{
	_json_ json_t *json = NULL;
	int64_t version;

	assert_int_equal(catalogue_get(&f->op, str_c(code), &json, &version), 0);
	return version;
}

static int move(struct fixture *f, const struct principal *p, const char *code, const char *to)
{
	struct lifecycle_request request = {
		.platform = str_c(code), .to = str_c(to), .version = version_of(f, code), .decision_no = STR("12/QĐ-UBND"), .decision_on = STR("2026-01-05"),
		.reason = STR("Theo kết luận"), .completed_on = STR("2026-01-06"), .replacement = STR("P03"),
	};

	op_forgive(&f->op);
	return lifecycle_move(&f->op, p, &request);
}

static void place(const char *code, const char *state)
{
	char sql[200];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.platform SET state = '%s', moved_by = NULL WHERE code = '%s'", state, code);
	side(sql);
}

static void assert_blocked_by(struct fixture *f, const char *names)
{
	assert_int_equal(f->op.error.code, ERR_BLOCKED);
	assert_str_equal(f->op.error.args[0].value, names);
}

static void test_entry(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");
	_json_ json_t *json = NULL;
	int64_t version, audited = side_i64("SELECT count(*) FROM sen.audit WHERE action IN ('platform.add', 'platform.edit')");

	add(f, "N01");
	assert_int_equal(catalogue_get(&f->op, STR("N01"), &json, &version), 0);
	assert_int_equal(version, 1);
	assert_str_equal(json_get_str(json, "state"), "proposed");
	assert_str_equal(json_get_str(json, "expected"), "12/2025");
	assert_str_equal(json_get_str(json, "expected_on"), "2025-12-01");
	assert_true(json_get_bool(json, "overdue", false));
	assert_false(json_get_bool(json, "verified", true));
	assert_str_equal(json_get_str(json_object_get(json, "gates"), "security"), "missing");
	/* Of two who saw the same, one is told. */
	entry.name = STR("Tên mới");
	assert_int_equal(catalogue_edit(&f->op, &f->second, &entry, version), 0);
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, version), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	/* A real date: no longer overdue. */
	entry.completed_on = STR("2026-02-01");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, version + 1), 0);
	assert_int_equal(side_i64("SELECT sen.platform_is_overdue(expected_on, completed_on, state)::int FROM sen.platform WHERE code = 'N01'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action IN ('platform.add', 'platform.edit')"), audited + 3);
	/* The code is taken. */
	assert_int_equal(catalogue_add(&f->op, &f->admin, &entry), ERR_CONFLICT);
}

static void test_who_may_write(void **state)
{
	static const struct {
		const char *kind, *unit;
		bool by_ward;
		int expected;
	} rows[] = {
		/* A commune never, neither as manager nor as administrator. */
		{ "provincial", "16690", false, ERR_OUT_OF_SCOPE },
		{ "provincial", "16681.VP", false, ERR_OUT_OF_SCOPE },
		{ "provincial", "16690", true, ERR_OUT_OF_SCOPE },
		{ "provincial", "40", true, ERR_OUT_OF_SCOPE },
		{ "central", "Bộ Công an", true, ERR_OUT_OF_SCOPE },
		{ "proposed", "16690", true, ERR_OUT_OF_SCOPE },
		/* Only a ministry is none of our units. */
		{ "provincial", "Bộ Công an", false, ERR_UNKNOWN_UNIT },
		{ "sector", "99999", false, ERR_UNKNOWN_UNIT },
		{ "central", "Bộ Công an", false, 0 },
		{ "sector", "40", false, 0 },
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < ARRAY_LEN(rows); i++) {
		char code[8];
		struct catalogue_entry entry;

		print_message("row %zu\n", i);
		(void)snprintf(code, sizeof(code), "N%zu", i);
		entry = entry_for(code);
		entry.kind = str_c(rows[i].kind);
		entry.managing_unit = str_c(rows[i].unit);
		op_forgive(&f->op);
		assert_int_equal(catalogue_add(&f->op, rows[i].by_ward ? &f->ward : &f->admin, &entry), rows[i].expected);
	}
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform WHERE code LIKE 'N%'"), 2);
}

/* An entry cannot be handed to a commune, nor written by somebody whose scope does not hold it. */
static void test_edit_beyond(void **state)
{
	struct fixture *f = *state;
	struct catalogue_entry entry = entry_for("N01");

	add(f, "N01");
	assert_int_equal(catalogue_edit(&f->op, &f->ward, &entry, 1), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	entry.managing_unit = STR("16690");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, 1), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	entry.code = STR("DIR");
	assert_int_equal(catalogue_edit(&f->op, &f->admin, &entry, 1), ERR_UNKNOWN_PLATFORM);
	/* What an import left with a commune is not for its administrator either. */
	side("UPDATE sen.platform SET managing_unit = '16690' WHERE code = 'N01'");
	op_forgive(&f->op);
	entry = entry_for("N01");
	assert_int_equal(catalogue_edit(&f->op, &f->ward, &entry, version_of(f, "N01")), ERR_OUT_OF_SCOPE);
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
	side("DROP INDEX sen.account_of_person;"
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
	pthread_t threads[N_PARALLEL];
	struct mover movers[N_PARALLEL];
	int n_moved = 0, n_told = 0;

	add(f, "N01");
	for (int i = 0; i < N_PARALLEL; i++)
		movers[i] = (struct mover){ .p = &f->second, .version = version_of(f, "N01") };
	for (int i = 0; i < N_PARALLEL; i++)
		assert_int_equal(pthread_create(&threads[i], NULL, move_once, &movers[i]), 0);
	for (int i = 0; i < N_PARALLEL; i++) {
		pthread_join(threads[i], NULL);
		n_moved += movers[i].result == 0;
		n_told += movers[i].result == ERR_PRECONDITION_FAILED;
	}
	assert_int_equal(n_moved, 1);
	assert_int_equal(n_told, N_PARALLEL - 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.platform_transition"), 1);
}

static struct str grant_on(struct fixture *f, const char *employee, const char *platform, const char *role)
{
	const struct granting_request request = { .employee_code = str_c(employee), .platform = str_c(platform), .role = str_c(role), .basis = STR("QĐ 1") };
	struct grant grant;
	bool added;

	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), 0);
	return grant.account_id;
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
	assert_int_equal(move(f, &f->second, "P02", "stopped"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE platform_id = (SELECT id FROM sen.platform WHERE code = 'P02')"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account WHERE prio = 0"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 2);
	/* The grants themselves stay as they were: who had what can still be said. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL"), 3);
}

static void test_editing_wakes_nobody(void **state)
{
	struct fixture *f = *state;

	(void)grant_on(f, "VP", "P02", "MC");
	side("DELETE FROM sen.dirty_account");
	side("UPDATE sen.platform SET contact_name = 'x', description = 'y' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account"), 0);
	side("UPDATE sen.platform SET name = name || '.' WHERE code = 'P02'");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.dirty_account WHERE prio = 1"), 1);
}

static void test_roles(void **state)
{
	struct fixture *f = *state;
	struct catalogue_role role = { .platform = STR("P02"), .code = STR("NMOI"), .name = STR("Vai trò mới"), .sensitivity = STR("normal") };
	const struct granting_request request = { .employee_code = STR("OTHER"), .platform = STR("P02"), .role = STR("NMOI"), .basis = STR("QĐ 1") };
	struct grant grant;
	int64_t n = 0, epoch;
	bool added;

	side("DELETE FROM sen.role WHERE code = 'NMOI'");
	assert_int_equal(catalogue_role_add(&f->op, &f->ward, &role), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(catalogue_role_add(&f->op, &f->admin, &role), 0);
	role.name = STR("Vai trò đổi tên");
	assert_int_equal(catalogue_role_edit(&f->op, &f->second, &role, 1), 0);
	assert_int_equal(catalogue_role_edit(&f->op, &f->admin, &role, 1), ERR_PRECONDITION_FAILED);
	op_forgive(&f->op);
	(void)grant_on(f, "VP", "P02", "NMOI");
	epoch = side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'");
	/* Not by accident over the heads of those who hold it. */
	assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 2, false, STR("Bỏ"), &n), ERR_BLOCKED);
	op_forgive(&f->op);
	assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 2, true, STR("Bỏ"), &n), 0);
	assert_int_equal(n, 1);
	assert_int_equal(side_i64("SELECT epoch FROM sen.account WHERE login = 'phuongdt'"), epoch + 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoke_reason = 'Bỏ'"), 1);
	assert_int_equal(granting_add(&f->op, &f->admin, &request, &grant, &added), ERR_UNKNOWN_ROLE);
	op_forgive(&f->op);
	assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 3, true, STR("Bỏ"), &n), ERR_WRONG_STATE);
}

struct granter {
	const struct principal *p;
	int result;
};

static void *grant_role(void *arg)
{
	const struct granting_request request = { .employee_code = STR("OTHER"), .platform = STR("P02"), .role = STR("NDUA"), .basis = STR("QĐ 1") };
	struct granter *g = arg;
	struct grant grant;
	struct op op;
	bool added;

	do {
		gov_begin(&op, gov_server);
		g->result = granting_add(&op, g->p, &request, &grant, &added);
		gov_end(&op);
	} while (g->result == ERR_UNAVAILABLE);
	return NULL;
}

/* Whoever comes first: no grant of a retired role is left. */
static void test_granting_while_retiring(void **state)
{
	struct fixture *f = *state;
	struct catalogue_role role = { .platform = STR("P02"), .code = STR("NDUA"), .name = STR("Vai trò"), .sensitivity = STR("normal") };

	for (int round = 0; round < 10; round++) {
		struct granter granter = { .p = &f->admin };
		pthread_t thread;
		int64_t n;

		side("DELETE FROM sen.access_grant; DELETE FROM sen.role WHERE code = 'NDUA'");
		op_forgive(&f->op);
		assert_int_equal(catalogue_role_add(&f->op, &f->admin, &role), 0);
		assert_int_equal(pthread_create(&thread, NULL, grant_role, &granter), 0);
		assert_int_equal(catalogue_role_retire(&f->op, &f->admin, &role, 1, true, STR("Bỏ"), &n), 0);
		pthread_join(thread, NULL);
		assert_true(granter.result == 0 || granter.result == ERR_UNKNOWN_ROLE || granter.result == ERR_INVALID_VALUE);
		assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE revoked_at IS NULL"), 0);
	}
	/* The database itself refuses, however it is asked. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.role WHERE code = 'NDUA' AND retired_at IS NOT NULL"), 1);
}

static int sign(struct fixture *f, const struct principal *p, int64_t id, int64_t version, const char *effective_on)
{
	const struct list_signature signature = { .decision_no = STR("9/QĐ-UBND"), .signed_on = STR("2026-01-01"), .signer = STR("Lê Hồng Vinh"), .effective_on = str_c(effective_on) };

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
	side("UPDATE sen.platform SET sector = '' WHERE code = 'P02'");
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
	assert_int_equal(guidance_acknowledge(&f->op, &f->admin, STR("N01"), first, STR("16681"), &added), ERR_WRONG_STATE);
	op_forgive(&f->op);
	assert_int_equal(guidance_report(&f->op, &f->admin, STR("N01"), second, true, STR_NULL, 10, &array), 0);
	assert_int_equal(json_array_size(array), 2);
	json_decref(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_entry, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_who_may_write, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_edit_beyond, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_from_proposal_to_approval, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_second_account_of_the_writer, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_gates, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_superseded_before_decision, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_fifty_transitions_are_one, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_closing_a_platform, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_editing_wakes_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_roles, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_granting_while_retiring, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_lists, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_rollout, set_up, tear_down),
		cmocka_unit_test_setup_teardown(test_guidance, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
