/* What concerns an official is told, on PostgreSQL: what became of a request, what a person gave or took, and that a post comes to its end. */
#include "server/governance/granting.h"
#include "server/governance/requests.h"
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"

#include <stdio.h>

#define FORGET "DELETE FROM sen.notice; DELETE FROM sen.notice_round; "
#define N_NOTICES "SELECT count(*) FROM sen.notice"

static int64_t told_of(const char *kind, const char *code)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice n JOIN sen.account a ON a.id = n.account_id JOIN sen.person p ON p.id = a.person_id"
	               " WHERE n.kind = '%s' AND p.employee_code = '%s'", kind, code);
	return side_i64(sql);
}

static void test_a_request_is_decided(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side(FORGET);
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(side_i64(N_NOTICES), 0);
	assert_int_equal(decide(f, "W2", &request_refuse, id, 1), 0);
	assert_int_equal(told_of("request_refused", "VP"), 1);
	assert_int_equal(told_of("request_refused", "WA"), 1);
	assert_int_equal(side_i64(N_NOTICES), 2);
	/* With why, and of what. */
	assert_int_equal(side_i64(N_NOTICES " WHERE data ->> 'reason' = 'đồng ý' AND data ->> 'role' = 'MC' AND data ->> 'employee_code' = 'VP'"), 2);

	side(FORGET);
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_int_equal(told_of("request_granted", "VP"), 1);
	assert_int_equal(told_of("request_granted", "WA"), 1);
	/* Once: not again that it was given. */
	assert_int_equal(side_i64(N_NOTICES), 2);
}

/* A first stage decides nothing yet; whoever takes a request back knows. */
static void test_a_request_is_not_decided(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side(FORGET);
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	side("UPDATE sen.access_request SET stages = 2");
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_int_equal(side_i64(N_NOTICES), 0);
	assert_int_equal(AS(f, "WA", request_withdraw, P_STR(id), P_NULL, P_NULL), 0);
	assert_int_equal(side_i64(N_NOTICES), 0);
}

static void take_away(struct fixture *f, const char *who)
{
	struct principal p = principal_of(f, "P2");
	struct granting_revocation revocation = { .login = gov_login(&f->op, who), .platform = STR("P02"), .role = STR("MC"), .reason = STR("Chuyển việc") };
	struct granting_revoked revoked;

	op_forgive(&f->op);
	assert_int_equal(granting_revoke(&f->op, &p, &revocation, &revoked), 0);
}

static void test_given_and_taken(void **state)
{
	struct fixture *f = *state;

	side(FORGET);
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(told_of("access_given", "VP"), 1);
	assert_int_equal(side_i64(N_NOTICES " WHERE data ->> 'by' = 'annv' AND data ->> 'unit' = '16681.VP'"), 1);
	/* The same again is no news. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side("UPDATE sen.access_grant SET valid_to = now() + interval '90 days'");
	assert_int_equal(side_i64(N_NOTICES), 1);
	take_away(f, "VP");
	assert_int_equal(told_of("access_taken", "VP"), 1);
	assert_int_equal(side_i64(N_NOTICES " WHERE data ->> 'reason' = 'Chuyển việc'"), 1);
	assert_int_equal(side_i64(N_NOTICES), 2);
	/* What only closes what is over is told to nobody. */
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side(FORGET "UPDATE sen.access_grant SET revoked_at = now(), revoked_by = granted_by, revoke_reason = 'expired' WHERE revoked_at IS NULL");
	assert_int_equal(side_i64(N_NOTICES), 0);
}

/* Nobody's decision about one person by name: a rule, a file, a plan, very many at once. */
static void test_the_many_are_not_told(void **state)
{
	struct fixture *f = *state;
	struct str rule = fresh_id(&f->op), roles = STR("{P02/TK}");

	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	side(FORGET);
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(rule), P_NULL, S("TM"), S("x"), S("b"), S("40"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, P_STR(roles), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(rule), P_NULL, P_I64(1)), 0);
	assert_true(live_grants() > 3);
	assert_int_equal(AS(f, "P2", rule_retire, P_STR(rule), P_NULL, P_I64(2)), 0);
	assert_int_equal(side_i64(N_NOTICES), 0);
#define GIVE_ALL "INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by) SELECT a.id, gen_random_uuid(), r.id, u.id, 'x', now(), g.id" \
	" FROM sen.account a JOIN sen.account g ON g.login = 'annv' AND g.id <> a.id JOIN sen.role r ON r.code = 'ND' JOIN sen.unit u ON u.code = '40'"
#define TAKE_ALL "UPDATE sen.access_grant SET revoked_at = now(), revoked_by = granted_by, revoke_reason = 'x' WHERE revoked_at IS NULL"
	side("SELECT set_config('sen.cause', 'feed', true); " GIVE_ALL);
	side("SELECT set_config('sen.cause', 'approved', true); " TAKE_ALL);
	assert_int_equal(side_i64(N_NOTICES), 0);
	/* The same by somebody's hand is told. */
	side(GIVE_ALL);
	assert_int_equal(side_i64(N_NOTICES " WHERE kind = 'access_given'"), side_i64("SELECT count(*) FROM sen.account WHERE login <> 'annv'"));
	side(FORGET TAKE_ALL);
	assert_true(side_i64(N_NOTICES " WHERE kind = 'access_taken'") > 3);
	/* By no hand are 501 written at once. */
	side(FORGET "INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by, revoked_at) SELECT a.id, gen_random_uuid(), r.id, u.id, 'x', now(), g.id,"
	     " '2026-01-01' FROM generate_series(1, 501) n, sen.account g, sen.person p JOIN sen.account a ON a.person_id = p.id JOIN sen.role r ON r.code = 'ND'"
	     " JOIN sen.unit u ON u.code = '40' WHERE p.employee_code = 'VP' AND g.login = 'annv'");
	assert_int_equal(side_i64(N_NOTICES), 0);
}

#define RUN "SELECT sen.personnel_notices_run(); SELECT sen.personnel_notices_run()"
#define POST(kind, days) "INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT p.id, gen_random_uuid(), u.id, 'Phụ trách " kind "', '" kind "',"  \
	" daterange('2026-01-01', sen.today() + " days "), '7/QĐ' FROM sen.person p, sen.unit u WHERE p.employee_code = 'VP' AND u.code = '16681'; "
#define POST_ENDS_IN(days) "UPDATE sen.post SET valid = daterange(lower(valid), sen.today() + " days ") WHERE title LIKE 'Phụ trách%'; " RUN

/* Who holds it and who may move people, the nearest; at each step once. */
static void test_a_post_ends(_unused_ void **state)
{
	side(FORGET "UPDATE sen.admin_scope SET rights = rights || ARRAY['personnel'] WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	     " WHERE p.employee_code IN ('WA', 'P2', 'OTHER'))");
	side(POST("acting", "31") RUN);
	assert_int_equal(side_i64(N_NOTICES), 0);
	side(POST_ENDS_IN("30"));
	assert_int_equal(told_of("post_ends", "VP"), 1);
	assert_int_equal(told_of("post_ends", "WA"), 1);
	assert_int_equal(told_of("post_ends", "P2") + told_of("post_ends", "OTHER"), 0);
	side(POST_ENDS_IN("8"));
	assert_int_equal(told_of("post_ends", "VP"), 2);   /* another end is another matter */
	side(FORGET POST_ENDS_IN("7"));
	assert_int_equal(side_i64(N_NOTICES " WHERE data ->> 'days' = '7' AND data ->> 'title' = 'Phụ trách acting'"), 2);
	/* The same post, days later, without having been touched: the next step, and of several the last. */
	side("UPDATE sen.notice_round SET subject = regexp_replace(subject, '/7$', '/30'); UPDATE sen.notice SET subject = regexp_replace(subject, '/7$', '/30'); " RUN);
	assert_int_equal(told_of("post_ends", "VP"), 2);
	side(FORGET POST_ENDS_IN("1"));
	assert_int_equal(told_of("post_ends", "VP"), 1);
	side(FORGET POST_ENDS_IN("0"));
	assert_int_equal(side_i64(N_NOTICES), 0);
	/* A post beside the main one without such a kind has no end to be told of; each of the three has. */
	side(FORGET "DELETE FROM sen.post WHERE title LIKE 'Phụ trách%'; " POST("concurrent", "5") RUN);
	assert_int_equal(side_i64(N_NOTICES), 0);
	side(POST("seconded", "5") POST("delegated", "5") RUN);
	assert_int_equal(told_of("post_ends", "VP"), 2);
	side(FORGET "DELETE FROM sen.post WHERE title LIKE 'Phụ trách%'; UPDATE sen.admin_scope SET rights = array_remove(rights, 'personnel')");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_a_request_is_decided),
		ACTING_TEST(test_a_request_is_not_decided),
		ACTING_TEST(test_given_and_taken),
		ACTING_TEST(test_the_many_are_not_told),
		ACTING_TEST(test_a_post_ends),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
