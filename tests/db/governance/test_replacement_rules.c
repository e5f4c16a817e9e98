/* Birthright rules follow a replacement; what is suspended stays so (migrations 0053, 0054). */
#include "tests/db/governance/replacing.h"

#include <stdio.h>

/* A rule in force, for everybody with the title of the sixty. */
static void rule(const char *unit, const char *roles)
{
	char sql[1024];

	(void)snprintf(sql, sizeof(sql),
	               "INSERT INTO sen.birthright_rule (id, code) VALUES ('11111111-1111-4111-8111-111111111111', 'R1') ON CONFLICT DO NOTHING;"
	               " INSERT INTO sen.birthright_version (rule_id, number, name, basis, unit_id, titles, role_ids, valid, drawn_by, released_at)"
	               " SELECT '11111111-1111-4111-8111-111111111111', 1, 'Chuyên viên', '5/QĐ', (SELECT id FROM sen.unit WHERE code = '%s'), '{Chuyên viên}',"
	               " ARRAY(SELECT id FROM sen.role WHERE code = ANY ('%s') ORDER BY id), daterange('2025-01-01', NULL), min(a.id::text)::uuid, now() FROM sen.account a",
	               unit, roles);
	side("DELETE FROM sen.access_grant");
	side(sql);
	side("SELECT sen.rule_apply('11111111-1111-4111-8111-111111111111', NULL)");
}

/* All that makes rules count again. */
static void rules_again(void)
{
	side("SELECT sen.rule_apply('11111111-1111-4111-8111-111111111111', NULL); UPDATE sen.post SET title = title WHERE title = 'Chuyên viên'");
}

#define BY_RULE(role) "SELECT count(DISTINCT account_id) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = '" role "' AND g.origin = 'rule' AND g.revoked_at IS NULL"
#define HOLDS(person, role)                                                                                                  \
	"SELECT count(*) FROM sen.live_grant g JOIN sen.account a ON a.id = g.account_id JOIN sen.person p ON p.id = a.person_id WHERE p.employee_code = '" person "' AND g.role_code = '" role "'"

/* The sixty, and AD and others of govdb.h who may have the title too. */
static int64_t n_ruled(void)
{
	return side_i64("SELECT count(DISTINCT person_id) FROM sen.post WHERE title = 'Chuyên viên'");
}

static void comes(const char *code, const char *unit)
{
	char csv[512];

	(void)snprintf(csv, sizeof(csv), "employee_code,full_name,kind,birth_date,unit_code,title,post_kind,valid_from,valid_to,decision_no,national_id\n"
	               "%s,Lê Thị Mới,cong_chuc,,%s,Chuyên viên,main,2025-07-01,,9/QĐ,\n", code, unit);
	gov_import("persons", csv, NULL);
}

static void test_the_whole(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of(NULL, "2020-01-01");
	struct replacement_run r;

	rule("40", "{MC,TK}");
	const int64_t n = n_ruled();
	assert_int_equal(side_i64(BY_RULE("MC")), n);
	approved(f, &plan);
	assert_int_equal(side_i64(BY_RULE("ND")), 0);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 25, &r), 0);
	/* Given by the rule, to everybody at once; nothing becomes a grant without it. */
	assert_int_equal(side_i64(BY_RULE("ND")), n);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin <> 'rule'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.audit WHERE action = 'replacement.rules'"), 1);
	while (r.left.to_grant > 0)
		assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item WHERE carry = 'rule' AND new_grant_id IS NOT NULL"), n);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.replacement_item WHERE carry = 'dropped'"), n);
	/* Who comes meanwhile has both, as everybody has. */
	comes("NEW1", "16681");
	assert_int_equal(side_i64(HOLDS("NEW1", "MC")), 1);
	assert_int_equal(side_i64(HOLDS("NEW1", "ND")), 1);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 1000, &r), 0);
	rules_again();
	assert_int_equal(side_i64("SELECT count(*) FROM sen.live_grant WHERE role_code IN ('MC', 'TK')"), 0);
	assert_int_equal(side_i64("SELECT count(DISTINCT account_id) FROM sen.live_grant WHERE role_code = 'XEM'"), n + 1);
	/* Nobody loses the old before the new platform has them; nor does the rule take it. */
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_int_equal(side_i64(LIVE_ON("P02")), n + 1);
	all_seen();
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_true(r.is_finished);
	rules_again();
	side("UPDATE sen.platform SET state = 'operating' WHERE code = 'P02'");
	assert_int_equal(side_i64(LIVE_ON("P02")), 0);
	assert_int_equal(side_i64(BY_RULE("ND")), n + 1);
	comes("NEW2", "16690");
	assert_int_equal(side_i64(HOLDS("NEW2", "ND")), 1);
	assert_int_equal(side_i64(HOLDS("NEW2", "MC")), 0);
}

static void moves_to(const char *unit)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.post SET unit_id = (SELECT id FROM sen.unit WHERE code = '%s') WHERE person_id = (SELECT id FROM sen.person"
	               " WHERE employee_code = 'E2')", unit);
	side(sql);
}

static void carry_part(struct fixture *f, const struct replacement_new *plan)
{
	struct replacement_run r;

	approved(f, plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 1000, &r), 0);
	side("DELETE FROM sen.dirty_account");
	assert_int_equal(run(f, REPLACEMENT_REVOKE, 1000, &r), 0);
	assert_true(r.is_finished);
}

/* The rule reaches further than the plan: only there, for good; and back again by a later plan. */
static void test_a_part_and_back(void **state)
{
	static const struct replacement_role back[] = { { STR("ND"), STR("MC") }, { STR("QT"), { NULL, 0 } } };
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("16681", "2020-01-01");
	int64_t in_part, n;

	rule("40", "{MC}");
	n = n_ruled();
	in_part = side_i64("SELECT count(DISTINCT o.person_id) FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id JOIN sen.unit w ON w.code = '16681' AND"
	                   " starts_with(u.path, w.path) WHERE o.title = 'Chuyên viên'");
	plan.read_only_role = STR_NULL;
	carry_part(f, &plan);
	rules_again();
	assert_int_equal(side_i64(BY_RULE("ND")), in_part);
	assert_int_equal(side_i64(BY_RULE("MC")), n - in_part);
	assert_int_equal(side_i64(HOLDS("E2", "MC")), 1);
	moves_to("16681");
	assert_int_equal(side_i64(HOLDS("E2", "ND")), 1);
	assert_int_equal(side_i64(HOLDS("E2", "MC")), 0);
	moves_to("16690");
	assert_int_equal(side_i64(HOLDS("E2", "ND")), 0);
	assert_int_equal(side_i64(HOLDS("E2", "MC")), 1);
	plan.old_platform = STR("P03");
	plan.new_platform = STR("P02");
	plan.roles = back;
	plan.n_roles = ARRAY_LEN(back);
	carry_part(f, &plan);
	rules_again();
	assert_int_equal(side_i64(BY_RULE("ND")), 0);
	assert_int_equal(side_i64(BY_RULE("MC")), n);
}

/* Two roles that become one, one of which the rule names as well: one grant each. */
static void test_roles_that_meet(void **state)
{
	static const struct replacement_role both[] = { { STR("MC"), STR("ND") }, { STR("TK"), STR("ND") }, { STR("XEM"), { NULL, 0 } } };
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2099-01-01");
	struct replacement_run r;

	rule("40", "{MC,TK,ND}");
	plan.roles = both;
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 2000, &r), 0);
	rules_again();
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = 'ND' AND g.revoked_at IS NULL"), n_ruled());
	assert_int_equal(side_i64("SELECT count(*) FROM sen.rule_wants('11111111-1111-4111-8111-111111111111', NULL) w JOIN sen.role r ON r.id = w.role_id WHERE r.code = 'ND'"), n_ruled());
}

static void test_a_plan_given_up(void **state)
{
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("40", "2099-01-01");
	const struct replacement_change giving_up = { .is_cancel = true, .reason = STR("Không thay thế nữa") };
	struct replacement_run r;

	rule("40", "{MC}");
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 2000, &r), 0);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 2000, &r), 0);
	assert_int_equal(replacement_ask(&f->op, &f->admin, f->id, 3, &giving_up), 0);
	assert_int_equal(replacement_agree(&f->op, &f->second, f->id, 4), 0);
	/* The rule gives what it says, at once. */
	assert_int_equal(side_i64(BY_RULE("ND")), 0);
	assert_int_equal(side_i64(BY_RULE("MC")), n_ruled());
}

/* Nobody gets a privileged role by birthright, not by way of a role map either. */
static void test_privileged(void **state)
{
	static const struct replacement_role up[] = { { STR("MC"), STR("QT") }, { STR("TK"), { NULL, 0 } }, { STR("XEM"), { NULL, 0 } } };
	struct fixture *f = *state;
	struct replacement_new plan = plan_of("16681", "2099-01-01");

	rule("40", "{MC}");
	side("UPDATE sen.role SET sensitivity = 'privileged' WHERE code = 'QT'");
	plan.roles = up;
	assert_int_equal(replacement_draw(&f->op, &f->admin, &plan, &f->id), 0);
	assert_int_equal(replacement_submit(&f->op, &f->admin, f->id, 1), ERR_BLOCKED);
	assert_str_equal(f->op.error.args[0].value, "QT");
	side("DELETE FROM sen.birthright_version; DELETE FROM sen.access_grant");
	op_forgive(&f->op);
	assert_int_equal(replacement_submit(&f->op, &f->admin, f->id, 1), 0);
	side("UPDATE sen.role SET sensitivity = 'high' WHERE code = 'QT'");
}

#define SUSPENDED(role) "SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id WHERE r.code = '" role "' AND g.suspended_at IS NOT NULL AND g.revoked_at IS NULL"

static void suspended_is_carried_as_such(struct fixture *f)
{
	struct replacement_new plan = plan_of("40", "2020-01-01");
	struct replacement_run r;

	/* One since yesterday, one from next week on unless somebody answers. */
	side("UPDATE sen.access_grant g SET suspended_at = now() + CASE p.employee_code WHEN 'E1' THEN interval '-1 day' ELSE interval '7 days' END"
	     " FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = g.account_id AND p.employee_code IN ('E1', 'E2')");
	approved(f, &plan);
	assert_int_equal(run(f, REPLACEMENT_GRANT, 2000, &r), 0);
	assert_int_equal(side_i64(SUSPENDED("ND")), 2);
	assert_int_equal(side_i64(HOLDS("E1", "ND")), 0);
	assert_int_equal(side_i64(HOLDS("E2", "ND")), 1);
	assert_int_equal(side_i64(HOLDS("E3", "ND")), 1);
	assert_int_equal(run(f, REPLACEMENT_READ_ONLY, 2000, &r), 0);
	assert_int_equal(side_i64(HOLDS("E1", "XEM")), 0);
	assert_int_equal(side_i64(HOLDS("E3", "XEM")), 1);
	/* "Keep", said late: it counts again wherever it has come to. */
	assert_int_equal(side_i64("WITH old AS MATERIALIZED (SELECT g.account_id, g.id FROM sen.access_grant g JOIN sen.replacement_item i ON i.account_id = g.account_id"
	                          " AND i.old_grant_id = g.id WHERE g.suspended_at IS NOT NULL)"
	                          " SELECT count(*) FROM old WHERE sen.review_carry_out(NULL, gen_random_uuid(), account_id, id, 'keep', NULL, NULL, NULL, 'none')"), 2);
	assert_int_equal(side_i64(SUSPENDED("ND")), 0);
	assert_int_equal(side_i64(SUSPENDED("XEM")), 0);
	assert_int_equal(side_i64(HOLDS("E1", "ND")), 1);
	assert_int_equal(side_i64(HOLDS("E1", "XEM")), 1);
}

static void test_suspended_grants(void **state)
{
	suspended_is_carried_as_such(*state);
}

static void test_suspended_grants_of_rules(void **state)
{
	rule("40", "{MC}");
	suspended_is_carried_as_such(*state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		REPLACING_TEST(test_the_whole),          REPLACING_TEST(test_a_part_and_back), REPLACING_TEST(test_roles_that_meet),
		REPLACING_TEST(test_a_plan_given_up),    REPLACING_TEST(test_privileged),      REPLACING_TEST(test_suspended_grants),
		REPLACING_TEST(test_suspended_grants_of_rules),
	};

	return cmocka_run_group_tests(tests, replacing_create, gov_drop);
}
