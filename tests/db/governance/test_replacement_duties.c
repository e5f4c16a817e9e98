/* Separation of duties at the approval of a replacement, on PostgreSQL with the rights of the server's role, by whichever statement approves. */
#include "server/governance/granting.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>

DB_QUERY(test_approve_q, DB_WRITE,
         "UPDATE sen.replacement SET state = 'approved', approved_by = (SELECT a.id FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
         " WHERE p.employee_code = 'OTHER'), approved_at = now() WHERE state = 'submitted' RETURNING id");

struct fixture {
	struct op op;
	struct principal admin;
};

static int create(_unused_ void **state)
{
	int r = gov_create("replacement_duties");

	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP03,DUYET,Duyệt,,high,chưa xác minh\nP03,LAP,Lập,,normal,chưa xác minh\n", NULL);
	gov_import("platforms", "code,name,kind,state\nP04,Kế toán,provincial,operating\n", NULL);
	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP04,CHI,Chi,,high,chưa xác minh\n", NULL);
	return r;
}

static int set_up(void **state)
{
	struct fixture *f = test_malloc(sizeof(*f));

	side("DELETE FROM sen.replacement_role; DELETE FROM sen.replacement; DELETE FROM sen.duty_exception; DELETE FROM sen.duty_rule; DELETE FROM sen.access_grant");
	/* This authority gives every role without a request. */
	side("UPDATE sen.grant_policy SET direct = true");
	gov_begin(&f->op, gov_server);
	f->admin = gov_principal(&f->op, "annv");
	(void)gov_login(&f->op, "OTHER");
	/* P02 goes to P03: who received drew up, who followed approved. */
	side("INSERT INTO sen.replacement (id, old_id, new_id, unit_id, is_whole, cutover_on, basis, state, drawn_by, submitted_by)"
	     " SELECT gen_random_uuid(), o.id, n.id, u.id, true, '2099-01-01', '1/QĐ', 'submitted', a.id, a.id"
	     " FROM sen.platform o, sen.platform n, sen.unit u, sen.account a WHERE o.code = 'P02' AND n.code = 'P03' AND u.code = '40' AND a.login = 'annv';"
	     " INSERT INTO sen.replacement_role SELECT x.id, o.id, n.id FROM sen.replacement x, sen.role o JOIN sen.role n"
	     " ON (o.code, n.code) IN (('MC', 'LAP'), ('TK', 'DUYET')) WHERE o.platform_id = x.old_id AND n.platform_id = x.new_id");
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

static void grant(struct fixture *f, const char *employee, const char *platform, const char *role)
{
	struct granting_request request = { .employee_code = str_c(employee), .platform = str_c(platform), .role = str_c(role), .basis = STR("1/QĐ") };
	struct grant granted;
	bool added;

	assert_int_equal(granting_add(&f->op, &f->admin, &request, &granted, &added), 0);
}

static void rule(const char *code, const char *a, const char *b, const char *within, const char *severity)
{
	char sql[400];

	(void)snprintf(sql, sizeof(sql), "INSERT INTO sen.duty_rule (id, code, name, role_a, role_b, within, severity, basis, made_by)"
	                                 " SELECT gen_random_uuid(), '%s', 'x', '%s', '%s', '%s', '%s', 'Quy chế', id FROM sen.account WHERE login = 'annv'",
	               code, a, b, within, severity);
	side(sql);
}

/* by NULL: approved. */
static void approve(struct fixture *f, const char *by)
{
	struct db_rows rows;
	int r;

	op_forgive(&f->op);
	r = db_run(&f->op, &test_approve_q, &rows);
	assert_int_equal(r, by ? ERR_BLOCKED : 0);
	if (by) {
		assert_str_equal(str_c(f->op.error.args[0].name), "by");
		assert_str_equal(f->op.error.args[0].value, by);
	} else {
		assert_int_equal(rows.n, 1);
	}
}

/* What they hold elsewhere and would go on holding. */
static void test_against_what_they_hold(void **state)
{
	struct fixture *f = *state;

	rule("KT1", "LAP", "CHI", "everywhere", "block");
	rule("KT2", "LAP", "CHI", "everywhere", "warn");
	grant(f, "VP", "P02", "MC");
	grant(f, "WA", "P02", "MC");
	grant(f, "VP", "P04", "CHI");
	approve(f, "separation_of_duties: KT1 (1)");
	grant(f, "WA", "P04", "CHI");
	approve(f, "separation_of_duties: KT1 (2)");
	side("UPDATE sen.access_grant g SET revoked_at = now() FROM sen.role r WHERE r.id = g.role_id AND r.code = 'CHI'");
	approve(f, NULL);
}

/* Two roles that one person had, and could have, become two that one must not. */
static void test_against_what_the_plan_gives(void **state)
{
	struct fixture *f = *state;

	rule("LD", "LAP", "DUYET", "platform", "block");
	grant(f, "VP", "P02", "MC");
	grant(f, "WA", "P02", "TK");
	grant(f, "VP", "P02", "TK");
	approve(f, "separation_of_duties: LD (1)");
	side("INSERT INTO sen.duty_exception (id, duty_id, person_id, reason, valid_to, asked_by, approved_by, approved_at)"
	     " SELECT gen_random_uuid(), d.id, p.id, 'Thiếu người', now() + interval '1 day', a.id, b.id, now() FROM sen.duty_rule d, sen.person p, sen.account a, sen.account b"
	     " WHERE p.employee_code = 'VP' AND a.login = 'annv' AND b.login <> 'annv' LIMIT 1");
	approve(f, NULL);
}

/* What ends with the plan is not held against it. */
static void test_not_against_what_it_ends(void **state)
{
	struct fixture *f = *state;

	rule("CU", "LAP", "MC", "everywhere", "block");
	grant(f, "VP", "P02", "MC");
	approve(f, NULL);
}

#define DUTY_TEST(f) cmocka_unit_test_setup_teardown(f, set_up, tear_down)

int main(void)
{
	const struct CMUnitTest tests[] = {
		DUTY_TEST(test_against_what_they_hold),
		DUTY_TEST(test_against_what_the_plan_gives),
		DUTY_TEST(test_not_against_what_it_ends),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
