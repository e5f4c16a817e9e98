/* Requests and who decides them, on PostgreSQL with the rights of the server's role: stages, deputies, deadlines, fifty at once. */
#include "tests/db/governance/acting.h"

#include <stdio.h>

static void test_request_one_stage(void **state)
{
	struct fixture *f = *state;
	struct str id, again;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(file(f, "WA", "VP", "MC", &again), ERR_CONFLICT);
	/* Not who asked, not from beside, not whom it profits. */
	assert_int_equal(decide(f, "WA", &request_approve, id, 1), ERR_FOUR_EYES);
	assert_int_equal(decide(f, "OTHER", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(decide(f, "VP", &request_approve, id, 1), ERR_SELF_GRANT);
	assert_int_equal(decide(f, "W2", &request_approve, id, 2), ERR_PRECONDITION_FAILED);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_str_equal(member(f, "state"), "granted");
	assert_int_equal(live_grants(), 1);
	assert_int_equal(decide(f, "P2", &request_approve, id, 2), ERR_WRONG_STATE);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.access_request q ON q.grant_id = g.id AND q.id = g.request_id WHERE g.origin = 'request'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event"), 2);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'request.approve'"), 1);
	/* For oneself, beyond one's scope, on a closed platform. */
	assert_int_equal(file(f, "WA", "WA", "MC", &id), ERR_SELF_GRANT);
	assert_int_equal(file(f, "OTHER", "VP", "TK", &id), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "AD", request_file, P_STR(fresh_id(&f->op)), P_NULL, S("VP"), S("D01"), S("NHAP"), P_NULL, S("b"), S("r"), P_NULL, P_NULL),
	                 ERR_PLATFORM_CLOSED);
}

static void test_request_two_stages(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.role SET sensitivity = 'high' WHERE code = 'MC'");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_str_equal(member(f, "state"), "open");
	assert_int_equal(live_grants(), 0);
	/* Stage 2 is the platform's: P02 is managed by unit 40.  And nobody approves twice. */
	assert_int_equal(decide(f, "W2", &request_approve, id, 2), ERR_FOUR_EYES);
	assert_int_equal(decide(f, "OTHER", &request_approve, id, 2), ERR_OUT_OF_SCOPE);
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), 0);
	assert_str_equal(member(f, "state"), "granted");
	assert_int_equal(live_grants(), 1);
	assert_int_equal(file(f, "WA", "W2", "TK", &id), 0);
	assert_int_equal(decide(f, "P3", &request_refuse, id, 1), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 2), ERR_WRONG_STATE);
	assert_int_equal(live_grants(), 1);
}

/* What was true when it was asked for need not be when it is approved. */
static void test_approval_asks_again(void **state)
{
	struct fixture *f = *state;
	struct str id;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("UPDATE sen.platform SET state = 'stopped' WHERE code = 'P02'");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_PLATFORM_CLOSED);
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'; UPDATE sen.account SET status = 'disabled' WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_ACCOUNT_STATE);
	side("UPDATE sen.account SET status = 'active'; UPDATE sen.post SET valid = daterange(lower(valid), sen.today()) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP')");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_UNKNOWN_POST);
	side("UPDATE sen.post SET valid = daterange(lower(valid), NULL) WHERE person_id = (SELECT id FROM sen.person WHERE employee_code = 'VP');"
	     " UPDATE sen.admin_scope SET rights = ARRAY['read', 'approve'] WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA')");
	/* Who asked may not any more. */
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET rights = ARRAY['read', 'grant', 'approve', 'review', 'rules', 'revoke'] WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA');"
	     " UPDATE sen.access_request SET expires_at = now() - interval '1 day'");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_WRONG_STATE);
	assert_int_equal(live_grants(), 0);
	/* One that has run out makes room for the next. */
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), 0);
}

static void test_deputies(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.admin_scope SET rights = ARRAY['read'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'W2')");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	/* WA is on leave, but asked for it: its deputy may not decide that either. */
	assert_int_equal(stand_in(f, "WA", "WA", "W2"), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	/* What somebody else asked for, it may; under the principal's authority, and it shows. */
	assert_int_equal(file(f, "P2", "VP", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event WHERE kind = 'approved' AND instead_of IS NOT NULL"), 1);
	/* Dated. */
	side("UPDATE sen.deputy SET valid = daterange(sen.today() - 5, sen.today())");
	assert_int_equal(file(f, "P2", "VP", "MC", &id), ERR_CONFLICT);
	assert_int_equal(file(f, "AD", "W2", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_SELF_GRANT);
	assert_int_equal(file(f, "P2", "WA", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	/* Within the principal's own scope, and not for a stranger. */
	assert_int_equal(stand_in(f, "WA", "WA", "OTHER"), ERR_OUT_OF_SCOPE);
	assert_int_equal(stand_in(f, "W2", "WA", "W2"), ERR_SELF_GRANT);
	assert_int_equal(stand_in(f, "OTHER", "WA", "W2"), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET rights = ARRAY['read', 'approve', 'grant'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'W2')");
}

static void test_fifty_approvals_are_one_grant(void **state)
{
	static const char *const who[] = { "P2", "P3", "W2", "AD" };
	struct fixture *f = *state;
	struct racer racers[N_PARALLEL] = { 0 };
	struct str id;

	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	for (size_t i = 0; i < N_PARALLEL; i++)
		racers[i] = (struct racer){ .id = id, .who = principal_of(f, who[i % ARRAY_LEN(who)]), .kind = &request_approve };
	assert_int_equal(run_race(racers), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.request_event WHERE kind = 'approved'"), 1);
}

/* Deadlines that have passed: the approver a step above sees it too, then the next; whom it was with first still may. */
static void test_escalation(void **state)
{
	static const char *const steps[] = { "0", "3", "6" };
	struct fixture *f = *state;
	struct db_rows rows;
	char sql[160];
	struct str id;

	/* VP's own division, the ward above it, the province above that. */
	side("INSERT INTO sen.admin_scope (account_id, id, unit_id, rights) SELECT a.id, gen_random_uuid(), u.id, ARRAY['approve', 'read'] FROM sen.unit u, sen.account a"
	     " JOIN sen.person n ON n.id = a.person_id AND n.employee_code = 'OTHER' WHERE u.code = '16681.VP'");
	assert_int_equal(file(f, "AD", "VP", "MC", &id), 0);
	for (size_t step = 0; step < ARRAY_LEN(steps); step++) {
		(void)snprintf(sql, sizeof(sql), "UPDATE sen.access_request SET stage_since = now() - interval '%s days 1 minute', stage_days = 3", steps[step]);
		side(sql);
		for (size_t i = 0; i < 3; i++) {
			assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, (const char *const[]){ "OTHER", "W2", "P3" }[i])), P_NULL, P_I64(10)), 0);
			assert_int_equal(rows.n, i <= step);
		}
	}
	/* Not the nearest one, when that is whom it is for. */
	side("UPDATE sen.access_request SET stage_since = now()");
	assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, "VP")), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
	side("DELETE FROM sen.admin_scope WHERE unit_id = (SELECT id FROM sen.unit WHERE code = '16681.VP')");
	assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(account_of(&f->op, "W2")), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_request_one_stage),
		ACTING_TEST(test_request_two_stages),
		ACTING_TEST(test_approval_asks_again),
		ACTING_TEST(test_deputies),
		ACTING_TEST(test_fifty_approvals_are_one_grant),
		ACTING_TEST(test_escalation),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
