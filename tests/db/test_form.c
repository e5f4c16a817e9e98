/*
 * Request forms against PostgreSQL: numbers without gaps whoever asks at once, one open form, a confirmation that settles
 * nothing newer, the officer's right, four eyes, and the platform's own list.
 */
#include "provisioning/binding_store.h"
#include "provisioning/completion_store.h"
#include "provisioning/form_keeper.h"
#include "provisioning/form_store.h"
#include "tests/db/migrated.h"

#include <stdio.h>

#define CROWD 50
#define P 9
#define OFFICER "(SELECT id FROM sen.account WHERE login = 'canbo')"
#define OF(login) "(SELECT id FROM sen.account WHERE login = '" login "')"
#define BINDING(login) "FROM sen.binding WHERE platform_id = 9 AND account_id = " OF(login)

static struct db *db;

static const char facts_sql[] =
	"INSERT INTO sen.unit (code, name, name_fold, kind, valid_from, verified)"
	" VALUES ('40', 'Nghệ An', 'nghe an', 'province', '2025-07-01', true);"
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified)"
	" VALUES (9, 'P09', 'Giấy', 'giay', 'central', 'operating', true), (8, 'P08', 'Khác', 'khac', 'central', 'operating', true);"
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified) VALUES (9, 'MC', 'Một cửa', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM"
	" (SELECT 'NV' || i FROM generate_series(1, 50) i UNION VALUES ('CANBO'), ('CAPQUYEN'), ('LANHDAO')) x (c);"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;";

static const char again_sql[] =
	"DELETE FROM sen.form_upload_row; DELETE FROM sen.form_upload; DELETE FROM sen.form_line; DELETE FROM sen.form;"
	" DELETE FROM sen.form_account; DELETE FROM sen.form_setting; DELETE FROM sen.binding; DELETE FROM sen.access_grant; DELETE FROM sen.admin_scope;"
	"INSERT INTO sen.form_setting (platform_id, officer) VALUES (9, " OFFICER ");"
	"INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights) VALUES (" OFFICER ", gen_random_uuid(), 1, 9, '{read}'),"
	" (" OF("lanhdao") ", gen_random_uuid(), 1, NULL, '{read,approve}');"
	"INSERT INTO sen.binding (account_id, platform_id, want_hash, want_active, want_gen, state)"
	" SELECT id, 9, md5(id::text)::uuid, true, 1, 2 FROM sen.account WHERE login LIKE 'nv%'";

static int setup(void **state)
{
	(void)state;
	migrated_create("form");
	side(facts_sql);
	db = dbtest_open((struct db_config){ .pool_size = 8, .statement_timeout_ms = 20000 });
	return 0;
}

static int teardown(void **state)
{
	(void)state;
	db_close(db);
	return dbtest_drop();
}

static int begin_anew(void **state)
{
	unit_arena_setup(state);
	side(again_sql);
	return 0;
}

static struct str id_of(struct arena *a, const char *login)
{
	static char text[UUID_TEXT_LEN + 1];
	PGconn *c = PQconnectdb(dbtest_conninfo());
	PGresult *r = PQexecParams(c, "SELECT id FROM sen.account WHERE login = $1", 1, NULL, &login, NULL, NULL, 0);

	snprintf(text, sizeof(text), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	PQfinish(c);
	return arena_dup_c(a, text);
}

static struct desired want(struct arena *a, const char *login, bool active)
{
	struct desired d = { .platform_id = P, .active = active, .account_id = id_of(a, login), .login = str_c(login), .full_name = STR("Lê An") };

	/* As the bindings have it. */
	PGconn *c = PQconnectdb(dbtest_conninfo());
	const char *id = arena_cstr(a, d.account_id);
	PGresult *r = PQexecParams(c, "SELECT want_hash FROM sen.binding WHERE account_id = $1::uuid", 1, NULL, &id, NULL, NULL, 0);

	snprintf(d.hash, sizeof(d.hash), "%s", PQgetvalue(r, 0, 0));
	PQclear(r);
	PQfinish(c);
	return d;
}

static struct form_asked ask(struct arena *a, const struct desired *d, int64_t gen, const char *roles)
{
	struct str document = arena_printf(a, "{\"login\":\"%.*s\",\"full_name\":\"Lê An\",\"roles\":[%s]}", STR_ARG(d->login), roles);
	struct form_asked asked;
	struct op op;

	op_init(&op, a, db, NULL);
	if (form_ask(&op, d, gen, document, &asked) < 0)
		fail_msg("%s %.*s", op.error.text, STR_ARG(op.error.detail));
	db_op_done(&op);
	return asked;
}

#define MC "{\"code\":\"MC\",\"name\":\"Một cửa\"}"

static struct form_asked ask_on(struct arena *a, const char *login, int64_t gen, const char *roles)
{
	struct desired d = want(a, login, true);

	return ask(a, &d, gen, roles);
}

static struct form_asked ask_off(struct arena *a, const char *login, int64_t gen)
{
	struct desired d = want(a, login, false);

	return ask(a, &d, gen, "");
}

static void close_now(int number)
{
	char sql[100];

	snprintf(sql, sizeof(sql), "SELECT sen.form_close(9::smallint, %d, 'time')", number);
	side(sql);
}

/* The function's word. */
static void decided(const char *who, int number, const char *lines, const char *decision, const char *outcome)
{
	char sql[512];

	snprintf(sql, sizeof(sql), "SELECT (sen.form_decide(9::smallint, %d, '{%s}', '%s', 'lý do', (SELECT id FROM sen.account WHERE login = '%s'), 'r') = '%s')::int",
	         number, lines, decision, who, outcome);
	if (side_i64(sql) != 1)
		fail_msg("form %d lines %s %s by %s is not %s", number, lines, decision, who, outcome);
}

struct one {
	pthread_t thread;
	struct arena *arena;
	struct desired d;
	struct form_asked asked;
};

static void *ask_alone(void *arg)
{
	struct one *one = arg;

	one->asked = ask(one->arena, &one->d, 1, MC);
	return NULL;
}

static void fifty_at_once(struct arena *a)
{
	static struct one crowd[CROWD];

	for (int i = 0; i < CROWD; i++) {
		char login[10];

		snprintf(login, sizeof(login), "nv%d", i + 1);
		crowd[i].arena = arena_new(UNIT_ARENA_BYTES / 8);
		crowd[i].d = want(a, arena_cstr(a, arena_dup_c(a, login)), true);
	}
	for (int i = 0; i < CROWD; i++)
		assert_int_equal(pthread_create(&crowd[i].thread, NULL, ask_alone, &crowd[i]), 0);
	for (int i = 0; i < CROWD; i++) {
		pthread_join(crowd[i].thread, NULL);
		arena_free(crowd[i].arena);
	}
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
	const struct work work = { .account_id = id_of(*state, "nv1"), .platform_id = P, .gen = 1, .lease_token = 0 };
	const struct result handed_on = { .outcome = OUTCOME_WAITING, .verdict = VERDICT_HANDED_ON, .op = "create" };
	struct completion done = { .work = &work, .result = &handed_on, .task_id = STR("test") };
	int64_t n_audited = side_i64(AUDITED);
	struct op op;

	ask_on(*state, "nv1", 1, MC);
	close_now(1);
	decided("canbo", 1, "1", "done", "ok");
	op_init(&op, *state, db, NULL);
	assert_int_equal(completion_add(&op, P, STR("P09"), &done, 1), 0);
	db_op_done(&op);
	assert_true(done.was_fenced);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 0 AND seen_hash = want_hash AND ext_id = 'nv1'"), 1);
	assert_int_equal(side_i64(AUDITED), n_audited + 1);
	assert_int_equal(ask_on(*state, "nv1", 1, MC).answer, FORM_IS_SO);
}

static void what_is_handed_on_waits_without_tries(void **state)
{
	const struct work work = { .account_id = id_of(*state, "nv1"), .platform_id = P, .gen = 1, .lease_token = 0 };
	const struct result handed_on = { .outcome = OUTCOME_WAITING, .verdict = VERDICT_HANDED_ON, .op = "create",
		                          .fault = { "form", STR("chờ phiếu 1, dòng 1"), -1 } };
	struct completion done = { .work = &work, .result = &handed_on, .task_id = STR("test") };
	const struct work *claimed;
	struct op op;
	size_t n;

	op_init(&op, *state, db, NULL);
	assert_int_equal(completion_add(&op, P, STR("P09"), &done, 1), 0);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 9 AND tries = 0"), 1);
	assert_int_equal(binding_claim(&op, P, 100, 60, &claimed, &n), 0);
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

static void the_housekeeper_closes_and_reminds(void **state)
{
	struct op op;

	ask_on(*state, "nv1", 1, MC);
	op_init(&op, *state, db, NULL);
	assert_int_equal(forms_close_due(&op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form WHERE closed_at IS NULL"), 1);
	side("UPDATE sen.form_line SET asked_at = now() - interval '1 day'");
	assert_int_equal(forms_close_due(&op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form WHERE close_reason = 'time' AND due_at = closed_at + interval '3 days' AND officer = " OFFICER), 1);
	side("UPDATE sen.form_account SET active = true; INSERT INTO sen.form_account (platform_id, account_id, login, active, source, seen_by)"
	     " VALUES (9, " OF("nv2") ", 'nv2', true, 'officer', " OFFICER ")");
	ask_off(*state, "nv2", 1);
	side("UPDATE sen.form_line SET urgent_since = now() - interval '15 minutes' WHERE urgent_since IS NOT NULL");
	assert_int_equal(forms_close_due(&op), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form WHERE close_reason = 'urgent' AND due_at = closed_at + interval '1 day'"), 1);
	assert_int_equal(forms_remind_due(&op), 0);
	assert_int_equal(side_i64("SELECT sum(reminders) FROM sen.form"), 0);
	side("UPDATE sen.form SET due_at = now() WHERE number = 1");
	for (int i = 0; i < 2; i++)
		assert_int_equal(forms_remind_due(&op), 0);
	assert_int_equal(side_i64("SELECT sum(reminders) FROM sen.form"), 1);
	side("UPDATE sen.form SET reminded_at = now() - interval '1 day' WHERE number = 1");
	assert_int_equal(forms_remind_due(&op), 0);
	assert_int_equal(side_i64("SELECT sum(reminders) FROM sen.form"), 2);
	db_op_done(&op);
}

#define UPLOAD(rows) \
	"INSERT INTO sen.form_upload (platform_id, id, has_roles, uploaded_by) VALUES (9, '11111111-1111-4111-8111-111111111111', true, " OFFICER ");" \
	"INSERT INTO sen.form_upload_row (platform_id, upload_id, login, active, roles)" \
	" SELECT 9, '11111111-1111-4111-8111-111111111111', v.* FROM (VALUES " rows ") v (login, active, roles)"

static void list_ends(const char *outcome)
{
	char sql[256];

	snprintf(sql, sizeof(sql), "SELECT (sen.form_list_end(9::smallint, '11111111-1111-4111-8111-111111111111', " OFFICER ", 'r') = '%s')::int", outcome);
	assert_int_equal(side_i64(sql), 1);
}

static void confirm_three(struct arena *a)
{
	ask_on(a, "nv1", 1, MC);
	ask_on(a, "nv2", 1, MC);
	ask_on(a, "nv3", 1, MC);
	close_now(1);
	decided("canbo", 1, "1,2,3", "done", "ok");
}

static void a_list_settles_what_it_shows_and_finds_drift(void **state)
{
	confirm_three(*state);
	side("UPDATE sen.binding SET want_active = false, want_gen = 2, state = 9 WHERE account_id = " OF("nv1"));
	ask_off(*state, "nv1", 2);
	ask_on(*state, "nv4", 1, MC);
	ask_on(*state, "nv5", 1, MC);
	close_now(2);
	side(UPLOAD("('nv1', false, ''), ('nv2', true, 'TK'), ('nv3', true, 'MC'), ('nv4', true, 'MC'), ('nguoila', true, '')"));
	list_ends("applied");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE number = 2 AND state = 'done' AND decided_how = 'list'"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE number = 2 AND line = 3 AND state = 'waiting'"), 1);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 0 AND NOT seen_active"), 1);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv2") " AND state = 1 AND seen_hash IS NULL"), 1);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv3") " AND state = 0 AND seen_hash = want_hash"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_upload WHERE state = 'applied' AND report ->> 'foreign' = '1'"
	                          " AND jsonb_array_length(report -> 'drift') = 1 AND jsonb_array_length(report -> 'not_shown') = 1"), 1);
	/* It becomes a line again. */
	assert_int_equal(ask_on(*state, "nv2", 1, MC).answer, FORM_WAITING);
	assert_int_equal(ask_on(*state, "nv3", 1, MC).answer, FORM_IS_SO);
}

static void what_should_be_off_and_is_on_becomes_urgent_again(void **state)
{
	ask_on(*state, "nv1", 1, MC);
	close_now(1);
	decided("canbo", 1, "1", "done", "ok");
	side("UPDATE sen.binding SET want_active = false, want_gen = 2, state = 9 WHERE account_id = " OF("nv1"));
	ask_off(*state, "nv1", 2);
	close_now(2);
	decided("canbo", 2, "1", "done", "ok");
	side(UPLOAD("('nv1', true, 'MC')"));
	list_ends("applied");
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv1") " AND state = 1 AND prio = 0 AND seen_active"), 1);
	ask_off(*state, "nv1", 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_line WHERE number = 3 AND operation = 'disable' AND urgent_since IS NOT NULL"), 1);
}

static void an_older_list_says_nothing_about_what_is_newer(void **state)
{
	confirm_three(*state);
	side(UPLOAD("('nv1', false, ''), ('nv2', false, ''), ('nv3', false, '')"));
	side("UPDATE sen.form_upload SET taken_at = now() - interval '1 hour'");
	list_ends("applied");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_account WHERE active"), 3);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding WHERE state = 1"), 0);
}

static void a_short_list_waits_for_a_second_person(void **state)
{
	confirm_three(*state);
	side(UPLOAD("('nv1', true, 'MC'), ('nv2', true, 'MC')"));
	list_ends("held");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_account WHERE active"), 3);
	list_ends("unknown");
#define RELEASE(who, outcome) "SELECT (sen.form_list_release(9::smallint, '11111111-1111-4111-8111-111111111111', true, " OF(who) ", 'r') = '" outcome "')::int"
	assert_int_equal(side_i64(RELEASE("canbo", "scope")), 1);
	side("UPDATE sen.admin_scope SET rights = '{read,approve}' WHERE account_id = " OFFICER);
	assert_int_equal(side_i64(RELEASE("canbo", "four_eyes")), 1);
	assert_int_equal(side_i64(RELEASE("capquyen", "scope")), 1);
	assert_int_equal(side_i64(RELEASE("lanhdao", "ok")), 1);
	assert_int_equal(side_i64(RELEASE("lanhdao", "unknown")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.form_account WHERE active"), 2);
	assert_int_equal(side_i64("SELECT count(*) " BINDING("nv3") " AND state = 1 AND NOT seen_active AND ext_id IS NULL"), 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, begin_anew, unit_arena_teardown)
	const struct CMUnitTest tests[] = {
		T(fifty_at_once_get_lines_without_gaps),
		T(a_newer_state_rewrites_the_line_while_the_form_is_open),
		T(once_paper_is_out_the_new_line_names_the_old),
		T(what_newer_paper_overtook_cannot_be_confirmed),
		T(a_confirmation_settles_the_binding_before_the_worker_has_written),
		T(what_is_handed_on_waits_without_tries),
		T(only_the_officer_confirms_and_nobody_of_two_eyes),
		T(a_refusal_blocks_with_its_note_until_asked_again),
		T(the_housekeeper_closes_and_reminds),
		T(a_list_settles_what_it_shows_and_finds_drift),
		T(what_should_be_off_and_is_on_becomes_urgent_again),
		T(an_older_list_says_nothing_about_what_is_newer),
		T(a_short_list_waits_for_a_second_person),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
