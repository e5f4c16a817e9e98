/* What separation of duties withheld from a birthright rule, on PostgreSQL with the rights of the server's role: it comes when nothing stands against it. */
#include "common/model/personnel_due.h"
#include "server/governance/duties.h"
#include "server/governance/granting.h"
#include "server/governance/rules.h"
#include "tests/db/governance/acting.h"
#include "tests/unit/at_once.h"

#define BY_RULE(code) \
	"SELECT count(*) FROM sen.live_grant g JOIN sen.access_grant x ON x.id = g.id AND x.origin = 'rule' JOIN sen.account a ON a.id = g.account_id" \
	" JOIN sen.person n ON n.id = a.person_id WHERE g.role_code = 'MC' AND n.employee_code = '" code "'"

static struct str one_of(struct fixture *f, const char *text)
{
	const struct str texts[] = { str_c(text) };

	return db_array(f->op.arena, texts, 1);
}

/* WA and OTHER are to have MC by rule; WA has TK, which excludes it. */
static int set_up(void **state)
{
	int r = acting_set_up(state);
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	side("DELETE FROM sen.rules_again; UPDATE sen.rules_again_until SET at = now()");
	assert_int_equal(add_duty(f, "block", "unit"), 0);
	assert_int_equal(grant_direct(f, "WA", "TK"), 0);
	assert_int_equal(AS(f, "P2", rule_draft, P_STR(id), P_NULL, S("R1"), S("Chuyên viên"), S("QĐ 1"), S("40"), P_NULL, P_STR(one_of(f, "Chuyên viên")), P_NULL, P_NULL, P_NULL,
	                    P_STR(one_of(f, "P02/MC")), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(side_i64(BY_RULE("OTHER")), 1);
	assert_int_equal(side_i64(BY_RULE("WA")), 0);
	return r;
}

static void *again(void *arg)
{
	int *result = arg;
	struct op op;
	size_t n;

	gov_begin(&op, gov_server);
	*result = rules_again_run(&op, &n);
	gov_end(&op);
	return NULL;
}

static void again_at_once(void)
{
	int results[N_PARALLEL];

	AT_ONCE(again, results);
	for (size_t i = 0; i < N_PARALLEL; i++)
		assert_int_equal(results[i], 0);
}

static void take_away(struct fixture *f, const char *login, const char *role)
{
	struct principal p = gov_principal(&f->op, "annv");
	struct granting_revocation one = { .login = str_c(login), .platform = STR("P02"), .role = str_c(role), .reason = STR("Chuyển việc") };
	struct granting_revoked revoked;

	op_forgive(&f->op);
	assert_int_equal(granting_revoke(&f->op, &p, &one, &revoked), 0);
	assert_int_equal(revoked.done.n, 1);
}

/* Revoked: the rule gives what it says, once, whoever is at it; nobody else is looked at. */
static void test_revoked(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(grant_direct(f, "VP", "TK"), 0);
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 0);
	take_away(f, arena_cstr(f->op.arena, gov_login(&f->op, "WA")), "TK");
	assert_int_equal(side_i64("SELECT count(DISTINCT person_id) FROM sen.rules_again"), 1);
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.rules_again"), 0);
	/* What excludes nothing that a rule gives frees nobody. */
	side("UPDATE sen.access_grant SET revoked_at = now() WHERE origin = 'rule' AND revoked_at IS NULL");
	assert_int_equal(side_i64("SELECT count(*) FROM sen.rules_again"), 0);
}

/* Ended by its date, or with the post that it hangs on. */
static void test_ended_by_time(void **state)
{
	(void)state;
	side("UPDATE sen.access_grant SET valid_to = now() WHERE origin = 'direct'");
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 0);
	side("UPDATE sen.rules_again_until SET at = now() - interval '70 seconds'");
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 1);
}

static void test_ended_with_its_post(void **state)
{
	(void)state;
	side("INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no) SELECT n.id, gen_random_uuid(), u.id, 'Kiêm nhiệm', 'concurrent', daterange(sen.today() - 30, sen.today()), '8/QĐ'"
	     " FROM sen.person n, sen.unit u WHERE n.employee_code = 'WA' AND u.code = '16681';"
	     " UPDATE sen.access_grant SET post_id = (SELECT id FROM sen.post WHERE title = 'Kiêm nhiệm') WHERE origin = 'direct'");
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 0);
	side("UPDATE sen.rules_again_until SET at = now() - interval '1 day'");
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 1);
	side("DELETE FROM sen.access_grant; DELETE FROM sen.post WHERE title = 'Kiêm nhiệm'");
}

/* The duty is retired; or does not hold for this person for a while. */
static void test_duty_falls(void **state)
{
	(void)state;
	side("UPDATE sen.duty_rule SET retired_at = now()");
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 1);
}

static void test_excepted(void **state)
{
	struct fixture *f = *state;
	struct str exception = fresh_id(&f->op), duty;
	struct db_rows rows;
	json_t *json;

	assert_int_equal(db_run(&f->op, duty_list, &rows, P_NULL, P_I64(10)), 0);
	json = json_read(db_str(&rows, 0, 0), 4, NULL);
	duty = arena_dup(f->op.arena, json_get_str(json, "id"));
	json_decref(json);
	assert_int_equal(AS(f, "P2", duty_except, P_STR(exception), P_NULL, P_STR(duty), S("WA"), S("Thiếu người"), S("2099-01-01T00:00:00Z")), 0);
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 0);
	assert_int_equal(AS(f, "P3", duty_except_approve, P_STR(exception), P_NULL), 0);
	again_at_once();
	assert_int_equal(side_i64(BY_RULE("WA")), 1);
}

/* What a review took stays taken, whoever looks at the rule again; what was taken otherwise comes back. */
static void test_taken_by_a_review(void **state)
{
	(void)state;
	side("UPDATE sen.access_grant SET revoked_at = now(), revoke_reason = 'review' WHERE origin = 'rule' AND revoked_at IS NULL");
	side("SELECT sen.rules_follow(ARRAY(SELECT id FROM sen.person WHERE employee_code = 'OTHER')); SELECT sen.rule_apply(id, NULL) FROM sen.birthright_rule");
	assert_int_equal(side_i64(BY_RULE("OTHER")), 0);
	side("UPDATE sen.access_grant SET revoke_reason = 'x' WHERE origin = 'rule'");
	side("SELECT sen.rules_follow(ARRAY(SELECT id FROM sen.person WHERE employee_code = 'OTHER'))");
	assert_int_equal(side_i64(BY_RULE("OTHER")), 1);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_revoked), TEST(test_ended_by_time), TEST(test_ended_with_its_post), TEST(test_duty_falls), TEST(test_excepted),
		TEST(test_taken_by_a_review),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
