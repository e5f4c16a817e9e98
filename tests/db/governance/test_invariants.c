/*
 * Random scopes, posts, grants, requests, deputies, duties and rules, done by random people: whatever they try, nobody acts
 * beyond their scope, nothing is without a basis, and every end is an end.  The oracle is written from the rules, not from
 * the statements: sets of units, platforms and roles as the fixture gave them.
 */
#include "common/base/random.h"
#include "common/model/unit_store.h"
#include "server/governance/delegation.h"
#include "server/governance/duties.h"
#include "server/governance/emergencies.h"
#include "server/governance/granting.h"
#include "server/governance/requests.h"
#include "server/governance/rules.h"
#include "tests/db/governance/govdb.h"

#include <stdio.h>
#include <stdlib.h>

#define N_PEOPLE 16
#define N_STEPS 1000
#define S(text) P_STR(STR(text))

static unsigned seed;

static unsigned roll(unsigned n)
{
	/* xorshift32: the same run for the same seed. */
	seed ^= seed << 13;
	seed ^= seed >> 17;
	seed ^= seed << 5;
	return seed % n;
}

static const char *const units[] = { "40", "16681", "16681.VP", "16690" };
static const char *const roles[] = { "MC", "TK" };

static const char setup[] =
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold) SELECT gen_random_uuid(), 'E' || i, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an'"
	"  FROM generate_series(0, 15) i;"
	" INSERT INTO sen.post SELECT p.id, gen_random_uuid(), u.id, 'Chuyên viên ' || (right(p.employee_code, 1)), 'main', '[2025-07-01,)', '1/QĐ' FROM sen.person p"
	"  JOIN sen.unit u ON u.code = (ARRAY['40', '16681', '16681.VP', '16690'])[1 + substr(p.employee_code, 2)::integer % 4] WHERE p.employee_code ~ '^E';"
	" SELECT sen.accounts_ensure(ARRAY(SELECT id FROM sen.person)); UPDATE sen.account SET status = 'active';"
	/* Random scopes: a subtree, one platform or all, some roles or all, capped or not. */
	" INSERT INTO sen.admin_scope (account_id, id, unit_id, platform_id, rights, role_ids, max_rank) SELECT a.id, gen_random_uuid(), u.id,"
	"  CASE WHEN x.one THEN (SELECT id FROM sen.platform WHERE code = 'P02') END, x.rights,"
	"  CASE WHEN x.one AND x.some THEN ARRAY[(SELECT r.id FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND r.code = 'TK')] END,"
	"  CASE WHEN x.capped THEN 0 END"
	"  FROM (SELECT p.id AS person, (ARRAY['40', '16681', '16681.VP', '16690'])[1 + h.n[1] % 4] AS unit, h.n[2] % 2 = 0 AS one, h.n[3] % 2 = 0 AS some, h.n[4] % 5 < 2 AS capped,"
	"   CASE h.n[5] % 4 WHEN 0 THEN ARRAY['read', 'approve'] WHEN 1 THEN ARRAY['read', 'grant', 'revoke'] ELSE ARRAY['read', 'grant', 'approve', 'revoke', 'rules'] END AS rights"
	"   FROM sen.person p CROSS JOIN generate_series(1, 2) n CROSS JOIN LATERAL (SELECT ARRAY(SELECT abs(hashtext(p.employee_code || n || k)) FROM generate_series(1, 5) k) AS n) h"
	"   WHERE p.employee_code ~ '^E') x"
	"  JOIN sen.account a ON a.person_id = x.person JOIN sen.unit u ON u.code = x.unit ON CONFLICT DO NOTHING";

/* What must hold at every moment, as counts of what breaks it. */
static const struct {
	const char *name, *sql;
} invariants[] = {
	{ "a grant by one whose scope does not cover it",
	  "SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.unit u ON u.id = g.unit_id WHERE g.origin = 'direct' AND NOT EXISTS ("
	  " SELECT FROM sen.admin_scope s JOIN sen.unit t ON t.id = s.unit_id WHERE s.account_id = g.granted_by AND 'grant' = ANY (s.rights)"
	  " AND (u.id = t.id OR u.path LIKE t.path || '%') AND coalesce(s.platform_id, r.platform_id) = r.platform_id AND coalesce(r.id = ANY (s.role_ids), true)"
	  " AND (s.max_rank IS NULL OR r.sensitivity = 'low'))" },
	{ "an approval by one who was neither competent nor the deputy of one who was",
	  "SELECT count(*) FROM sen.request_event e JOIN sen.access_request q ON q.id = e.request_id JOIN sen.role r ON r.id = q.role_id JOIN sen.unit u ON u.id = q.unit_id"
	  " WHERE e.kind IN ('approved', 'refused') AND NOT EXISTS (SELECT FROM sen.admin_scope s JOIN sen.unit t ON t.id = s.unit_id"
	  "  WHERE s.account_id = coalesce(e.instead_of, e.actor) AND 'approve' = ANY (s.rights) AND u.path LIKE t.path || '%'"
	  "  AND coalesce(s.platform_id, r.platform_id) = r.platform_id AND coalesce(r.id = ANY (s.role_ids), true) AND (s.max_rank IS NULL OR r.sensitivity = 'low'))" },
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
	{ "a live grant past its end", "SELECT count(*) FROM sen.live_grant l JOIN sen.access_grant g USING (account_id, id) WHERE g.valid_to <= now() OR g.valid_from > now() OR g.suspended_at <= now()" },
	{ "what a rule gives without its post, or a post without what the rule gives",
	  "SELECT (SELECT count(*) FROM sen.access_grant g WHERE g.origin = 'rule' AND g.revoked_at IS NULL AND NOT EXISTS (SELECT FROM sen.post o JOIN sen.account a ON a.person_id = o.person_id"
	  "   JOIN sen.rule_in_force f ON f.rule_id = g.rule_id JOIN sen.unit t ON t.id = f.unit_id JOIN sen.unit u ON u.id = o.unit_id WHERE a.id = g.account_id AND o.id = g.post_id"
	  "   AND u.path LIKE t.path || '%' AND o.title = ANY (f.titles) AND g.role_id = ANY (f.role_ids) AND (upper_inf(o.valid) OR upper(o.valid) > sen.today())))"
	  " + (SELECT count(*) FROM sen.rule_in_force f JOIN sen.unit t ON t.id = f.unit_id JOIN sen.post o ON o.title = ANY (f.titles) JOIN sen.unit u ON u.id = o.unit_id AND u.path LIKE t.path || '%'"
	  "   CROSS JOIN unnest(f.role_ids) x (role) WHERE (upper_inf(o.valid) OR upper(o.valid) > sen.today())"
	  "   AND NOT EXISTS (SELECT FROM sen.access_grant g JOIN sen.account a ON a.id = g.account_id WHERE a.person_id = o.person_id AND g.post_id = o.id AND g.rule_id = f.rule_id"
	  "    AND g.role_id = x.role AND g.revoked_at IS NULL)"
	  "   AND NOT EXISTS (SELECT FROM sen.duty_rule d WHERE d.retired_at IS NULL))" },
	{ "a rule released by its author", "SELECT count(*) FROM sen.birthright_version WHERE released_by = drawn_by" },
	{ "a decision without its record",
	  "SELECT (SELECT count(*) FROM sen.request_event WHERE kind IN ('filed', 'approved', 'refused', 'withdrawn')) - (SELECT count(*) FROM sen.audit WHERE action LIKE 'request.%')" },
};

static void check_invariants(int step)
{
	for (size_t i = 0; i < ARRAY_LEN(invariants); i++) {
		int64_t n = side_i64(invariants[i].sql);

		if (n != 0)
			fail_msg("seed of the run, step %d: %lld × %s", step, (long long)n, invariants[i].name);
	}
}

static struct str fresh_id(struct op *op)
{
	char uuid[UUID_TEXT_LEN + 1];

	random_uuid(uuid);
	return arena_dup_c(op->arena, uuid);
}

DB_QUERY(inv_requests_q, DB_READ, "SELECT id, version FROM sen.access_request ORDER BY state = 'open' DESC, requested_at DESC OFFSET $1::integer LIMIT 1");
DB_QUERY(inv_rules_q, DB_READ, "SELECT id, version FROM sen.birthright_rule WHERE retired_at IS NULL ORDER BY code OFFSET $1::integer LIMIT 1");
DB_QUERY(inv_emergencies_q, DB_READ, "SELECT id, version FROM sen.emergency ORDER BY asked_at DESC OFFSET $1::integer LIMIT 1");

static bool pick(struct op *op, const struct query *q, struct str *ret_id, int64_t *ret_version)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, q, &rows, P_I64(roll(6))), 0);
	if (rows.n == 0)
		return false;
	*ret_id = db_str(&rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	return true;
}

static struct str person(struct op *op)
{
	return arena_printf(op->arena, "E%u", roll(N_PEOPLE));
}

static struct str day(struct op *op, int offset)
{
	time_t at = (time_t)op->now_s + 7 * 3600 + offset * 86400;
	struct tm tm;

	gmtime_r(&at, &tm);
	return arena_printf(op->arena, "%04d-%02d-%02d", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday);
}

static struct str unit(void)
{
	return str_c(units[roll(ARRAY_LEN(units))]);
}

static struct str role(void)
{
	return str_c(roles[roll(ARRAY_LEN(roles))]);
}

static void direct(struct op *op, const struct principal *p)
{
	const struct granting_request request = { .employee_code = person(op), .platform = STR("P02"), .role = role(), .unit = unit(), .basis = STR("QĐ") };
	struct grant grant;
	bool added;

	(void)!granting_add(op, p, &request, &grant, &added);
}

static void attempt(struct op *op, const struct principal *p, const struct governed_kind *kind, const struct db_param *params, size_t n)
{
	json_t *body = NULL;

	(void)!governed_write(op, p, kind, params, n, &body);
	json_decref(body);
}

/* One step: somebody tries something.  Refusals are fine; what matters is what is there afterwards. */
static void act(struct op *op, const struct principal *p, unsigned what)
{
	struct str id = fresh_id(op), one[1];
	int64_t version = 0;

#define TRY(kind, ...) \
	attempt(op, p, &(kind), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param))
#define ME P_STR(p->account_id)
	switch (what) {
	case 0:
		direct(op, p);
		break;
	case 1:
	case 2:
		TRY(request_file, P_STR(id), ME, P_STR(person(op)), S("P02"), P_STR(role()), P_STR(unit()), S("QĐ"), S("lý do"), P_NULL, P_NULL);
		break;
	case 3:
	case 4:
	case 5:
	case 13:
		if (pick(op, &inv_requests_q, &id, &version))
			TRY(request_approve, P_STR(id), ME, P_I64(version), P_NULL);
		break;
	case 6:
		if (pick(op, &inv_requests_q, &id, &version)) {
			if (roll(2) == 0)
				TRY(request_refuse, P_STR(id), ME, P_I64(version), S("không"));
			else
				TRY(request_withdraw, P_STR(id), ME, P_NULL);
		}
		break;
	case 7:
	case 12:
		TRY(deputy_add, P_STR(id), ME, P_STR(roll(4) > 0 ? p->login : gov_login(op, arena_cstr(op->arena, person(op)))),
		    P_STR(gov_login(op, arena_cstr(op->arena, person(op)))), P_STR(day(op, roll(2) == 0 ? -2 : 1)), P_STR(day(op, 30)), S("nghỉ"));
		break;
	case 8:
		one[0] = arena_printf(op->arena, "P02/%.*s", STR_ARG(role()));
		struct str title[] = { arena_printf(op->arena, "Chuyên viên %u", roll(10)) };
		TRY(rule_draft, P_STR(id), ME, P_STR(arena_printf(op->arena, "R%.8s", id.p)), S("R"), S("QĐ"), P_STR(unit()), P_NULL, P_STR(db_array(op->arena, title, 1)), P_NULL,
		    P_NULL, P_NULL, P_STR(db_array(op->arena, one, 1)), P_NULL, P_NULL);
		break;
	case 9:
		if (pick(op, &inv_rules_q, &id, &version)) {
			if (roll(4) == 0)
				TRY(rule_retire, P_STR(id), ME, P_I64(version));
			else
				TRY(rule_release, P_STR(id), ME, P_I64(version));
		}
		break;
	case 10:
		TRY(emergency_ask, P_STR(id), ME, P_STR(person(op)), S("P02"), P_STR(role()), P_NULL, S("gấp"), P_I64(1 + roll(80)));
		break;
	default:
		if (pick(op, &inv_emergencies_q, &id, &version))
			TRY(emergency_release, P_STR(id), ME, P_I64(version));
	}
}

static void move_posts(void)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "UPDATE sen.post SET unit_id = (SELECT id FROM sen.unit WHERE code = '%s'), title = 'Chuyên viên %u' WHERE person_id ="
	               " (SELECT id FROM sen.person WHERE employee_code = 'E%u')", units[roll(ARRAY_LEN(units))], roll(10), roll(N_PEOPLE));
	side(sql);
}

static void run(unsigned from)
{
	seed = from;
	for (int step = 0; step < N_STEPS; step++) {
		struct op op;

		gov_begin(&op, gov_server);
		struct principal p = gov_principal(&op, arena_cstr(op.arena, gov_login(&op, arena_cstr(op.arena, person(&op)))));
		act(&op, &p, roll(14));
		gov_end(&op);
		if (roll(10) == 0)
			move_posts();
		/* Room for more. */
		if (roll(10) == 0)
			side("UPDATE sen.access_grant SET revoked_at = now(), revoked_by = granted_by, revoke_reason = 'x' WHERE origin IN ('direct', 'request') AND revoked_at IS NULL");
		if (step % 20 == 19)
			check_invariants(step);
	}
}

static int create(_unused_ void **state)
{
	gov_create("invariants");
	side(setup);
	return 0;
}

static void test_whatever_is_tried(_unused_ void **state)
{
	const char *text = getenv("SEN_TEST_SEED");
	uint64_t number = 20261126;

	if (text)
		assert_true(str_to_u64(str_c(text), UINT32_MAX, &number));
	unsigned from = (unsigned)number;

	print_message("SEN_TEST_SEED=%u\n", from);
	run(from);
	/* The run was not empty: something of each kind was done. */
	assert_true(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'direct'") > 0);
	assert_true(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'request'") > 0);
	assert_true(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'rule'") > 0);
	assert_true(side_i64("SELECT count(*) FROM sen.access_grant WHERE origin = 'emergency'") > 0);
	print_message("%lld deputies\n", (long long)side_i64("SELECT count(*) FROM sen.deputy"));
	print_message("%lld grants, %lld decisions, %lld by deputies\n", (long long)side_i64("SELECT count(*) FROM sen.access_grant"),
	              (long long)side_i64("SELECT count(*) FROM sen.request_event WHERE kind IN ('approved', 'refused')"),
	              (long long)side_i64("SELECT count(*) FROM sen.request_event WHERE instead_of IS NOT NULL"));
}

/* The statements' own answer against the pure one, for scopes of every shape. */
static void test_pure_and_sql_agree(_unused_ void **state)
{
	size_t n_yes = 0;
	struct op op;

	for (unsigned i = 0; i < N_PEOPLE; i++) {
		gov_begin(&op, gov_server);
		struct principal p = gov_principal(&op, arena_cstr(op.arena, gov_login(&op, arena_cstr(op.arena, arena_printf(op.arena, "E%u", i)))));

		for (size_t u = 0; u < ARRAY_LEN(units); u++) {
			for (size_t k = 0; k < ARRAY_LEN(roles); k++) {
				char sql[600];
				struct delegation_object object = { .person_id = STR("x"), .rank = k == 0 ? RANK_NORMAL : RANK_LOW };

				(void)snprintf(sql, sizeof(sql), "SELECT id FROM sen.role WHERE code = '%s' AND platform_id = (SELECT id FROM sen.platform WHERE code = 'P02')", roles[k]);
				object.role_id = side_i64(sql);
				object.platform_id = side_i64("SELECT id FROM sen.platform WHERE code = 'P02'");
				(void)snprintf(sql, sizeof(sql), "SELECT sen.scope_covers('%.*s', 'grant', u.path, %lld::smallint, %lld::integer)::integer FROM sen.unit u WHERE code = '%s'",
				               STR_ARG(p.account_id), (long long)object.platform_id, (long long)object.role_id, units[u]);
				bool covered = side_i64(sql) == 1;
				struct unit found;

				assert_int_equal(unit_find(&op, str_c(units[u]), &found), 0);
				object.unit_path = found.path;
				assert_int_equal(delegation_check(&p, RIGHT_GRANT, &object), covered ? 0 : ERR_OUT_OF_SCOPE);
				n_yes += covered;
			}
		}
		gov_end(&op);
	}
	assert_in_range(n_yes, 1, N_PEOPLE * 8 - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(test_whatever_is_tried), cmocka_unit_test(test_pure_and_sql_agree) };

	return cmocka_run_group_tests(tests, create, gov_drop);
}
