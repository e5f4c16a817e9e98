/* What nobody may have or hand out, on PostgreSQL with the rights of the server's role: duties that must not meet, roles beyond a cap. */
#include "server/governance/access_reviews.h"
#include "server/governance/account_admin.h"
#include "server/governance/duties.h"
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"

#include <stdio.h>

static void test_duties(void **state)
{
	struct fixture *f = *state;
	struct str id, exception = fresh_id(&f->op);

	assert_int_equal(AS(f, "WA", duty_add, P_STR(fresh_id(&f->op)), P_NULL, S("X"), S("X"), S("P02"), S("MC"), S("P02"), S("TK"), S("unit"), S("block"), S("b")),
	                 ERR_OUT_OF_SCOPE);
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(file(f, "WA", "VP", "TK", &id), 0);
	assert_int_equal(add_duty(f, "block", "unit"), 0);
	assert_int_equal(grant_direct(f, "VP", "TK"), ERR_SEPARATION_OF_DUTIES);
	assert_str_equal(f->op.error.args[0].value, "TN1");
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(file(f, "WA", "VP", "TK", &id), ERR_SEPARATION_OF_DUTIES);
	/* A dated exception, by a second person. */
	struct str duty;
	struct db_rows rows;
	assert_int_equal(db_run(&f->op, duty_list, &rows, P_NULL, P_I64(10)), 0);
	json_t *json = json_read(db_str(&rows, 0, 0), 4, NULL);
	duty = arena_dup(f->op.arena, json_get_str(json, "id"));
	json_decref(json);
	assert_int_equal(AS(f, "WA", duty_except, P_STR(exception), P_NULL, P_STR(duty), S("VP"), S("Thiếu người"), S("2099-01-01T00:00:00Z")), 0);
	assert_int_equal(grant_direct(f, "VP", "TK"), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(AS(f, "WA", duty_except_approve, P_STR(exception), P_NULL), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "OTHER", duty_except_approve, P_STR(exception), P_NULL), ERR_OUT_OF_SCOPE);
	assert_int_equal(AS(f, "P2", duty_except_approve, P_STR(exception), P_NULL), 0);
	assert_int_equal(grant_direct(f, "VP", "TK"), 0);
	/* It is no violation while it lasts. */
	struct str p2 = account_of(&f->op, "P2");
	assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(p2), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.duty_exception SET valid_to = now()");
	assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(p2), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(account_of(&f->op, "OTHER")), P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
}

static int64_t by_rule(const char *code)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.live_grant g JOIN sen.access_grant x USING (account_id, id) JOIN sen.account a ON a.id = g.account_id"
	               " JOIN sen.person n ON n.id = a.person_id WHERE x.origin = 'rule' AND n.employee_code = '%s'", code);
	return side_i64(sql);
}

DB_QUERY(duty_of_q, DB_READ, "SELECT id FROM sen.duty_rule");
/* A role that a rule gives and a duty withholds comes when nothing stands against it any more. */
static void test_withheld(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op), exception = fresh_id(&f->op), duty;
	struct db_rows rows;

	assert_int_equal(add_duty(f, "block", "unit"), 0);
	assert_int_equal(db_run(&f->op, &duty_of_q, &rows), 0);
	duty = arena_dup(f->op.arena, db_str(&rows, 0, 0));
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(grant_direct(f, "W2", "MC"), 0);
	assert_int_equal(grant_direct(f, "WA", "MC"), 0);
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(id), P_NULL, S("RW"), S("R"), S("QĐ"), S("16681"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL, S("{P02/TK}"), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(by_rule("VP") + by_rule("W2") + by_rule("WA"), 0);
	/* The other one is revoked. */
	side("UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'x' FROM sen.account a, sen.person n WHERE a.id = g.account_id AND n.id = a.person_id AND n.employee_code = 'VP'");
	assert_int_equal(by_rule("VP"), 1);
	assert_int_equal(by_rule("W2") + by_rule("WA"), 0);
	/* What a review took stays taken, though another goes as well. */
	side("UPDATE sen.access_grant g SET revoked_at = now(), revoke_reason = 'review' FROM sen.account a, sen.person n WHERE g.origin = 'rule' AND a.id = g.account_id AND n.id = a.person_id"
	     " AND n.employee_code = 'VP'");
	assert_int_equal(by_rule("VP"), 0);
	/* An exception is approved; the duty is retired. */
	assert_int_equal(AS(f, "P3", duty_except, P_STR(exception), P_NULL, P_STR(duty), S("W2"), S("Thiếu người"), S("2099-01-01T00:00:00Z")), 0);
	assert_int_equal(by_rule("W2"), 0);
	assert_int_equal(AS(f, "P2", duty_except_approve, P_STR(exception), P_NULL), 0);
	assert_int_equal(json_get_int(f->body, "added", -1), 1);
	assert_int_equal(by_rule("W2"), 1);
	assert_int_equal(by_rule("WA"), 0);
	assert_int_equal(AS(f, "P2", duty_retire, P_STR(duty), P_NULL, P_I64(1)), 0);
	assert_int_equal(by_rule("WA"), 1);
}

static const char whole_cap[] = "UPDATE sen.admin_scope SET max_rank = NULL";

static int64_t covered(struct fixture *f, const char *who, const char *right, const char *platform)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.unit u WHERE u.code = '16681' AND sen.scope_covers('%.*s', '%s', u.path, (SELECT id FROM sen.platform WHERE code = '%s'))",
	               STR_ARG(account_of(&f->op, who)), right, platform);
	return side_i64(sql);
}

/* A scope under a cap hands out no role beyond it: neither one by one, nor all at once by what concerns a whole account or platform. */
static void test_cap_is_not_got_around(void **state)
{
	struct fixture *f = *state;
	struct principal ward;
	struct activation_code code;
	struct str id, seen;
	struct db_rows rows;
	bool changed;

	side("UPDATE sen.admin_scope SET max_rank = 0, rights = rights || ARRAY['activate', 'catalogue'] WHERE account_id ="
	     " (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA')");
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	ward = principal_of(f, "WA");
	/* Who makes an account's password can be it. */
	op_forgive(&f->op);
	assert_int_equal(account_admin_activation(&f->op, &ward, gov_login(&f->op, "VP"), &code), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_unlock(&f->op, &ward, gov_login(&f->op, "VP")), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(account_admin_disable(&f->op, &ward, gov_login(&f->op, "VP"), STR("x"), &changed), ERR_OUT_OF_SCOPE);
	/* One that holds nothing beyond the cap is in reach. */
	op_forgive(&f->op);
	side("UPDATE sen.role SET sensitivity = 'low' WHERE code = 'MC'");
	assert_int_equal(account_admin_activation(&f->op, &ward, gov_login(&f->op, "VP"), &code), 0);
	side("UPDATE sen.role SET sensitivity = 'normal' WHERE code = 'MC'");
	/* Silence would suspend what lies beyond; a plan would carry it over; an exception would let two duties meet. */
	assert_int_equal(AS(f, "WA", review_begin, P_STR(fresh_id(&f->op)), P_NULL, S("R1"), S("R1"), S("grants"), S("16681"), S("P02"), S("low"), S("2099-01-01"), S("suspend")),
	                 ERR_OUT_OF_SCOPE);
	for (size_t i = 0; i < 5; i++)
		assert_int_equal(covered(f, "WA", (const char *const[]){ "grant", "revoke", "approve", "review", "rules" }[i], "P02"), 0);
	assert_int_equal(covered(f, "WA", "read", "P02"), 1);
	/* What it does not read one by one, it does not read in lists. */
	assert_int_equal(file(f, "P2", "VP", "MC", &id), 0);
	assert_int_equal(db_run(&f->op, request_list, &rows, P_STR(ward.account_id), P_NULL, P_BOOL(false), P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 0);
	side("UPDATE sen.admin_scope SET max_rank = 1 WHERE max_rank = 0");
	assert_int_equal(db_run(&f->op, request_list, &rows, P_STR(ward.account_id), P_NULL, P_BOOL(false), P_NULL, P_NULL, P_I64(10)), 0);
	assert_int_equal(rows.n, 1);
	seen = db_str(&rows, 0, 2);
	assert_true(str_equal(seen, id));
	/* Nor does it change what holds for roles beyond it. */
	side("UPDATE sen.admin_scope SET max_rank = 0 WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P2')");
	assert_int_equal(add_duty(f, "block", "unit"), ERR_OUT_OF_SCOPE);
	side(whole_cap);
	side("UPDATE sen.admin_scope SET rights = array_remove(array_remove(rights, 'activate'), 'catalogue') WHERE granted_by IS NULL AND account_id ="
	     " (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'WA')");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_duties),
		ACTING_TEST(test_withheld),
		ACTING_TEST(test_cap_is_not_got_around),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
