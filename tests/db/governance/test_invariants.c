/*
 * Random scopes, posts, grants, requests, deputies, duties, rules, reviews and imports, done by random people while time goes by: whatever
 * they try, nobody acts beyond their scope, nothing is without a basis, every end is an end, and everything is on record.  Each act is judged
 * at once by oracle.sql, which keeps what was promised in a time of its own; what must always hold is counted here.
 */
#include "common/model/unit_store.h"
#include "server/governance/delegation.h"
#include "tests/db/governance/venturing.h"

#include <stdio.h>
#include <stdlib.h>

#define N_STEPS 300

/* What must hold at every moment, as counts of what breaks it. */
static const struct {
	const char *name, *sql;
} invariants[] = {
	{ "a decision by who asked, who profits, or a principal who did",
	  "SELECT count(*) FROM sen.request_event e JOIN sen.access_request q ON q.id = e.request_id JOIN sen.account a ON a.id IN (e.actor, e.instead_of)"
	  " WHERE e.kind IN ('approved', 'refused') AND (a.id = q.requested_by OR a.person_id = q.person_id)" },
	{ "two stages by one person",
	  "SELECT count(*) FROM (SELECT FROM sen.request_event WHERE kind = 'approved' GROUP BY request_id, actor HAVING count(*) > 1) x" },
	{ "a deputy without a date that covered the decision",
	  "SELECT count(*) FROM sen.request_event e WHERE e.instead_of IS NOT NULL AND NOT EXISTS (SELECT FROM sen.deputy d WHERE d.deputy = e.actor AND d.principal = e.instead_of"
	  " AND d.valid @> (e.at AT TIME ZONE 'Asia/Ho_Chi_Minh')::date)" },
	{ "a grant to oneself", "SELECT count(*) FROM sen.access_grant g WHERE g.granted_by = g.account_id" },
	{ "a granted request without its grant, or more than one",
	  "SELECT count(*) FROM sen.access_request q WHERE (q.state = 'granted') <> ((SELECT count(*) FROM sen.access_grant g WHERE g.request_id = q.id) = 1)" },
	{ "a grant by request without all its stages",
	  "SELECT count(*) FROM sen.access_grant g JOIN sen.access_request q ON q.id = g.request_id WHERE (SELECT count(*) FROM sen.request_event e WHERE e.request_id = q.id"
	  " AND e.kind = 'approved') <> q.stages" },
	{ "an emergency longer than 72 h, or of one person",
	  "SELECT count(*) FROM sen.access_grant g LEFT JOIN sen.emergency m ON m.id = g.emergency_id WHERE g.origin = 'emergency' AND (g.valid_to IS NULL"
	  " OR g.valid_to > g.valid_from + interval '72 hours' OR m.released_by IS NULL OR m.released_by = m.asked_by)" },
	{ "what a rule gives without its post",
	  "SELECT count(*) FROM sen.access_grant g WHERE g.origin = 'rule' AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now()) AND NOT EXISTS (SELECT FROM sen.post o JOIN sen.account a ON a.person_id = o.person_id"
	  "   JOIN sen.rule_in_force f ON f.rule_id = g.rule_id JOIN sen.unit t ON t.id = f.unit_id JOIN sen.unit u ON u.id = o.unit_id WHERE a.id = g.account_id AND o.id = g.post_id"
	  "   AND u.path LIKE t.path || '%' AND o.title = ANY (f.titles) AND g.role_id = ANY (f.role_ids) AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()))" },
	{ "a post without what the rule gives",
	  "SELECT count(*) FROM sen.rule_in_force f JOIN sen.unit t ON t.id = f.unit_id JOIN sen.post o ON o.title = ANY (f.titles) JOIN sen.unit u ON u.id = o.unit_id AND u.path LIKE t.path || '%'"
	  "   CROSS JOIN unnest(f.role_ids) x (role) WHERE NOT isempty(o.valid * f.valid) AND (upper_inf(o.valid * f.valid) OR upper(o.valid * f.valid) > sen.today())"
	  "   AND NOT EXISTS (SELECT FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id WHERE a.person_id = o.person_id AND g.post_id = o.id AND g.rule_id = f.rule_id"
	  /* What a review took is taken. */
	  "    AND g.role_id = x.role AND (g.revoked_at IS NULL OR g.revoke_reason = 'review'))"
	  "   AND NOT EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL AND d.role_a IS NOT NULL)" },
	{ "a rule released by its author", "SELECT count(*) FROM sen.birthright_version WHERE released_by = drawn_by" },
};

static void check_invariants(int step)
{
	for (size_t i = 0; i < ARRAY_LEN(invariants); i++) {
		int64_t n = side_i64(invariants[i].sql);

		if (n != 0)
			fail_msg("seed of the run, step %d: %lld × %s", step, (long long)n, invariants[i].name);
	}
}

static unsigned seed(void)
{
	const char *text = getenv("SEN_TEST_SEED");
	uint64_t number = 20261127;

	if (text)
		assert_true(str_to_u64(str_c(text), UINT32_MAX, &number));
	return (unsigned)number;
}

/* What each seed comes to; what takes several people at the right time is waited for, and told where it did not come. */
static const char *const always[] = { "grant.add", "grant.revoke", "request.file", "request.approve", "deputy.add", "rule.draft", "rule.release", "emergency.ask", "review.begin",
	                              "scope.add", "post.add" };
static const char *const at_times[] = { "request.refuse", "emergency.release", "review.decide", "duty.add", "duty.except", "scope.revoke", "movement.transfer", "movement.leave",
	                                "movement.suspend", "movement.return" };

static const char *missing(void)
{
	for (size_t i = 0; i < ARRAY_LEN(always); i++)
		if (ventured(always[i]) == 0)
			return always[i];
	if (side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'rule'") == 0)
		return "a grant by rule";
	return NULL;
}

static const char *not_yet(void)
{
	for (size_t i = 0; i < ARRAY_LEN(at_times); i++)
		if (ventured(at_times[i]) == 0)
			return at_times[i];
	if (side_i64("SELECT count(*) FROM sen.request_event WHERE instead_of IS NOT NULL") == 0)
		return "a decision in somebody's place";
	return side_i64("SELECT count(*) FROM sen.admin_scope WHERE confirmed_by IS NOT NULL") == 0 ? "a scope by two" : NULL;
}

static void look_around(int step)
{
	rules_catch_up();
	check_invariants(step);
	side("SELECT oracle.ends()");
}

static void test_whatever_is_tried(_unused_ void **state)
{
	const char *rare = "everything";

	print_message("SEN_TEST_SEED=%u\n", seed());
	roll_from(seed());
	venturing_draw();
	for (int step = 0; step < N_STEPS || (rare && step < 2 * N_STEPS); step++) {
		venture();
		if (roll(10) == 0) {
			days_pass(1 + roll(4));
			side("SELECT oracle.ends()");
		}
		/* Room for more. */
		if (step % 100 == 99)
			venturing_draw();
		if (step % 20 == 19) {
			look_around(step);
			rare = not_yet();
		}
	}
	check_records();
	if (missing())
		fail_msg("nobody succeeded with %s", missing());
	if (rare)
		print_message("nobody came to %s\n", rare);
	print_message("%lld days, %lld grants, %lld decisions, %lld by deputies\n", (long long)side_i64("SELECT days FROM oracle.clock"),
	              (long long)side_i64("SELECT count(*) FROM sen.access_grant"),
	              (long long)side_i64("SELECT count(*) FROM sen.request_event WHERE kind IN ('approved', 'refused')"),
	              (long long)side_i64("SELECT count(*) FROM sen.request_event WHERE instead_of IS NOT NULL"));
}

/* The statements' own answer against the pure one, for scopes of every shape. */
static void test_pure_and_sql_agree(_unused_ void **state)
{
	static const char *const roles[] = { "MC", "TK" };
	size_t n_yes = 0;
	struct op op;

	for (unsigned i = 0; i < N_OFFICIALS; i++) {
		gov_begin(&op, gov_server);
		struct principal p = gov_principal(&op, arena_cstr(op.arena, gov_login(&op, arena_cstr(op.arena, arena_printf(op.arena, "E%u", i)))));

		for (size_t u = 0; u < N_UNITS; u++) {
			for (size_t k = 0; k < ARRAY_LEN(roles); k++) {
				char sql[600];
				struct delegation_object object = { .person_id = STR("x"), .rank = k == 0 ? RANK_NORMAL : RANK_LOW };

				(void)snprintf(sql, sizeof(sql), "SELECT id FROM sen.role WHERE code = '%s' AND platform_id = (SELECT id FROM sen.platform WHERE code = 'P02')", roles[k]);
				object.role_id = side_i64(sql);
				object.platform_id = side_i64("SELECT id FROM sen.platform WHERE code = 'P02'");
				(void)snprintf(sql, sizeof(sql), "SELECT sen.scope_covers('%.*s', 'grant', u.path, %lld::smallint, %lld::integer)::integer FROM sen.unit u WHERE code = '%s'",
				               STR_ARG(p.account_id), (long long)object.platform_id, (long long)object.role_id, venture_units[u]);
				bool covered = side_i64(sql) == 1;
				struct unit found;

				assert_int_equal(unit_find(&op, str_c(venture_units[u]), &found), 0);
				object.unit_path = found.path;
				assert_int_equal(delegation_check(&p, RIGHT_GRANT, &object), covered ? 0 : ERR_OUT_OF_SCOPE);
				n_yes += covered;
			}
		}
		gov_end(&op);
	}
	assert_in_range(n_yes, 1, N_OFFICIALS * 8 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whatever_is_tried), cmocka_unit_test(test_pure_and_sql_agree) };

	return cmocka_run_group_tests(tests, venturing_create, gov_drop);
}
