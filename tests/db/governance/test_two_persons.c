/* Wherever two persons are demanded, two accounts of one person are one, on PostgreSQL with the rights of the server's role. */
#include "server/governance/duties.h"
#include "server/governance/emergencies.h"
#include "server/governance/import_run_store.h"
#include "server/governance/rules.h"
#include "server/governance/vanished.h"
#include "tests/db/governance/acting.h"

/* P2, WA and W2 hold what they hold a second time, on an account to administer with. */
static int create(void **state)
{
	int r = acting_create(state);

	side("INSERT INTO sen.account (id, person_id, login, kind, reason, status, activated_at) SELECT gen_random_uuid(), n.id, lower(n.employee_code) || '.qt', 'administrator',"
	     " 'quản trị', 'active', now() FROM sen.person n WHERE n.employee_code IN ('P2', 'WA', 'W2');"
	     " INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights) SELECT b.id, gen_random_uuid(), s.unit_id, s.platform_id, s.rights FROM sen.admin_scope s"
	     " JOIN sen.account a ON a.id = s.account_id JOIN sen.account b ON b.person_id = a.person_id AND b.kind = 'administrator'");
	return r;
}

static int as_login(struct fixture *f, const char *login, const struct governed_kind *kind, struct db_param *params, size_t n)
{
	struct principal p = gov_principal(&f->op, login);
	int r;

	op_forgive(&f->op);
	params[1] = P_STR(p.account_id);
	json_decref(f->body);
	f->body = NULL;
	r = governed_write(&f->op, &p, kind, params, n, &f->body);
	return r;
}
/* As whoever signs in with that name. */
#define BY(f, login, kind, ...)                                                                                            \
	as_login((f), (login), &(kind), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param))

DB_QUERY(run_q, DB_READ, "SELECT id FROM sen.import_run");

static size_t inbox(struct fixture *f, const char *login)
{
	struct principal p = gov_principal(&f->op, login);
	struct db_rows rows;

	assert_int_equal(db_run(&f->op, request_inbox, &rows, P_STR(p.account_id), P_NULL, P_I64(10)), 0);
	return rows.n;
}

static void test_requests(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.access_request SET stage_days = 1");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(inbox(f, "wa.qt"), 0);
	assert_int_equal(inbox(f, "w2.qt"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request q CROSS JOIN LATERAL sen.request_asked(q.id) x (id) JOIN sen.account a ON a.id = x.id WHERE a.login = 'wa.qt'"), 0);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.access_request q CROSS JOIN LATERAL sen.request_asked(q.id) x (id) JOIN sen.account a ON a.id = x.id WHERE a.login = 'w2.qt'"), 1);
	assert_int_equal(BY(f, "wa.qt", request_approve, P_STR(id), P_NULL, P_I64(1), S("đồng ý")), ERR_FOUR_EYES);
	assert_int_equal(BY(f, "wa.qt", request_refuse, P_STR(id), P_NULL, P_I64(1), S("không")), ERR_FOUR_EYES);
	assert_int_equal(BY(f, "w2.qt", request_approve, P_STR(id), P_NULL, P_I64(1), S("đồng ý")), 0);
	assert_int_equal(live_grants(), 1);
	/* Nor both stages. */
	side("DELETE FROM sen.access_grant; UPDATE sen.role SET sensitivity = 'high' WHERE code = 'MC'");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "P2", &request_approve, id, 1), 0);
	assert_int_equal(inbox(f, "p2.qt"), 0);
	assert_int_equal(BY(f, "p2.qt", request_approve, P_STR(id), P_NULL, P_I64(2), S("đồng ý")), ERR_FOUR_EYES);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), 0);
	assert_int_equal(live_grants(), 1);
}

/* A deputy's principal is the asker's other account: the deputy decides nothing in its place. */
static void test_deputy(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.admin_scope SET rights = array_remove(rights, 'approve') WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'W2')");
	assert_int_equal(BY(f, "wa.qt", deputy_add, P_STR(fresh_id(&f->op)), P_NULL, S("wa.qt"), P_STR(gov_login(&f->op, "W2")), P_STR(day(f, -1)), P_STR(day(f, 20)), S("Nghỉ phép")), 0);
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(file(f, "P2", "VP", "TK", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	side("UPDATE sen.admin_scope SET rights = rights || ARRAY['approve'] WHERE account_id IN (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'W2')");
}

static void test_emergency(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(BY(f, "wa.qt", emergency_ask, P_STR(id), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Bão"), P_I64(6)), 0);
	assert_int_equal(AS(f, "WA", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_FOUR_EYES);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(AS(f, "P2", emergency_release, P_STR(id), P_NULL, P_I64(1)), 0);
	assert_int_equal(AS(f, "WA", emergency_review, P_STR(id), P_NULL, P_I64(2), S("justified"), S("đã xem")), ERR_FOUR_EYES);
	assert_int_equal(BY(f, "p2.qt", emergency_review, P_STR(id), P_NULL, P_I64(2), S("justified"), S("đã xem")), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "P3", emergency_review, P_STR(id), P_NULL, P_I64(2), S("justified"), S("đã xem")), 0);
}

static void test_rule(void **state)
{
	struct fixture *f = *state;
	const struct str roles[] = { STR("P02/MC") };
	struct str id = fresh_id(&f->op);

	assert_int_equal(BY(f, "p2.qt", rule_draft, P_STR(id), P_NULL, S("R1"), S("Mọi người"), S("QĐ 1"), S("40"), P_NULL, P_NULL, P_NULL, P_NULL, P_NULL,
	                    P_STR(db_array(f->op.arena, roles, 1)), P_NULL, P_NULL), 0);
	assert_int_equal(AS(f, "P2", rule_release, P_STR(id), P_NULL, P_I64(1)), ERR_FOUR_EYES);
	assert_int_equal(live_grants(), 0);
	assert_int_equal(AS(f, "P3", rule_release, P_STR(id), P_NULL, P_I64(1)), 0);
}

static void test_duty_exception(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op), duty;

	assert_int_equal(add_duty(f, "block", "unit"), 0);
	duty = member(f, "id");
	assert_int_equal(BY(f, "p2.qt", duty_except, P_STR(id), P_NULL, P_STR(duty), S("VP"), S("Thiếu người"), S("2099-01-01T00:00:00Z")), 0);
	assert_int_equal(AS(f, "P2", duty_except_approve, P_STR(id), P_NULL), ERR_FOUR_EYES);
	assert_int_equal(AS(f, "P3", duty_except_approve, P_STR(id), P_NULL), 0);
}

/* Held for a second person: neither who began it nor who applied it, under whichever name. */
static void test_held_import(void **state)
{
	struct fixture *f = *state;
	struct import_step step = { .version = 1 };
	struct vanished_feed feed = { .name = STR("Nhân sự"), .employee_codes = (const struct str[]){ STR("VP") }, .n = 1, .n_known = 2 };
	struct principal p = principal_of(f, "P2");
	struct db_rows rows;
	size_t n;
	bool done;

	side("UPDATE sen.admin_scope SET rights = rights || ARRAY['import'] WHERE NOT 'import' = ANY (rights) AND unit_id = (SELECT id FROM sen.unit WHERE code = '40');"
	     " INSERT INTO sen.import_run (id, kind, name, unit_id, complete, state, created_by, applied_by) SELECT gen_random_uuid(), 'persons', 'tệp', u.id, true, 'held', a.id, a.id"
	     " FROM sen.unit u, sen.account a WHERE u.code = '40' AND a.login = 'p2.qt'");
	assert_int_equal(db_run(&f->op, &run_q, &rows), 0);
	step.id = arena_dup(f->op.arena, db_str(&rows, 0, 0));
	step.actor = account_of(&f->op, "P2");
	assert_int_equal(import_step_release(&f->op, &step, &done), 0);
	assert_false(done);
	step.actor = account_of(&f->op, "P3");
	assert_int_equal(import_step_release(&f->op, &step, &done), 0);
	assert_true(done);
	side("DELETE FROM sen.import_run; UPDATE sen.personnel_policy SET vanished_max_n = 0, vanished_max_percent = 1");
	feed.released_by = gov_principal(&f->op, "p2.qt").account_id;
	assert_int_equal(vanished_mark(&f->op, &p, &feed, &n), ERR_FOUR_EYES);
	side("UPDATE sen.personnel_policy SET vanished_max_n = DEFAULT, vanished_max_percent = DEFAULT");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_requests), ACTING_TEST(test_deputy), ACTING_TEST(test_emergency), ACTING_TEST(test_rule), ACTING_TEST(test_duty_exception),
		ACTING_TEST(test_held_import),
	};

	return cmocka_run_group_tests(tests, create, gov_drop);
}
