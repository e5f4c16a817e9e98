/*
 * Request forms against PostgreSQL: numbers without gaps whoever asks at once, one open form, a confirmation that settles
 * nothing newer, the officer's right, four eyes.
 */
#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "tests/db/formdb.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define CROWD 50

struct one {
	struct arena *arena;
	struct desired d;
	struct form_asked asked;
};

static void *ask_alone(void *arg)
{
	struct one *one = arg;

	one->asked = form_ask_for(one->arena, &one->d, 1, MC);
	return NULL;
}

static void fifty_at_once(struct arena *a)
{
	static struct one crowd[CROWD];

	for (int i = 0; i < CROWD; i++) {
		char login[10];

		snprintf(login, sizeof(login), "nv%d", i + 1);
		crowd[i].arena = arena_new(UNIT_ARENA_BYTES / 8);
		crowd[i].d = form_want(a, arena_cstr(a, arena_dup_c(a, login)), true);
	}
	AT_ONCE(ask_alone, crowd);
	for (int i = 0; i < CROWD; i++)
		arena_free(crowd[i].arena);
}

static void fifty_at_once_get_lines_without_gaps(void **state)
{
	fifty_at_once(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE state = 'waiting'"), CROWD);
	assert_int_equal(side_i64("SELECT count(DISTINCT account_id) FROM sen.form_line"), CROWD);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form WHERE closed_at IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form WHERE number = 1 AND close_reason = 'size' AND n_lines = 40 AND due_at > now()"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form f WHERE n_lines <> (SELECT count(*) FROM sen.form_line l WHERE l.number = f.number)"
	                          " OR n_lines <> (SELECT max(line) FROM sen.form_line l WHERE l.number = f.number)"), 0);
	/* Asked again, nothing is written. */
	fifty_at_once(*state);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line"), CROWD);
}

static void a_newer_state_rewrites_the_line_while_the_form_is_open(void **state)
{
	struct form_asked first = ask_on(*state, "nv1", 1, MC), second = ask_on(*state, "nv1", 2, "");

	assert_int_equal(first.answer, FORM_WAITING);
	assert_int_equal(second.line, first.line);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE gen = 2 AND sen.form_role_codes(document) = ''"), 1);
	/* Never asked, never created: nothing is left to do. */
	assert_int_equal(ask_off(*state, "nv1", 3).answer, FORM_ABSENT);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE state = 'void'"), 1);
	assert_int_equal(ask_on(*state, "nv1", 4, MC).line, 2);
}

static void once_paper_is_out_the_new_line_names_the_old(void **state)
{
	struct form_asked first = ask_on(*state, "nv1", 1, MC), second;

	close_now(1);
	side("UPDATE sen.binding SET want_gen = 2, state = 9, want_hash = md5('2')::uuid WHERE account_id = " OF("nv1"));
	second = ask_off(*state, "nv1", 2);
	assert_int_equal(second.number, first.number + 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE number = 2 AND operation = 'disable' AND replaces = '{1,1}' AND urgent_since IS NOT NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE number = 1 AND state = 'replaced'"), 1);
	/* The officer had carried out the old paper: known, but it settles nothing newer. */
	decided("canbo", 1, "1", "done", "ok");
	assert_int_equal(side_i64("SELECT state " BINDING("nv1")), 9);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND seen_active AND seen_gen = 1"), 1);
	close_now(2);
	decided("canbo", 2, "1", "done", "ok");
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 0 AND NOT seen_active AND seen_gen = 2 AND seen_hash = want_hash"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form WHERE settled_at IS NOT NULL"), 2);
	/* Old paper that turns up after that says nothing. */
	decided("canbo", 1, "1", "done", "lines");
}

static void what_newer_paper_overtook_cannot_be_confirmed(void **state)
{
	ask_on(*state, "nv1", 1, MC);
	close_now(1);
	side("UPDATE sen.binding SET want_gen = 2, want_hash = md5('2')::uuid WHERE account_id = " OF("nv1"));
	ask_off(*state, "nv1", 2);
	close_now(2);
	decided("canbo", 2, "1", "done", "ok");
	decided("canbo", 1, "1", "done", "lines");
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 0 AND NOT seen_active"), 1);
}

#define AUDITED "SELECT count(*) FROM sen.audit WHERE action = 'platform_account.create' AND data ->> 'form' = '1'"

static void a_confirmation_settles_the_binding_before_the_worker_has_written(void **state)
{
	const struct work work = { .account_id = id_of(*state, "nv1"), .platform_id = FORM_PLATFORM, .gen = 1, .lease_token = 0 };
	const struct result handed_on = { .outcome = OUTCOME_WAITING, .verdict = VERDICT_HANDED_ON, .op = "create" };
	struct completion done = { .work = &work, .result = &handed_on, .task_id = STR("test") };
	int64_t n_audited = side_i64(AUDITED);
	struct op op;

	ask_on(*state, "nv1", 1, MC);
	close_now(1);
	decided("canbo", 1, "1", "done", "ok");
	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(completion_add(&op, &done, 1), 0);
	db_op_done(&op);
	assert_true(done.was_fenced);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 0 AND seen_hash = want_hash AND ext_id = 'nv1'"), 1);
	assert_int_equal(side_i64(AUDITED), n_audited + 1);
	assert_int_equal(ask_on(*state, "nv1", 1, MC).answer, FORM_IS_SO);
}

static void what_is_handed_on_waits_without_tries(void **state)
{
	const struct work work = { .account_id = id_of(*state, "nv1"), .platform_id = FORM_PLATFORM, .gen = 1, .lease_token = 0 };
	const struct result handed_on = { .outcome = OUTCOME_WAITING, .verdict = VERDICT_HANDED_ON, .op = "create",
		                          .fault = { "form", STR("chờ phiếu 1, dòng 1"), -1 } };
	struct completion done = { .work = &work, .result = &handed_on, .task_id = STR("test") };
	const struct work *claimed;
	struct op op;
	size_t n;

	op_init(&op, *state, migrated_db, NULL);
	assert_int_equal(completion_add(&op, &done, 1), 0);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 9 AND tries = 0"), 1);
	assert_int_equal(binding_claim(&op, &(struct claim){ FORM_PLATFORM, 100, 60, INT16_MAX, false }, &claimed, &n), 0);
	assert_int_equal(n, 0);
	db_op_done(&op);
	side("DELETE FROM sen.op_log");
}

static void only_the_officer_confirms_and_nobody_of_two_eyes(void **state)
{
	ask_on(*state, "nv1", 1, MC);
	ask_on(*state, "nv2", 1, MC);
	decided("canbo", 1, "1", "done", "open");
	close_now(1);
	decided("canbo", 7, "1", "done", "unknown");
	decided("lanhdao", 1, "1", "done", "officer");
	decided("canbo", 1, "1,3", "done", "lines");
	decided("canbo", 1, "", "done", "lines");
	side("INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	     " VALUES (" OF("nv1") ", gen_random_uuid(), 1, 1, 'QĐ', now(), " OFFICER ")");
	decided("canbo", 1, "1,2", "done", "four_eyes");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE state = 'waiting'"), 2);
	decided("canbo", 1, "2", "done", "ok");
	/* Whoever lost the right is the officer no more. */
	side("UPDATE sen.admin_scope SET revoked_at = now() WHERE account_id = " OFFICER);
	decided("canbo", 1, "1", "done", "officer");
	side("UPDATE sen.admin_scope SET revoked_at = NULL, platform_id = 8 WHERE account_id = " OFFICER);
	decided("canbo", 1, "1", "done", "officer");
}

static void a_refusal_blocks_with_its_note_until_asked_again(void **state)
{
	struct form_asked asked;

	ask_on(*state, "nv1", 1, MC);
	close_now(1);
	decided("canbo", 1, "1", "refused", "ok");
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 5 AND err_class = 'refused' AND err_detail = 'lý do'"), 1);
	asked = ask_on(*state, "nv1", 1, MC);
	assert_int_equal(asked.answer, FORM_REFUSED);
	assert_str_equal(asked.note, "lý do");
	decided("canbo", 1, "1", "again", "ok");
	assert_int_equal(side_i64("SELECT state " BINDING("nv1")), 1);
	assert_int_equal(ask_on(*state, "nv1", 1, MC).answer, FORM_WAITING);
	/* Another state is another question. */
	close_now(2);
	decided("canbo", 2, "1", "refused", "ok");
	assert_int_equal(ask_on(*state, "nv1", 2, "").answer, FORM_WAITING);
}

/* nv1 … nv10, each asked to be off in generation 1, and then with a binding of a state of its own. */
static void ten_in_states(struct arena *a)
{
	side("INSERT INTO sen.form_account (platform_id, account_id, login, active, source, seen_by) SELECT 9, id, login, true, 'officer', " OFFICER
	     " FROM sen.account WHERE login ~ '^nv[0-9]+$'; UPDATE sen.binding SET want_active = false; DELETE FROM sen.access_proof");
	for (int i = 1; i <= 10; i++)
		ask_off(a, arena_cstr(a, arena_printf(a, "nv%d", i)), 1);
	close_now(1);
	side("UPDATE sen.binding b SET state = a.n - 1, seen_active = true, due_at = now() + interval '1 h',"
	     " ext_id = CASE WHEN a.login <> 'nv9' THEN a.login END, hold_id = CASE WHEN a.login = 'nv7' THEN 5 END,"
	     " delete_at = CASE WHEN a.login IN ('nv7', 'nv8', 'nv9') THEN now() + interval '30 days' END"
	     " FROM (SELECT id, login, n FROM sen.account JOIN generate_series(1, 10) n ON login = 'nv' || n) a WHERE a.id = b.account_id");
}

#define STATE_OF "(SELECT b.state FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE b.platform_id = 9 AND a.login = 'nv'"

static void expect_states(struct arena *a, const int *states)
{
	for (int i = 1; i <= 10; i++) {
		int64_t is = side_i64(arena_printf(a, "SELECT " STATE_OF " || '%d')", i).p);

		if (is != states[i - 1])
			fail_msg("the binding that was in state %d is in %ld, not in %d", i - 1, (long)is, states[i - 1]);
	}
}

/* IDLE DUE LEASED IN_DOUBT RETRY BLOCKED HELD GRACE GONE WAITING */
static void a_confirmation_settles_what_nobody_else_holds(void **state)
{
	static const int after[] = { 0, 0, 0, 0, 0, 0, 6, 7, 8, 0 };

	ten_in_states(*state);
	decided("canbo", 1, "1,2,3,4,5,6,7,8,9,10", "done", "ok");
	expect_states(*state, after);
	/* What it says is known, in each of them; what was deleted has no identifier again. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE NOT seen_active AND seen_hash = want_hash AND (ext_id IS NULL) = (state = 8)"), 10);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 6 AND hold_id = 5 AND due_at IS NOT NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_proof WHERE kind = 'confirmed' AND what = 'inactive' AND took_down AND gen = 1"
	                          " AND operation_id LIKE 'form 1 line %' AND ext_id LIKE 'nv%'"), 10);
}

static void a_refusal_blocks_what_nobody_else_holds(void **state)
{
	static const int refused[] = { 0, 5, 5, 5, 5, 5, 6, 7, 8, 5 }, again[] = { 0, 1, 1, 1, 1, 1, 6, 7, 8, 1 };

	ten_in_states(*state);
	decided("canbo", 1, "1,2,3,4,5,6,7,8,9,10", "refused", "ok");
	expect_states(*state, refused);
	decided("canbo", 1, "1,2,3,4,5,6,7,8,9,10", "again", "ok");
	expect_states(*state, again);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_proof"), 0);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, formdb_begin, unit_arena_teardown)
	const struct CMUnitTest tests[] = {
		T(fifty_at_once_get_lines_without_gaps),
		T(a_newer_state_rewrites_the_line_while_the_form_is_open),
		T(once_paper_is_out_the_new_line_names_the_old),
		T(what_newer_paper_overtook_cannot_be_confirmed),
		T(a_confirmation_settles_the_binding_before_the_worker_has_written),
		T(what_is_handed_on_waits_without_tries),
		T(only_the_officer_confirms_and_nobody_of_two_eyes),
		T(a_confirmation_settles_what_nobody_else_holds),
		T(a_refusal_blocks_what_nobody_else_holds),
		T(a_refusal_blocks_with_its_note_until_asked_again),
	};

	return cmocka_run_group_tests(tests, formdb_setup, migrated_drop);
}
