/* Request forms against PostgreSQL: what the housekeeper does, and the platform's own list. */
#include "provisioning/form/keeper.h"
#include "tests/db/formdb.h"

#include <stdio.h>

static void the_housekeeper_closes_and_reminds(void **state)
{
	struct op op;

	ask_on(*state, "nv1", 1, MC);
	op_init(&op, *state, migrated_db, NULL);
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

static void what_is_on_again_in_its_grace_or_after_it_is_urgent(void **state)
{
	side("UPDATE sen.binding SET want_active = false; DELETE FROM sen.access_proof; INSERT INTO sen.form_account (platform_id, account_id, login, active, source, seen_by)"
	     " SELECT 9, id, login, true, 'officer', " OFFICER " FROM sen.account WHERE login IN ('nv1', 'nv2', 'nv3')");
	ask_off(*state, "nv1", 1);
	ask_off(*state, "nv2", 1);
	ask_off(*state, "nv3", 1);
	close_now(1);
	decided("canbo", 1, "1,2", "done", "ok");
	side("UPDATE sen.binding b SET state = CASE a.login WHEN 'nv1' THEN 7 ELSE 8 END, ext_id = CASE a.login WHEN 'nv1' THEN 'nv1' END"
	     " FROM sen.account a WHERE a.id = b.account_id AND a.login IN ('nv1', 'nv2')");
	side(UPLOAD("('nv1', true, 'MC'), ('nv2', true, 'MC'), ('nv3', false, '')"));
	list_ends("applied");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.binding b JOIN sen.account a ON a.id = b.account_id WHERE a.login IN ('nv1', 'nv2') AND b.state = 1"
	                          " AND b.prio = 0 AND b.seen_active AND b.due_at <= now()"), 2);
	/* What a list shows to be done is proved by it. */
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_proof p JOIN sen.account a ON a.id = p.account_id WHERE a.login = 'nv3' AND p.kind = 'listed'"), 1);
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
#define T(f) cmocka_unit_test_setup_teardown(f, formdb_begin, unit_arena_teardown)
	const struct CMUnitTest tests[] = {
		T(the_housekeeper_closes_and_reminds),
		T(a_list_settles_what_it_shows_and_finds_drift),
		T(what_should_be_off_and_is_on_becomes_urgent_again),
		T(what_is_on_again_in_its_grace_or_after_it_is_urgent),
		T(an_older_list_says_nothing_about_what_is_newer),
		T(a_short_list_waits_for_a_second_person),
	};

	return cmocka_run_group_tests(tests, formdb_setup, migrated_drop);
}
