/* How roles are granted: which policy counts, what it says of ends; whose platform it is; which duties meet; what ends is told before. */
#include "common/model/unit_store.h"
#include "server/governance/access_reviews.h"
#include "server/governance/duties.h"
#include "server/governance/emergencies.h"
#include "server/governance/granting.h"
#include "tests/db/governance/acting.h"

#include <stdio.h>

static int policy(struct fixture *f, const char *platform, const char *role, const char *sensitivity, struct db_param max_days)
{
	struct db_param params[] = { P_NULL, platform ? P_C(platform) : P_NULL, role ? P_C(role) : P_NULL, sensitivity ? P_C(sensitivity) : P_NULL, P_I64(1), P_I64(5),
		                     max_days, P_BOOL(max_days.type == DB_P_NULL), P_BOOL(true), P_NULL, P_I64(0) };

	return as(f, "P3", &policy_set, params, ARRAY_LEN(params), 0);
}

static void forget_policies(void)
{
	side("DELETE FROM sen.grant_policy WHERE role_id IS NOT NULL OR platform_id IS NOT NULL OR sensitivity = 'normal';"
	     " UPDATE sen.grant_policy SET direct = sensitivity IS NULL, direct_by = NULL, max_days = NULL, end_required = false");
}

/* Asked for and granted without an end: in how many days both end; 0: never, -1: refused. */
static int64_t ends_in(struct fixture *f, const char *whom)
{
	struct str id;
	int r = file(f, "WA", whom, "MC", &id);
	int64_t days;

	if (r < 0 || grant_direct(f, whom, "MC") < 0)
		return -1;
	days = side_i64("SELECT coalesce(max(round(extract(epoch FROM q.valid_to - now()) / 86400)::integer), 0) FROM sen.access_request q WHERE q.state = 'open'");
	assert_int_equal(side_i64("SELECT coalesce(max(round(extract(epoch FROM g.valid_to - now()) / 86400)::integer), 0) FROM sen.access_grant g"), days);
	side("DELETE FROM sen.request_event; DELETE FROM sen.access_request; DELETE FROM sen.access_grant");
	return days;
}

/* The most particular counts: role, platform, sensitivity, the rest; whatever the others say. */
static void test_precedence(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(ends_in(f, "VP"), 0);
	side("UPDATE sen.grant_policy SET max_days = 50 WHERE num_nonnulls(role_id, platform_id, sensitivity) = 0");
	assert_int_equal(ends_in(f, "VP"), 50);
	assert_int_equal(policy(f, NULL, NULL, "normal", P_I64(60)), 0);
	assert_int_equal(ends_in(f, "VP"), 60);
	assert_int_equal(policy(f, "P03", NULL, NULL, P_I64(5)), 0);
	assert_int_equal(policy(f, "P02", NULL, NULL, P_I64(70)), 0);
	assert_int_equal(ends_in(f, "VP"), 70);
	assert_int_equal(policy(f, "P02", "TK", NULL, P_I64(6)), 0);
	assert_int_equal(policy(f, "P02", "MC", NULL, P_I64(80)), 0);
	assert_int_equal(ends_in(f, "VP"), 80);
	forget_policies();
}

static int grant_until(struct fixture *f, struct str valid_to)
{
	struct principal p = principal_of(f, "P2");
	const struct granting_request request = { .employee_code = STR("VP"), .platform = STR("P02"), .role = STR("MC"), .basis = STR("QĐ"), .valid_to = valid_to };
	struct grant grant;
	bool added;

	op_forgive(&f->op);
	return granting_add(&f->op, &p, &request, &grant, &added);
}

static int ask_until(struct fixture *f, struct str valid_to)
{
	return AS(f, "WA", request_file, P_STR(fresh_id(&f->op)), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Tờ trình"), S("Cần"), P_NULL, P_STR(valid_to));
}

/* An end that is wanted is asked for; one that is too late is refused: to who asks and to who gives directly. */
static void test_ends(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(policy(f, "P02", "MC", NULL, P_NULL), 0);
	assert_int_equal(ends_in(f, "VP"), -1);
	assert_int_equal(grant_until(f, STR_NULL), ERR_INVALID_VALUE);
	assert_int_equal(ask_until(f, STR_NULL), ERR_INVALID_VALUE);
	assert_int_equal(grant_until(f, day(f, 300)), 0);
	assert_int_equal(ask_until(f, day(f, 300)), 0);
	side("DELETE FROM sen.request_event; DELETE FROM sen.access_request; DELETE FROM sen.access_grant");
	forget_policies();
	assert_int_equal(policy(f, "P02", "MC", NULL, P_I64(30)), 0);
	assert_int_equal(grant_until(f, day(f, 40)), ERR_INVALID_VALUE);
	assert_int_equal(ask_until(f, day(f, 40)), ERR_INVALID_VALUE);
	assert_int_equal(grant_until(f, day(f, 20)), 0);
	assert_int_equal(ask_until(f, day(f, 20)), 0);
	forget_policies();
}

/* The second stage is whose platform it is: the managing unit's, or that of a scope which names it. */
static void test_platform_named(void **state)
{
	struct fixture *f = *state;
	struct str id;

	side("UPDATE sen.role SET sensitivity = 'high' WHERE code = 'MC'; UPDATE sen.platform SET managing_unit = '16690' WHERE code = 'P02'");
	assert_int_equal(file(f, "WA", "VP", "MC", &id), 0);
	assert_int_equal(decide(f, "W2", &request_approve, id, 1), 0);
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET platform_id = (SELECT id FROM sen.platform WHERE code = 'P03') WHERE account_id ="
	     " (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P3')");
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET platform_id = (SELECT id FROM sen.platform WHERE code = 'P02') WHERE account_id ="
	     " (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P3')");
	assert_int_equal(decide(f, "P3", &request_approve, id, 2), 0);
	assert_int_equal(live_grants(), 1);
	side("UPDATE sen.admin_scope SET platform_id = NULL WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = 'P3');"
	     " UPDATE sen.platform SET managing_unit = '40' WHERE code = 'P02'");
}

static const struct {
	const char *platform, *role;
} holdings[] = { { "P02", "MC" }, { "P02", "TK" }, { "P03", "MC" }, { "P03", "ND" } };
static const char *const places[] = { "40", "16681", "16681.VP", "16690" };
static const char *const withins[] = { "unit", "platform", "everywhere" };

static int64_t platform_id(const char *code)
{
	char sql[100];

	(void)snprintf(sql, sizeof(sql), "SELECT id FROM sen.platform WHERE code = '%s'", code);
	return code[0] ? side_i64(sql) : -1;
}

/* What VP holds, and where, against what would be given, and where; by the statements. */
static bool meets(size_t held, size_t at, size_t given, size_t there)
{
	char sql[900];

	(void)snprintf(sql, sizeof(sql),
	               "UPDATE sen.access_grant SET role_id = (SELECT r.id FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = '%s' AND r.code = '%s'),"
	               " unit_id = (SELECT id FROM sen.unit WHERE code = '%s')", holdings[held].platform, holdings[held].role, places[at]);
	side(sql);
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.person n, sen.role r, sen.platform p, sen.unit u CROSS JOIN LATERAL sen.duty_conflicts(n.id, r.id, u.id) c"
	               " WHERE n.employee_code = 'VP' AND r.code = '%s' AND p.id = r.platform_id AND p.code = '%s' AND u.code = '%s'", holdings[given].role, holdings[given].platform,
	               places[there]);
	return side_i64(sql) > 0;
}

static struct duty_holding holding(struct fixture *f, size_t what, size_t where)
{
	struct unit unit;

	assert_int_equal(unit_find(&f->op, str_c(places[where]), &unit), 0);
	return (struct duty_holding){ .platform = platform_id(holdings[what].platform), .role = str_c(holdings[what].role), .unit_path = unit.path };
}

static size_t compare(struct fixture *f, const struct duty_pair *pair)
{
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_LEN(holdings) * ARRAY_LEN(places) * ARRAY_LEN(holdings) * ARRAY_LEN(places); i++) {
		size_t held = i % 4, at = i / 4 % 4, given = i / 16 % 4, there = i / 64;

		/* The pairs of places that differ: up, down, beside, the same. */
		if (at > 2 || (there > 1 && there != 3))
			continue;
		const struct duty_holding has = holding(f, held, at), gets = holding(f, given, there);
		bool expected = duty_excludes(pair, &has, &gets);

		n += expected;
		if (meets(held, at, given, there) != expected)
			fail_msg("%s %s at %s and %s %s at %s: expected %d", holdings[held].platform, holdings[held].role, places[at], holdings[given].platform, holdings[given].role,
			         places[there], expected);
	}
	return n;
}

/* The statements find what the rule says: within a unit, a platform, everywhere; sides of one platform or of each, either way round. */
static void test_pairs(void **state)
{
	static const struct {
		const char *platform_a, *role_a, *platform_b, *role_b;
	} sides[] = { { "P02", "MC", "P02", "TK" }, { "", "MC", "", "TK" }, { "", "ND", "P03", "MC" }, { "P02", "TK", "", "ND" } };
	struct fixture *f = *state;
	char sql[600];

	gov_import("roles", "platform_code,code,name,level,sensitivity,verified\nP03,MC,Một cửa,,low,chưa xác minh\n", NULL);
	assert_int_equal(grant_direct(f, "VP", "TK"), 0);
	side("SET session_replication_role = replica");
	for (size_t i = 0; i < ARRAY_LEN(sides); i++) {
		for (size_t within = 0; within < ARRAY_LEN(withins); within++) {
			const struct duty_pair pair = { .platform_a = platform_id(sides[i].platform_a), .platform_b = platform_id(sides[i].platform_b), .role_a = str_c(sides[i].role_a),
				                        .role_b = str_c(sides[i].role_b), .within = (enum duty_within[]){ DUTY_UNIT, DUTY_PLATFORM, DUTY_EVERYWHERE }[within] };

			(void)snprintf(sql, sizeof(sql), "DELETE FROM sen.duty_rule; INSERT INTO sen.duty_rule (id, code, name, platform_a, role_a, platform_b, role_b, within, severity, basis,"
			               " made_by) SELECT gen_random_uuid(), 'D', 'D', (SELECT id FROM sen.platform WHERE code = '%s'), '%s', (SELECT id FROM sen.platform WHERE code = '%s'),"
			               " '%s', '%s', 'block', 'b', (SELECT id FROM sen.account WHERE login = 'annv')", sides[i].platform_a, sides[i].role_a, sides[i].platform_b, sides[i].role_b,
			               withins[within]);
			side(sql);
			size_t n = compare(f, &pair);
			/* Two platforms are never one. */
			assert_int_equal(n == 0, i == 3 && within == 1);
		}
	}
	side("SET session_replication_role = DEFAULT; DELETE FROM sen.duty_rule; DELETE FROM sen.access_grant;"
	     " DELETE FROM sen.role WHERE code = 'MC' AND platform_id = (SELECT id FROM sen.platform WHERE code = 'P03')");
}

static int64_t told_of(const char *kind, const char *code)
{
	char sql[300];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.notice n JOIN sen.account a ON a.id = n.account_id JOIN sen.person p ON p.id = a.person_id"
	               " WHERE n.kind = '%s' AND p.employee_code = '%s'", kind, code);
	return side_i64(sql);
}

#define RUN "; SELECT sen.notices_run(); SELECT sen.notices_run()"
#define SCOPE_OF(code) " WHERE account_id = (SELECT a.id FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE n.employee_code = '" code "')"

/* Two weeks before a scope ends: whose it is, and who gave it. */
static void test_scope_expires(void **state)
{
	(void)state;
	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round; UPDATE sen.admin_scope SET valid_to = now() + interval '15 days', granted_by ="
	     " (SELECT id FROM sen.account WHERE login = 'annv')" SCOPE_OF("W2") RUN);
	assert_int_equal(told_of("scope_expires", "W2"), 0);
	side("UPDATE sen.admin_scope SET valid_to = now() + interval '13 days'" SCOPE_OF("W2") RUN);
	assert_int_equal(told_of("scope_expires", "W2"), 1);
	assert_int_equal(told_of("scope_expires", "AD"), 1);
	assert_int_equal(told_of("scope_expires", "WA") + told_of("scope_expires", "P2"), 0);
	side("UPDATE sen.admin_scope SET valid_to = NULL, granted_by = NULL" SCOPE_OF("W2"));
}

/* Who did not answer in time is told, and listed for who sees both the unit and the role. */
static void test_overdue(void **state)
{
	struct fixture *f = *state;
	struct db_rows rows;

	side("DELETE FROM sen.notice; DELETE FROM sen.notice_round");
	assert_int_equal(grant_direct(f, "VP", "MC"), 0);
	assert_int_equal(AS(f, "P2", review_begin, P_STR(fresh_id(&f->op)), P_NULL, S("RO"), S("RO"), S("grants"), S("16681"), S("P02"), S("low"), S("2099-01-01"), S("keep")), 0);
	side("SELECT sen.review_step(id, made_by) FROM sen.review_campaign" RUN);
	assert_int_equal(told_of("review_overdue", "WA"), 0);
#define LISTED(who) (db_run(&f->op, review_overdue, &rows, P_STR(account_of(&f->op, who)), P_NULL, P_I64(10)) == 0 ? (int)rows.n : -1)
	assert_int_equal(LISTED("WA"), 0);
	side("UPDATE sen.review_campaign SET deadline = now() - interval '1 minute'" RUN);
	assert_int_equal(told_of("review_overdue", "WA"), 1);
	assert_int_equal(told_of("review_overdue", "OTHER"), 0);
	assert_int_equal(LISTED("WA"), 1);
	assert_int_equal(LISTED("P2"), 1);
	assert_int_equal(LISTED("OTHER"), 0);
	/* Another platform's administrator does not count what is not theirs. */
	side("UPDATE sen.admin_scope SET platform_id = (SELECT id FROM sen.platform WHERE code = 'P03')" SCOPE_OF("WA"));
	assert_int_equal(LISTED("WA"), 0);
	side("UPDATE sen.admin_scope SET platform_id = NULL" SCOPE_OF("WA"));
}

/* Who asked for an emergency may still grant when it is released. */
static void test_emergency_asks_again(void **state)
{
	struct fixture *f = *state;
	struct str id = fresh_id(&f->op);

	assert_int_equal(AS(f, "WA", emergency_ask, P_STR(id), P_NULL, S("VP"), S("P02"), S("MC"), P_NULL, S("Bão"), P_I64(6)), 0);
	side("UPDATE sen.admin_scope SET rights = array_remove(rights, 'grant')" SCOPE_OF("WA"));
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), ERR_OUT_OF_SCOPE);
	side("UPDATE sen.admin_scope SET rights = rights || ARRAY['grant']" SCOPE_OF("WA"));
	assert_int_equal(AS(f, "W2", emergency_release, P_STR(id), P_NULL, P_I64(1)), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		ACTING_TEST(test_precedence), ACTING_TEST(test_ends),          ACTING_TEST(test_platform_named),
		ACTING_TEST(test_pairs),      ACTING_TEST(test_scope_expires), ACTING_TEST(test_overdue),
		ACTING_TEST(test_emergency_asks_again),
	};

	return cmocka_run_group_tests(tests, acting_create, gov_drop);
}
