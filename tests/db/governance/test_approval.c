/* What needs approval is given by request, or by two, on PostgreSQL with the rights of the server's role. */
#include "common/model/grant_store.h"
#include "server/governance/duties.h"
#include "server/governance/granting.h"
#include "server/governance/rules.h"
#include "server/governance/scoping.h"
#include "tests/db/governance/acting.h"
#include "tests/unit/at_once.h"

#include <stdio.h>

#define POLICY_OF_MC "SELECT coalesce((SELECT y.version FROM sen.grant_policy y JOIN sen.role r ON r.id = y.role_id WHERE r.code = 'MC'), 0)"

DB_QUERY(found_q, DB_READ,
         "SELECT a.id, r.id, u.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id, sen.role r, sen.unit u"
         " WHERE n.employee_code = 'VP' AND r.code = 'MC' AND u.code = '16681.VP'");

static int set_up(void **state)
{
	int r = acting_set_up(state);

	side("DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL OR sensitivity = 'low'; DELETE FROM sen.scope_waiting; DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL");
	return r;
}

static void sensitive(const char *word)
{
	char sql[120];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.role SET sensitivity = '%s' WHERE code = 'MC'", word);
	side(sql);
}

static int give(struct fixture *f, const char *who, const char *role)
{
	struct principal p = principal_of(f, who);
	struct granting_request request = { .employee_code = STR("VP"), .platform = STR("P02"), .role = str_c(role), .basis = STR("QĐ") };
	struct grant grant;
	bool added;

	op_forgive(&f->op);
	return granting_add(&f->op, &p, &request, &grant, &added);
}

/* As AS(), of what has no id: the actor comes first. */
#define FIRST(f, code, kind, ...)                                                                                            \
	as((f), (code), &(kind), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param), 0)

/* direct: "true", "false", or NULL: as it was. */
static int set_policy(struct fixture *f, const char *who, const char *role, const char *sensitivity, const char *direct, int64_t seen)
{
	return FIRST(f, who, policy_set, P_NULL, role ? S("P02") : P_NULL, role ? P_C(role) : P_NULL, sensitivity ? P_C(sensitivity) : P_NULL, P_I64(1), P_I64(5), P_NULL,
	          P_BOOL(false), direct ? P_C(direct) : P_NULL, P_NULL, P_I64(seen));
}

static void test_direct_grant(void **state)
{
	struct fixture *f = *state;
	struct principal p = principal_of(f, "P2");
	struct granting_request rows[] = {
		{ .employee_code = STR("VP"), .platform = STR("P02"), .role = STR("MC"), .basis = STR("QĐ") },
		{ .employee_code = STR("VP"), .platform = STR("P02"), .role = STR("TK"), .basis = STR("QĐ") },
	};
	struct granting_result results[2];
	struct grant grant;
	struct db_rows found;
	bool committed, added;
	struct str id;

	sensitive("high");
	assert_int_equal(give(f, "P2", "MC"), ERR_APPROVAL_NEEDED);
	assert_int_equal(granting_bulk(&f->op, &p, &(struct granting_bulk){ rows, 2, false }, results, &committed), 0);
	assert_true(committed && results[0].error.code == ERR_APPROVAL_NEEDED && results[1].error.code == 0);
	assert_int_equal(live_grants(), 1);
	/* What was believed before the policy changed: the statement asks again. */
	assert_int_equal(db_run(&f->op, &found_q, &found), 0);
	const struct grant_new believed = { .account_id = db_str(&found, 0, 0), .role_id = db_i64(&found, 0, 1), .unit_id = db_i64(&found, 0, 2), .basis = STR("QĐ"),
		                            .granted_by = p.account_id };
	assert_int_equal(grant_add(&f->op, &believed, &grant, &added), ERR_OUT_OF_SCOPE);
	op_forgive(&f->op);
	assert_int_equal(live_grants(), 1);
	/* Asked for, and decided on by others: so it is given. */
	assert_int_equal(file(f, "P2", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), 0);
	assert_int_equal(live_grants(), 2);
	/* What was given before it became sensitive stays, and is not given anew. */
	sensitive("normal");
	assert_int_equal(give(f, "P2", "MC"), 0);
	sensitive("high");
	assert_int_equal(give(f, "P2", "MC"), 0);
	assert_int_equal(live_grants(), 3);
}

static void test_import(void **state)
{
	struct fixture *f = *state;
	struct principal p = principal_of(f, "P2");
	struct import_request request = { .kind = "grants", .csv = STR("employee_code,platform_code,role_code,basis\nVP,P02,MC,QĐ 1\n"), .actor = STR("account:P2"),
		                          .principal = &p };
	struct import_report report;

	sensitive("high");
	assert_int_equal(import_run(&f->op, &request, &report), ERR_IMPORT);
	assert_int_equal(report.errors[0].fault, IMPORT_GRANT_REFUSED);
	assert_int_equal(report.errors[0].line, 2);
	assert_int_equal(live_grants(), 0);
	op_forgive(&f->op);
	sensitive("normal");
	assert_int_equal(import_run(&f->op, &request, &report), 0);
	assert_int_equal(live_grants(), 1);
}

/* By policy: one opens it, others use it; a privileged role wants a policy of its own. */
static void test_policy(void **state)
{
	struct fixture *f = *state;

	sensitive("high");
	assert_int_equal(set_policy(f, "P2", "MC", NULL, "true", 0), 0);
	assert_int_equal(give(f, "P2", "MC"), ERR_APPROVAL_NEEDED);
	/* Setting the rest of it again changes nothing about who opened it. */
	assert_int_equal(set_policy(f, "P3", "MC", NULL, NULL, 1), 0);
	assert_int_equal(give(f, "P2", "MC"), ERR_APPROVAL_NEEDED);
	assert_int_equal(give(f, "WA", "MC"), 0);
	side("DELETE FROM sen.access_grant");
	assert_int_equal(set_policy(f, "P3", "MC", NULL, "false", 2), 0);
	assert_int_equal(give(f, "WA", "MC"), ERR_APPROVAL_NEEDED);
	side("DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL");
	sensitive("privileged");
	side("UPDATE sen.grant_policy SET direct = true WHERE sensitivity = 'privileged'");
	assert_int_equal(give(f, "WA", "MC"), ERR_APPROVAL_NEEDED);
	side("UPDATE sen.grant_policy SET direct = false WHERE sensitivity = 'privileged'");
	assert_int_equal(set_policy(f, "P2", "MC", NULL, "true", 0), 0);
	assert_int_equal(give(f, "WA", "MC"), 0);
	/* A new one asks for approval unless it says otherwise. */
	side("DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL; DELETE FROM sen.access_grant");
	sensitive("normal");
	assert_int_equal(set_policy(f, "P2", "MC", NULL, NULL, 0), 0);
	assert_int_equal(give(f, "WA", "MC"), ERR_APPROVAL_NEEDED);
}

struct setter {
	struct principal who;
	const char *class;
	int result;
};

static void *set_class(void *argument)
{
	struct setter *s = argument;
	const struct db_param params[] = { P_STR(s->who.account_id), S("Văn thư"), P_C(s->class), P_I64(1) };
	json_t *body = NULL;
	struct op op;

	gov_begin(&op, gov_server);
	s->result = governed_write(&op, &s->who, &class_set, params, ARRAY_LEN(params), &body);
	json_decref(body);
	gov_end(&op);
	return NULL;
}

/* Against the version that was seen: one of fifty wins, the others are told. */
static void test_versions(void **state)
{
	static const char *const classes[] = { "VT1", "VT2" };
	struct fixture *f = *state;
	struct setter setters[N_PARALLEL];
	int won = 0;

	assert_int_equal(set_policy(f, "P2", "MC", NULL, "true", 1), ERR_PRECONDITION_FAILED);
	assert_int_equal(set_policy(f, "P2", "MC", NULL, "true", 0), 0);
	assert_int_equal(set_policy(f, "P3", "MC", NULL, "false", 0), ERR_PRECONDITION_FAILED);
	assert_int_equal(set_policy(f, "OTHER", "MC", NULL, "false", 1), ERR_OUT_OF_SCOPE);
	assert_int_equal(set_policy(f, "P3", "MC", NULL, "false", 1), 0);
	assert_int_equal(side_i64(POLICY_OF_MC), 2);
	assert_int_equal(set_policy(f, "P3", NULL, "low", "true", 0), 0);

	assert_int_equal(FIRST(f, "P2", class_set, P_NULL, S("Văn thư"), S("VT"), P_I64(0)), 0);
	assert_int_equal(FIRST(f, "P3", class_set, P_NULL, S("Văn thư"), S("VT"), P_I64(0)), ERR_PRECONDITION_FAILED);
	for (size_t i = 0; i < N_PARALLEL; i++)
		setters[i] = (struct setter){ .who = principal_of(f, i % 2 ? "P2" : "P3"), .class = classes[i % 2] };
	AT_ONCE(set_class, setters);
	for (size_t i = 0; i < N_PARALLEL; i++) {
		won += setters[i].result == 0;
		assert_true(setters[i].result == 0 || setters[i].result == ERR_PRECONDITION_FAILED || setters[i].result == ERR_CONFLICT);
	}
	assert_int_equal(won, 1);
	assert_int_equal(side_i64("SELECT version FROM sen.position_class WHERE title = 'Văn thư'"), 2);
}

static int hand_on(struct fixture *f, const struct principal *p, const struct scoping_request *gift, struct scope *scope, bool *added)
{
	op_forgive(&f->op);
	return scoping_add(&f->op, p, gift, scope, added);
}

#define SCOPES_OF_VP "SELECT count(*) FROM sen.live_scope s JOIN sen.account a ON a.id = s.account_id JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'VP'"
static const struct str granting[] = { STR("read"), STR("grant") }, reading[] = { STR("read"), STR("personnel") };

static void test_scope_by_two(void **state)
{
	struct fixture *f = *state;
	struct principal first = principal_of(f, "AD"), second = principal_of(f, "P2");
	struct scoping_request gift = { .login = gov_login(&f->op, "VP"), .unit = STR("16681"), .rights = granting, .n_rights = 2 };
	struct scope scope, again;
	bool added, changed;

	/* Nothing that it hands out needs approval: one is enough. */
	assert_int_equal(hand_on(f, &first, &gift, &scope, &added), 0);
	assert_true(added && str_is_null(scope.waits_until));
	side("DELETE FROM sen.admin_scope WHERE granted_by IS NOT NULL");
	sensitive("privileged");
	assert_int_equal(hand_on(f, &first, &gift, &scope, &added), 0);
	assert_true(!added && !str_is_null(scope.waits_until));
	assert_int_equal(side_i64(SCOPES_OF_VP), 0);
	/* The same person again is no second one; who may not give it is none either. */
	assert_int_equal(hand_on(f, &first, &gift, &again, &added), 0);
	assert_true(!added && str_equal(again.id, scope.id));
	struct principal ward = principal_of(f, "WA");
	assert_int_equal(hand_on(f, &ward, &gift, &again, &added), ERR_OUT_OF_SCOPE);
	/* Something else waits on its own. */
	gift.rights = (const struct str[]){ STR("read"), STR("approve") };
	assert_int_equal(hand_on(f, &second, &gift, &again, &added), 0);
	assert_true(!added && !str_equal(again.id, scope.id));
	assert_int_equal(scoping_revoke(&f->op, &ward, again.id, &changed), ERR_NOT_FOUND);
	op_forgive(&f->op);
	assert_int_equal(scoping_revoke(&f->op, &second, again.id, &changed), 0);
	assert_int_equal(side_i64(SCOPES_OF_VP), 0);
	gift.rights = granting;
	assert_int_equal(hand_on(f, &second, &gift, &again, &added), 0);
	assert_true(added);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.admin_scope s JOIN sen.account a ON a.id = s.granted_by JOIN sen.account b ON b.id = s.confirmed_by WHERE a.login = 'annv'"), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.scope_waiting WHERE closed_at IS NULL"), 0);
	assert_int_equal(hand_on(f, &first, &gift, &again, &added), 0);
	assert_false(added || !str_is_null(again.waits_until));
}

static void test_scope_by_one(void **state)
{
	struct fixture *f = *state;
	struct principal first = principal_of(f, "AD"), second = principal_of(f, "P2");
	struct scoping_request gift = { .login = gov_login(&f->op, "VP"), .unit = STR("16681"), .rights = granting, .n_rights = 2, .max_sensitivity = STR("normal") };
	struct scope scope;
	bool added;

	sensitive("high");
	/* Under a cap below it, or without a right that hands roles out. */
	assert_int_equal(hand_on(f, &first, &gift, &scope, &added), 0);
	assert_true(added);
	gift.unit = STR("40");
	gift.rights = reading;
	gift.max_sensitivity = STR_NULL;
	assert_int_equal(hand_on(f, &first, &gift, &scope, &added), 0);
	assert_true(added);
	/* What the first may not give any more waits for nobody. */
	gift.unit = STR("16681.VP");
	gift.rights = granting;
	assert_int_equal(hand_on(f, &second, &gift, &scope, &added), 0);
	side("UPDATE sen.admin_scope SET rights = array_remove(rights, 'delegate') WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P2')");
	assert_int_equal(hand_on(f, &first, &gift, &scope, &added), 0);
	assert_true(!added && !str_is_null(scope.waits_until));
	side("UPDATE sen.admin_scope SET rights = rights || ARRAY['delegate'] WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P2')");
}

/* Over one place: for this role more, for that one less.  The same roles, in whatever order, are the same. */
static void test_scopes_of_two_shapes(void **state)
{
	struct fixture *f = *state;
	struct principal first = principal_of(f, "AD");
	struct scoping_request more = { .login = gov_login(&f->op, "W2"), .unit = STR("16690"), .platform = STR("P02"), .rights = granting, .n_rights = 2, .roles = &STR("MC"), .n_roles = 1 };
	struct scoping_request less = more, both = more;
	struct granting_request request = { .employee_code = STR("OTHER"), .platform = STR("P02"), .role = STR("MC"), .basis = STR("QĐ") };
	struct scope scope, again;
	struct grant grant;
	bool added;

	less.roles = &STR("TK");
	less.n_rights = 1;
	both.roles = (const struct str[]){ STR("TK"), STR("MC") };
	both.n_roles = 2;
	both.max_sensitivity = STR("low");
	assert_int_equal(hand_on(f, &first, &more, &scope, &added), 0);
	assert_true(added);
	assert_int_equal(hand_on(f, &first, &less, &again, &added), 0);
	assert_true(added && !str_equal(scope.id, again.id));
	assert_int_equal(hand_on(f, &first, &both, &again, &added), 0);
	assert_true(added);
	both.roles = (const struct str[]){ STR("MC"), STR("TK") };
	assert_int_equal(hand_on(f, &first, &both, &scope, &added), 0);
	assert_true(!added && str_equal(scope.id, again.id));
	less.n_rights = 2;
	assert_int_equal(hand_on(f, &first, &less, &scope, &added), ERR_CONFLICT);
	side("UPDATE sen.admin_scope SET revoked_at = now() WHERE max_rank IS NOT NULL");
	/* Each is what it says, and no more. */
	struct principal ward = principal_of(f, "W2");
	op_forgive(&f->op);
	assert_int_equal(granting_add(&f->op, &ward, &request, &grant, &added), 0);
	request.role = STR("TK");
	assert_int_equal(granting_add(&f->op, &ward, &request, &grant, &added), ERR_OUT_OF_SCOPE);
	/* Two that wait for a second person stand beside each other, too. */
	sensitive("high");
	side("UPDATE sen.role SET sensitivity = 'high' WHERE code = 'TK'");
	more.unit = less.unit = STR("16681");
	more.login = less.login = gov_login(&f->op, "VP");
	assert_int_equal(hand_on(f, &first, &more, &scope, &added), 0);
	assert_int_equal(hand_on(f, &first, &less, &again, &added), 0);
	assert_true(!added && !str_equal(scope.id, again.id));
	assert_int_equal(side_i64("SELECT count(*) FROM sen.scope_waiting WHERE closed_at IS NULL"), 2);
	side("UPDATE sen.role SET sensitivity = 'low' WHERE code = 'TK'");
}

struct giver {
	struct principal who;
	struct scoping_request gift;
	bool added;
	int result;
};

static void *hand_on_at_once(void *argument)
{
	struct giver *g = argument;
	struct scope scope;
	struct op op;

	gov_begin(&op, gov_server);
	g->result = scoping_add(&op, &g->who, &g->gift, &scope, &g->added);
	gov_end(&op);
	return NULL;
}

static void test_fifty_seconds_are_one(void **state)
{
	struct fixture *f = *state;
	struct principal first = principal_of(f, "AD"), second = principal_of(f, "P2");
	struct scoping_request gift = { .login = gov_login(&f->op, "VP"), .unit = STR("16681"), .rights = granting, .n_rights = 2 };
	struct giver givers[N_PARALLEL];
	struct scope scope;
	bool added;
	int n = 0;

	sensitive("high");
	assert_int_equal(hand_on(f, &first, &gift, &scope, &added), 0);
	for (size_t i = 0; i < N_PARALLEL; i++)
		givers[i] = (struct giver){ .who = second, .gift = gift };
	AT_ONCE(hand_on_at_once, givers);
	for (size_t i = 0; i < N_PARALLEL; i++) {
		assert_int_equal(givers[i].result, 0);
		n += givers[i].added;
	}
	assert_int_equal(n, 1);
	assert_int_equal(side_i64(SCOPES_OF_VP), 1);
	assert_int_equal(side_i64("SELECT count(*) FROM sen.scope_waiting WHERE closed_at IS NULL"), 0);
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, set_up, acting_tear_down)
int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(test_direct_grant), TEST(test_import), TEST(test_policy), TEST(test_versions), TEST(test_scope_by_two), TEST(test_scope_by_one),
		TEST(test_scopes_of_two_shapes), TEST(test_fifty_seconds_are_one),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
