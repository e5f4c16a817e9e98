/* Separation of duties over rights of scopes: who gives does not approve, on PostgreSQL with the rights of the server's role. */
#include "server/governance/duties.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/acting.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

static int64_t n_shipped;

static int create(void **state)
{
	int r = acting_create(state);

	n_shipped = side_i64("SELECT count(*) FROM sen.duty_rule WHERE severity = 'warn' AND made_by IS NULL AND right_a IS NOT NULL");
	side("INSERT INTO sen.account (id, person_id, login, kind, reason, status, activated_at) SELECT gen_random_uuid(), n.id, 'vp.qt', 'administrator', 'quản trị', 'active', now()"
	     " FROM sen.person n WHERE n.employee_code = 'VP'");
	return r;
}

static int set_up(void **state)
{
	int r = acting_set_up(state);

	side("DELETE FROM sen.scope_waiting; DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL");
	return r;
}
#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)

static int separate(struct fixture *f, const char *severity, const char *within)
{
	struct str id = fresh_id(&f->op);

	return AS(f, "P3", duty_add_rights, P_STR(id), P_NULL, P_STR(arena_printf(f->op.arena, "Q%.8s", id.p)), S("Cấp và duyệt"), S("grant"), S("approve"), P_C(within), P_C(severity),
	          S("Quy chế 1"));
}

/* Rights, one or two, by annv or who else; what scoping_add() returns.  *ret_waits: it waits for a second person. */
static int give(struct fixture *f, const char *by, const char *login, const char *unit, const char *first, const char *second, bool *ret_waits)
{
	struct principal p = gov_principal(&f->op, by);
	const struct str rights[] = { str_c(first), str_c(second ? second : "") };
	const struct scoping_request gift = { .login = str_c(login), .unit = str_c(unit), .rights = rights, .n_rights = second ? 2 : 1 };
	struct scope scope = { .waits_until = STR_NULL };
	bool added;
	int r;

	op_forgive(&f->op);
	r = scoping_add(&f->op, &p, &gift, &scope, &added);
	if (ret_waits)
		*ret_waits = r == 0 && !str_is_null(scope.waits_until);
	return r;
}
#define GIVEN "SELECT count(*) FROM sen.admin_scope WHERE granted_by IS NOT NULL AND revoked_at IS NULL"

static void test_shipped(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(n_shipped, 2);
	assert_int_equal(separate(f, "block", "nowhere"), ERR_INVALID_VALUE);
	assert_int_equal(AS(f, "P3", duty_add_rights, P_STR(fresh_id(&f->op)), P_NULL, S("Q"), S("q"), S("grant"), S("grant"), S("unit"), S("warn"), S("b")), ERR_INVALID_VALUE);
	assert_int_equal(AS(f, "WA", duty_add_rights, P_STR(fresh_id(&f->op)), P_NULL, S("Q"), S("q"), S("grant"), S("approve"), S("unit"), S("warn"), S("b")), ERR_OUT_OF_SCOPE);
	assert_int_equal(separate(f, "warn", "unit"), 0);
	assert_null(json_object_get(f->body, "role_a"));
	/* What is only told of stops nobody. */
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", "approve", NULL), 0);
	assert_int_equal(side_i64(GIVEN), 1);
}

/* Not both in one, nor one beside the other where they meet, whichever account of the person it is. */
static void test_within_a_unit(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(separate(f, "block", "unit"), 0);
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", "approve", NULL), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(f->op.error.n_args, 1);
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", "read", NULL), 0);
	assert_int_equal(give(f, "annv", "phuongdt", "40", "approve", NULL, NULL), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(give(f, "annv", "phuongdt", "16681.VP", "approve", NULL, NULL), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(give(f, "annv", "vp.qt", "16681", "approve", NULL, NULL), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(give(f, "annv", "phuongdt", "16690", "approve", NULL, NULL), 0);
	/* With the end of the one, the other is free; with an exception too. */
	side("UPDATE sen.admin_scope SET revoked_at = now() WHERE granted_by IS NOT NULL AND 'grant' = ANY (rights)");
	assert_int_equal(give(f, "annv", "vp.qt", "16681", "approve", NULL, NULL), 0);
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", NULL, NULL), ERR_SEPARATION_OF_DUTIES);
	side("INSERT INTO sen.duty_exception (id, duty_id, person_id, reason, valid_to, asked_by, approved_by, approved_at) SELECT gen_random_uuid(), d.id, n.id, 'x', now() + interval '1 day',"
	     " a.id, b.id, now() FROM sen.duty_rule d, sen.person n, sen.account a, sen.account b WHERE n.employee_code = 'VP' AND a.login = 'annv' AND b.login = 'vp.qt'");
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", NULL, NULL), 0);
}

static void test_everywhere(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(separate(f, "block", "everywhere"), 0);
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", NULL, NULL), 0);
	assert_int_equal(give(f, "annv", "phuongdt", "16690", "approve", NULL, NULL), ERR_SEPARATION_OF_DUTIES);
	side("UPDATE sen.duty_rule SET within = 'platform'; UPDATE sen.admin_scope SET platform_id = (SELECT id FROM sen.platform WHERE code = 'P02') WHERE granted_by IS NOT NULL");
	assert_int_equal(give(f, "annv", "phuongdt", "16690", "approve", NULL, NULL), ERR_SEPARATION_OF_DUTIES);
	struct principal p = gov_principal(&f->op, "annv");
	const struct str rights[] = { STR("approve") };
	struct scoping_request gift = { .login = STR("phuongdt"), .unit = STR("16681"), .platform = STR("P02"), .rights = rights, .n_rights = 1 };
	struct scope scope;
	bool added;
	op_forgive(&f->op);
	gift.unit = STR("16690");
	assert_int_equal(scoping_add(&f->op, &p, &gift, &scope, &added), ERR_SEPARATION_OF_DUTIES);
	op_forgive(&f->op);
	gift.platform = STR("P03");
	assert_int_equal(scoping_add(&f->op, &p, &gift, &scope, &added), 0);
}

/* Where two give a scope, it is asked again when the second one does. */
static void test_asked_again(void **state)
{
	struct fixture *f = *state;
	struct str second = gov_login(&f->op, "P2");
	const char *p2 = arena_cstr(f->op.arena, second);
	bool waits;

	side("UPDATE sen.role SET sensitivity = 'high' WHERE code = 'MC'");
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "read", "grant", &waits), 0);
	assert_true(waits);
	assert_int_equal(give(f, p2, "phuongdt", "16681", "read", "grant", &waits), 0);
	assert_int_equal(side_i64(GIVEN), 1);
	assert_int_equal(give(f, "annv", "vp.qt", "16681", "read", "approve", &waits), 0);
	assert_true(waits);
	assert_int_equal(separate(f, "block", "unit"), 0);
	assert_int_equal(give(f, p2, "vp.qt", "16681", "read", "approve", &waits), ERR_SEPARATION_OF_DUTIES);
	assert_int_equal(side_i64(GIVEN), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.scope_waiting WHERE closed_at IS NULL"), 1);
	/* Nor is it noted any more. */
	assert_int_equal(give(f, "annv", "vp.qt", "16681.VP", "read", "approve", &waits), ERR_SEPARATION_OF_DUTIES);
	side("UPDATE sen.duty_rule SET retired_at = now()");
	assert_int_equal(give(f, p2, "vp.qt", "16681", "read", "approve", &waits), 0);
	assert_int_equal(side_i64(GIVEN), 2);
}

struct giver {
	struct principal who;
	const char *right, *login;
	int result;
};

static void *race(void *argument)
{
	struct giver *g = argument;
	const struct str rights[] = { str_c(g->right) };
	const struct scoping_request gift = { .login = str_c(g->login), .unit = STR("16681"), .rights = rights, .n_rights = 1 };
	struct scope scope;
	struct op op;
	bool added;

	gov_begin(&op, gov_server);
	g->result = scoping_add(&op, &g->who, &gift, &scope, &added);
	gov_end(&op);
	return NULL;
}

/* Both sides at once, to two accounts of one person: one side gets through. */
static void test_fifty_at_once(void **state)
{
	struct giver givers[N_PARALLEL];
	struct fixture *f = *state;

	assert_int_equal(separate(f, "block", "unit"), 0);
	for (int i = 0; i < N_PARALLEL; i++)
		givers[i] = (struct giver){ .who = gov_principal(&f->op, "annv"), .right = i % 2 ? "grant" : "approve", .login = i % 2 ? "phuongdt" : "vp.qt" };
	at_once(race, givers, N_PARALLEL, sizeof(givers[0]));
	assert_int_equal(side_i64("SELECT count(DISTINCT rights) FROM sen.admin_scope WHERE granted_by IS NOT NULL"), 1);
	for (int i = 0; i < N_PARALLEL; i++)
		assert_true(givers[i].result == 0 || givers[i].result == ERR_SEPARATION_OF_DUTIES);
}

/* Who holds both is listed for who sees their scope, page by page, unless excepted. */
static void test_violations(void **state)
{
	struct fixture *f = *state;
	struct str ad = account_of(&f->op, "AD"), other = account_of(&f->op, "OTHER");
	struct db_rows rows;
	json_t *json;

	assert_int_equal(separate(f, "warn", "unit"), 0);
#define LIST(who, after, limit) assert_int_equal(db_run(&f->op, duty_violations, &rows, P_STR(who), after, P_I64(limit)), 0)
	LIST(ad, P_NULL, 50);
	/* AD, P2, WA, W2, OTHER by one scope each. */
	assert_int_equal(rows.n, 5);
	LIST(ad, P_NULL, 2);
	assert_int_equal(rows.n, 2);
	LIST(ad, P_STR(db_str(&rows, 1, 1)), 50);
	assert_int_equal(rows.n, 3);
	LIST(other, P_NULL, 50);
	assert_int_equal(rows.n, 1);
	json = json_read(db_str(&rows, 0, 0), 4, NULL);
	assert_str_equal(json_get_str(json, "right_a"), "grant");
	assert_str_equal(json_get_str(json, "right_b"), "approve");
	assert_true(str_equal(json_get_str(json, "scope_a"), json_get_str(json, "scope_b")));
	assert_str_equal(json_get_str(json, "unit_a"), "16690");
	json_decref(json);
	/* Two scopes of two accounts are as one. */
	assert_int_equal(give(f, "annv", "phuongdt", "16681", "grant", NULL, NULL), 0);
	assert_int_equal(give(f, "annv", "vp.qt", "16681.VP", "approve", NULL, NULL), 0);
	LIST(ad, P_NULL, 50);
	assert_int_equal(rows.n, 6);
	side("INSERT INTO sen.duty_exception (id, duty_id, person_id, reason, valid_to, asked_by, approved_by, approved_at) SELECT gen_random_uuid(), d.id, n.id, 'x', now() + interval '1 day',"
	     " a.id, b.id, now() FROM sen.duty_rule d, sen.person n, sen.account a, sen.account b WHERE n.employee_code = 'VP' AND a.login = 'annv' AND b.login = 'vp.qt'");
	LIST(ad, P_NULL, 50);
	assert_int_equal(rows.n, 5);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_shipped), TEST(test_within_a_unit), TEST(test_everywhere), TEST(test_asked_again), TEST(test_fifty_at_once), TEST(test_violations),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
