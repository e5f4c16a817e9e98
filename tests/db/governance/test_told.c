/* What people are told, on PostgreSQL with the rights of the server's role: why somebody has a role, which state is wrong, notices. */
#include "server/governance/access_reviews.h"
#include "server/governance/duties.h"
#include "server/governance/emergencies.h"
#include "server/governance/explain.h"
#include "server/governance/notices.h"
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"

#include <stdio.h>

static void test_explain(void **state)
{
	struct fixture *f = *state;
	struct str id, p2 = account_of(&f->op, "P2"), vp = account_of(&f->op, "VP");
	struct db_rows rows;

#define EXPLAIN(actor, at) assert_int_equal(db_run(&f->op, explain_role, &rows, P_STR(actor), P_STR(vp), S("P02"), S("MC"), at), 0)
	EXPLAIN(p2, P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"never_granted\"")));
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	EXPLAIN(p2, P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"request_open\"")));
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	EXPLAIN(p2, P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"has\": true")));
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"kind\": \"approved\"")));
	EXPLAIN(p2, S("2026-01-01T00:00:00Z"));
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"has\": false")));
	EXPLAIN(account_of(&f->op, "OTHER"), P_NULL);
	assert_true(str_contains(db_str(&rows, 0, 0), STR("\"has\": false")));
	/* Who had what: past and present, within scope. */
#define ON(who, at) assert_int_equal(db_run(&f->op, grants_on, &rows, P_STR(account_of(&f->op, who)), at, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_I64(10)), 0)
	ON("P2", P_NULL);
	assert_int_equal(rows.n, 1);
	ON("OTHER", P_NULL);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.access_grant SET granted_at = now() - interval '5 days', valid_from = now() - interval '5 days', revoked_at = now() - interval '2 days',"
	     " revoked_by = granted_by, revoke_reason = 'x'");
	ON("P2", P_NULL);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.access_grant SET granted_at = '2026-01-01', valid_from = '2026-01-01', revoked_at = '2026-02-01';"
	     " DELETE FROM sen.grant_was");
	ON("P2", S("2026-01-15T00:00:00Z"));
	assert_int_equal(rows.n, 1);
}

static struct str told(struct fixture *f, const char *name)
{
	for (size_t i = 0; i < f->op.error.n_args; i++)
		if (str_equal(str_c(f->op.error.args[i].name), str_c(name)))
			return f->op.error.args[i].value;
	return STR_NULL;
}

/* Whoever is told that a state is the wrong one is told which it is. */
static void test_wrong_states_are_named(void **state)
{
	struct fixture *f = *state;
	struct str id, duty = fresh_id(&f->op), exception = fresh_id(&f->op), rule = fresh_id(&f->op), deputy;
	struct str titles = STR("{Chuyên viên}"), rule_roles = STR("{P02/TK}");
	struct db_rows rows;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_refuse, id, 1), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 2), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "refused");
	assert_int_equal(decide(f, "P2", &request_refuse, id, 2), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "refused");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("UPDATE sen.access_request SET expires_at = now() - interval '1 day' WHERE state = 'open'");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "expired");

	assert_int_equal(AS(f, "WA", emergency_ask, P_STR((id = fresh_id(&f->op))), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Bão"), P_I64(6)), 0);
	assert_int_equal(AS(f, "P2", emergency_review, P_STR(id), P_NULL, P_I64(1), S("justified"), P_NULL), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "asked");
	side("UPDATE sen.emergency SET asked_at = now() - interval '25 hours'");
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "lapsed");

	assert_int_equal(AS(f, "P2", duty_add, P_STR(duty), P_NULL, S("TN9"), S("x"), S("P02"), S("MC"), S("P02"), S("TK"), S("unit"), S("warn"), S("b")), 0);
	assert_int_equal(AS(f, "P2", duty_except, P_STR(exception), P_NULL, P_STR(duty), S("VP"), S("r"), S("2099-01-01")), 0);
	assert_int_equal(AS(f, "P3", duty_except_approve, P_STR(exception), P_NULL), 0);
	assert_int_equal(AS(f, "P3", duty_except_approve, P_STR(exception), P_NULL), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "approved");
	assert_int_equal(AS(f, "P2", duty_retire, P_STR(duty), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "P2", duty_except, P_STR(fresh_id(&f->op)), P_NULL, P_STR(duty), S("VP"), S("r"), S("2099-01-01")), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "retired");

	assert_int_equal(stand_in(f, "WA", "WA", "W2"), 0);
	assert_int_equal(db_run(&f->op, deputy_list, &rows, P_STR(account_of(&f->op, "WA")), P_NULL, P_I64(5)), 0);
	deputy = db_str(&rows, 0, 1);
	assert_int_equal(AS(f, "WA", deputy_end, P_STR(deputy), P_NULL), 0);
	assert_int_equal(AS(f, "WA", deputy_end, P_STR(deputy), P_NULL), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "ended");

	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("CV"), S("x"), S("b"), S("16681"), P_NULL, P_STR(titles), P_NULL, P_NULL, P_NULL, P_STR(rule_roles), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(2)), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "released");
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(2)), 0);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(3)), ERR_WRONG_STATE);
	assert_str_equal(told(f, "state"), "retired");
	/* And whoever is told something else is not told a state. */
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(1)), ERR_PRECONDITION_FAILED);
	assert_true(str_is_null(told(f, "state")));
}

static struct db_rows notices(struct fixture *f, const char *code, const char *state)
{
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, notice_list, &rows, P_STR(account_of(&f->op, code)), state ? P_C(state) : P_NULL, P_NULL, P_NULL, P_I64(50)), 0);
	return rows;
}

static int64_t told_of(const char *kind, const char *code)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice n JOIN sen.account a ON a.id = n.account_id JOIN sen.person p ON p.id = a.person_id"
	               " WHERE n.kind = '%s' AND p.employee_code = '%s'", kind, code);
	return side_i64(sql);
}

/* Unused: the holder; when it is too late, those who may let them in. */
static void expect_unused_are_told(void)
{
	side("UPDATE sen.admin_scope SET rights = rights || ARRAY['activate'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P2')");
	side("INSERT INTO sen.account_notice (account_id, kind, since) SELECT a.id, 'unused_report', '2026-01-01' FROM sen.account a JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'VP'");
	assert_int_equal(told_of("account_unused", "VP"), 1);
	assert_int_equal(told_of("account_unused", "P2"), 0);
	side("INSERT INTO sen.account_notice (account_id, kind, since) SELECT a.id, 'unused_disable', '2026-01-01' FROM sen.account a JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'VP'");
	assert_int_equal(told_of("account_disabled", "P2"), 1);
	side("UPDATE sen.admin_scope SET rights = array_remove(rights, 'activate'); DELETE FROM sen.account_notice");
}

/* Read and acknowledged, by whom it is for. */
static void expect_reading_is_kept(struct fixture *f)
{
	struct db_rows rows;
	struct str notice;

	rows = notices(f, "W2", "unread");
	assert_true(rows.n > 0);
	notice = arena_dup(f->op.arena, db_str(&rows, 0, 2));
	assert_int_equal(AS(f, "WA", notice_read, P_STR(notice), P_NULL), ERR_NOT_FOUND);
	assert_int_equal(AS(f, "WA", notice_acknowledge, P_STR(notice), P_NULL), ERR_NOT_FOUND);
	assert_int_equal(AS(f, "W2", notice_read, P_STR(notice), P_NULL), 0);
	assert_int_equal(notices(f, "W2", "unread").n, rows.n - 1);
	assert_int_equal(notices(f, "W2", "open").n, rows.n);
	assert_int_equal(AS(f, "W2", notice_acknowledge, P_STR(notice), P_NULL), 0);
	assert_int_equal(AS(f, "W2", notice_acknowledge, P_STR(notice), P_NULL), ERR_WRONG_STATE);
	assert_int_equal(notices(f, "W2", "open").n, rows.n - 1);
}

/* Who has to know is told, once, and nobody else. */
static void test_notices(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; DELETE FROM sen.account_notice");
	/* What waits: whom it waits for, not who asked, whom it profits, or who is far above. */
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("SELECT sen.notices_run(); SELECT sen.notices_run()");
	assert_int_equal(told_of("request_waiting", "W2"), 1);
	assert_int_equal(told_of("request_waiting", "WA") + told_of("request_waiting", "VP") + told_of("request_waiting", "P2") + told_of("request_waiting", "OTHER"), 0);
	side("UPDATE sen.access_request SET stage_since = now() - stage_days * interval '1 day' - interval '1 minute'; SELECT sen.notices_run(); SELECT sen.notices_run()");
	assert_int_equal(told_of("request_escalated", "P2"), 1);
	assert_int_equal(told_of("request_escalated", "OTHER"), 0);

	/* An emergency: at once; to who will have to look at it, who asked, and whose account it is. */
	assert_int_equal(AS(f, "WA", emergency_ask, P_STR((id = fresh_id(&f->op))), P_NULL, S("VP"), S("P02"), S("TK"), P_NULL, S("Bão"), P_I64(6)), 0);
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(told_of("emergency_released", "VP"), 1);
	assert_int_equal(told_of("emergency_released", "WA"), 1);
	assert_int_equal(told_of("emergency_released", "P3"), 1);
	assert_int_equal(told_of("emergency_released", "OTHER"), 0);

	/* What ends by itself, two weeks before. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("SELECT sen.notices_run()");
	assert_int_equal(told_of("grant_expires", "VP"), 0);
	side("UPDATE sen.access_grant SET valid_to = now() + interval '13 days' WHERE origin = 'direct'; SELECT sen.notices_run(); SELECT sen.notices_run()");
	assert_int_equal(told_of("grant_expires", "VP"), 1);
	assert_int_equal(told_of("grant_expires", "AD"), 1);

	/* A review that is about to close. */
	assert_int_equal(AS(f, "P2", review_begin, P_STR((id = fresh_id(&f->op))), P_NULL, S("RN"), S("RN"), S("grants"), S("16681"), S("P02"), S("low"), S("2099-01-01"), S("keep")), 0);
	side("SELECT sen.review_step(id, made_by) FROM sen.review_campaign; SELECT sen.notices_run()");
	assert_int_equal(told_of("review_begun", "WA"), 1);
	assert_int_equal(told_of("review_due", "WA"), 0);
	side("UPDATE sen.review_campaign SET deadline = now() + interval '6 days'; SELECT sen.notices_run()");
	assert_int_equal(told_of("review_due", "WA"), 1);
	assert_int_equal(told_of("review_due", "OTHER"), 0);

	expect_unused_are_told();
	expect_reading_is_kept(f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_explain),
		ACTING_TEST(test_wrong_states_are_named),
		ACTING_TEST(test_notices),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
