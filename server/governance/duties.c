#include "server/governance/duties.h"

DB_QUERY(duty_list_q, DB_READ,
         "SELECT jsonb_build_object('id', d.id, 'code', d.code, 'name', d.name, 'platform_a', p.code, 'role_a', d.role_a, 'platform_b', q.code,"
         " 'role_b', d.role_b, 'right_a', d.right_a, 'right_b', d.right_b, 'within', d.within, 'severity', d.severity, 'basis', d.basis, 'made_by', b.login, 'made_at', sen.iso(d.made_at),"
         " 'retired_at', sen.iso(d.retired_at), 'version', d.version), d.code"
         " FROM sen.duty_rule d LEFT JOIN sen.platform p ON p.id = d.platform_a LEFT JOIN sen.platform q ON q.id = d.platform_b"
         " LEFT JOIN sen.account b ON b.id = d.made_by WHERE d.code > coalesce($1, '') ORDER BY d.code LIMIT $2::integer");
const struct query *const duty_list = &duty_list_q;

#define DUTY_ADD_INPUT                                                                                                 \
	"WITH i (id, actor, code, name, platform_a, role_a, platform_b, role_b, within, severity, basis) AS (VALUES ($1::uuid, $2::uuid,"  \
	" $3::text, $4::text, $5::text, $6::text, $7::text, $8::text, $9::text, $10::text, $11::text)),"                                    \
	" f AS (SELECT i.*, p.id AS pa, q.id AS pb FROM i LEFT JOIN sen.platform p ON p.code = i.platform_a AND p.id > 0"                    \
	"  LEFT JOIN sen.platform q ON q.code = i.platform_b AND q.id > 0) "
DB_QUERY(duty_add_check_q, DB_WRITE,
         DUTY_ADD_INPUT
         "SELECT CASE WHEN (f.platform_a IS NOT NULL AND f.pa IS NULL) OR (f.platform_b IS NOT NULL AND f.pb IS NULL) THEN 'unknown_platform'"
         " WHEN NOT EXISTS (SELECT FROM sen.role r WHERE r.code = f.role_a AND r.platform_id = coalesce(f.pa, r.platform_id))"
         "  OR NOT EXISTS (SELECT FROM sen.role r WHERE r.code = f.role_b AND r.platform_id = coalesce(f.pb, r.platform_id)) THEN 'unknown_role'"
         " WHEN f.within NOT IN ('unit', 'platform', 'everywhere') OR f.severity NOT IN ('block', 'warn') OR (f.role_a = f.role_b AND f.pa IS NOT DISTINCT FROM f.pb)"
         "  THEN 'invalid_value'"
         " WHEN NOT sen.rules_everywhere(f.actor, f.pa) OR NOT sen.rules_everywhere(f.actor, f.pb) THEN 'out_of_scope'"
         " WHEN EXISTS (SELECT FROM sen.duty_rule d WHERE d.code = f.code) THEN 'conflict' END, NULL, NULL, NULL, f.code FROM f");
DB_QUERY(duty_add_q, DB_WRITE,
         DUTY_ADD_INPUT
         "INSERT INTO sen.duty_rule (id, code, name, platform_a, role_a, platform_b, role_b, within, severity, basis, made_by)"
         " SELECT id, code, name, pa, role_a, pb, role_b, within, severity, basis, actor FROM f"
         " RETURNING jsonb_build_object('id', id, 'code', code, 'within', within, 'severity', severity, 'role_a', role_a, 'role_b', role_b, 'version', version)");
const struct governed_kind duty_add = { .action = "duty.add", .check = &duty_add_check_q, .write = &duty_add_q };

#define RIGHTS_INPUT                                                                                                    \
	"WITH i (id, actor, code, name, right_a, right_b, within, severity, basis) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text,"  \
	" $7::text, $8::text, $9::text)) "
DB_QUERY(duty_add_rights_check_q, DB_WRITE,
         RIGHTS_INPUT
         "SELECT CASE WHEN i.within NOT IN ('unit', 'platform', 'everywhere') OR i.severity NOT IN ('block', 'warn') OR i.right_a = i.right_b THEN 'invalid_value'"
         " WHEN NOT sen.rules_everywhere(i.actor, NULL) THEN 'out_of_scope'"
         " WHEN EXISTS (SELECT FROM sen.duty_rule d WHERE d.code = i.code) THEN 'conflict' END, NULL, NULL, NULL, i.code FROM i");
DB_QUERY(duty_add_rights_q, DB_WRITE,
         RIGHTS_INPUT
         "INSERT INTO sen.duty_rule (id, code, name, right_a, right_b, within, severity, basis, made_by)"
         " SELECT id, code, name, right_a, right_b, within, severity, basis, actor FROM i"
         " RETURNING jsonb_build_object('id', id, 'code', code, 'within', within, 'severity', severity, 'right_a', right_a, 'right_b', right_b, 'version', version)");
const struct governed_kind duty_add_rights = { .action = "duty.add", .check = &duty_add_rights_check_q, .write = &duty_add_rights_q };

#define DUTY_RETIRE_INPUT "WITH i (id, actor, version) AS (VALUES ($1::uuid, $2::uuid, $3::bigint)) "
DB_QUERY(duty_retire_check_q, DB_WRITE,
         DUTY_RETIRE_INPUT
         "SELECT CASE WHEN NOT sen.rules_everywhere(i.actor, d.platform_a) OR NOT sen.rules_everywhere(i.actor, d.platform_b) THEN 'out_of_scope'"
         " WHEN d.version <> i.version THEN 'precondition_failed' WHEN d.retired_at IS NOT NULL THEN 'wrong_state' END, 'state', 'retired', NULL, d.code"
         " FROM i JOIN sen.duty_rule d ON d.id = i.id");
DB_QUERY(duty_retire_q, DB_WRITE,
         DUTY_RETIRE_INPUT
         "UPDATE sen.duty_rule d SET retired_at = now(), retired_by = i.actor, version = d.version + 1 FROM i"
         " WHERE d.id = i.id AND d.version = i.version AND d.retired_at IS NULL"
         " RETURNING jsonb_build_object('id', d.id, 'code', d.code, 'retired_at', sen.iso(d.retired_at), 'version', d.version)");
const struct governed_kind duty_retire = { .action = "duty.retire", .check = &duty_retire_check_q, .write = &duty_retire_q };

#define EXCEPT_INPUT                                                                                                      \
	"WITH i (id, actor, duty, employee_code, reason, valid_to) AS (VALUES ($1::uuid, $2::uuid, $3::uuid, $4::text, $5::text, $6::timestamptz)) "
DB_QUERY(duty_except_check_q, DB_WRITE,
         EXCEPT_INPUT
         "SELECT CASE WHEN p.id IS NULL THEN 'unknown_person' WHEN d.retired_at IS NOT NULL THEN 'wrong_state'"
         " WHEN a.person_id = p.id THEN 'self_grant'"
         " WHEN NOT coalesce(sen.scope_covers(i.actor, 'rules', u.path, NULL), false) THEN 'out_of_scope' END, 'state', 'retired', t.id, d.code || ' ' || i.employee_code"
         " FROM i JOIN sen.duty_rule d ON d.id = i.duty JOIN sen.account a ON a.id = i.actor LEFT JOIN sen.person p ON p.employee_code = i.employee_code"
         " LEFT JOIN sen.account t ON t.person_id = p.id AND t.kind = 'operational' LEFT JOIN sen.unit u ON u.id = sen.home_unit(p.id)");
DB_QUERY(duty_except_q, DB_WRITE,
         EXCEPT_INPUT
         "INSERT INTO sen.duty_exception (id, duty_id, person_id, reason, valid_to, asked_by)"
         " SELECT i.id, i.duty, p.id, i.reason, i.valid_to, i.actor FROM i JOIN sen.person p ON p.employee_code = i.employee_code"
         " RETURNING jsonb_build_object('id', id, 'duty', duty_id, 'reason', reason, 'valid_to', sen.iso(valid_to), 'approved', false)");
const struct governed_kind duty_except = { .action = "duty.except", .check = &duty_except_check_q, .write = &duty_except_q };

#define EXCEPT_APPROVE_INPUT "WITH i (id, actor) AS (VALUES ($1::uuid, $2::uuid)) "
DB_QUERY(duty_except_approve_check_q, DB_WRITE,
         EXCEPT_APPROVE_INPUT
         "SELECT CASE WHEN NOT coalesce(sen.scope_covers(i.actor, 'rules', u.path, NULL), false) THEN 'out_of_scope'"
         " WHEN a.person_id = e.person_id THEN 'self_grant' WHEN sen.same_person(e.asked_by, i.actor) THEN 'four_eyes'"
         " WHEN e.approved_at IS NOT NULL THEN 'wrong_state' END, 'state', 'approved', t.id, d.code"
         " FROM i JOIN sen.duty_exception e ON e.id = i.id JOIN sen.duty_rule d ON d.id = e.duty_id JOIN sen.account a ON a.id = i.actor"
         " LEFT JOIN sen.account t ON t.person_id = e.person_id AND t.kind = 'operational' LEFT JOIN sen.unit u ON u.id = sen.home_unit(e.person_id)");
DB_QUERY(duty_except_approve_q, DB_WRITE,
         EXCEPT_APPROVE_INPUT
         "UPDATE sen.duty_exception e SET approved_by = i.actor, approved_at = now() FROM i WHERE e.id = i.id AND e.approved_at IS NULL"
         " AND NOT sen.same_person(e.asked_by, i.actor)"
         " RETURNING jsonb_build_object('id', e.id, 'duty', e.duty_id, 'valid_to', sen.iso(e.valid_to), 'approved', true)");
const struct governed_kind duty_except_approve = {
	.action = "duty.except_approve", .check = &duty_except_approve_check_q, .write = &duty_except_approve_q };

DB_QUERY(duty_exceptions_q, DB_READ,
         "SELECT jsonb_build_object('id', e.id, 'duty', d.code, 'employee_code', p.employee_code, 'full_name', p.full_name, 'reason', e.reason,"
         " 'valid_to', sen.iso(e.valid_to), 'asked_by', b.login, 'approved_at', sen.iso(e.approved_at)), e.id"
         " FROM sen.duty_exception e JOIN sen.duty_rule d ON d.id = e.duty_id JOIN sen.person p ON p.id = e.person_id JOIN sen.account b ON b.id = e.asked_by"
         " WHERE ($2::uuid IS NULL OR e.id > $2::uuid) AND sen.home_unit(p.id) IN (SELECT s.unit_id FROM sen.scoped_units($1::uuid, 'read') s)"
         " ORDER BY e.id LIMIT $3::integer");
const struct query *const duty_exceptions = &duty_exceptions_q;

/* Who holds the one side, who the other, each once; then both: not role by role, nor grant by grant. */
#define HELD(side)                                                                                                         \
	"held_" side " AS MATERIALIZED (SELECT d.id AS duty, g.account_id, g.id, g.unit_id, g.role_id, r.platform_id, r.code FROM sen.duty_rule d"          \
	" JOIN sen.role r ON r.code = d.role_" side " AND r.platform_id = coalesce(d.platform_" side ", r.platform_id)"                                      \
	" JOIN sen.access_grant g ON g.role_id = r.id AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now()) WHERE d.retired_at IS NULL), "
/* And whose scopes have both rights of a rule, where they meet: one scope, or two, of whichever of the person's accounts. */
#define HELD_RIGHT(side)                                                                                                   \
	"right_" side " AS MATERIALIZED (SELECT d.id AS duty, d.within, s.* FROM sen.duty_rule d JOIN sen.standing_scope s ON d.right_" side " = ANY (s.rights)"  \
	" WHERE d.retired_at IS NULL), "
DB_QUERY(duty_violations_q, DB_READ,
         "WITH places AS MATERIALIZED (SELECT * FROM sen.scoped_units($1::uuid, 'read')), " HELD("a") HELD("b") HELD_RIGHT("a") HELD_RIGHT("b")
         "v AS (SELECT x.duty, x.account_id, x.id AS ga, y.id AS gb, x.code AS ra, y.code AS rb, x.unit_id AS ua, y.unit_id AS ub, x.platform_id AS pa, x.role_id,"
         "  y.platform_id AS pb, x.duty || '/' || x.account_id || '/' || x.id || '/' || y.id AS key FROM held_a x JOIN held_b y ON y.duty = x.duty AND y.account_id = x.account_id)"
         ", w AS (SELECT x.duty, x.account_id, x.person_id, x.id AS sa, y.id AS sb, x.unit_id AS ua, y.unit_id AS ub, x.platform_id AS pa, x.duty || '/' || x.account_id || '/'"
         "  || x.id || '/' || y.id AS key FROM right_a x JOIN right_b y ON y.duty = x.duty AND y.person_id = x.person_id"
         "  AND sen.scopes_meet(x.within, x.path, x.platform_id, y.path, y.platform_id))"
         " SELECT z.json, z.key FROM ((SELECT jsonb_build_object('duty', d.code, 'severity', d.severity, 'login', a.login, 'full_name', n.full_name, 'grant_a', v.ga,"
         " 'grant_b', v.gb, 'role_a', v.ra, 'role_b', v.rb, 'unit_a', u.code, 'unit_b', w.code) AS json, v.key FROM v JOIN sen.duty_rule d ON d.id = v.duty"
         " JOIN sen.account a ON a.id = v.account_id JOIN sen.person n ON n.id = a.person_id JOIN sen.unit u ON u.id = v.ua JOIN sen.unit w ON w.id = v.ub"
         " WHERE (v.ua IN (SELECT s.unit_id FROM places s WHERE s.every) OR (v.ua, v.pa) IN (SELECT s.unit_id, unnest(s.platforms) FROM places s)"
         "  OR (v.ua, v.role_id) IN (SELECT s.unit_id, unnest(s.roles) FROM places s)) AND (d.within <> 'platform' OR v.pa = v.pb)"
         " AND ($2::text IS NULL OR v.key > $2) AND (d.within <> 'unit' OR starts_with(u.path, w.path) OR starts_with(w.path, u.path))"
         " AND NOT sen.duty_excepted(v.duty, a.person_id) ORDER BY v.key LIMIT $3::integer)"
         " UNION ALL (SELECT jsonb_build_object('duty', d.code, 'severity', d.severity, 'login', a.login, 'full_name', n.full_name, 'scope_a', w.sa, 'scope_b', w.sb,"
         " 'right_a', d.right_a, 'right_b', d.right_b, 'unit_a', u.code, 'unit_b', o.code), w.key FROM w JOIN sen.duty_rule d ON d.id = w.duty"
         " JOIN sen.account a ON a.id = w.account_id JOIN sen.person n ON n.id = w.person_id JOIN sen.unit u ON u.id = w.ua JOIN sen.unit o ON o.id = w.ub"
         " WHERE (w.ua IN (SELECT s.unit_id FROM places s WHERE s.every) OR (w.ua, w.pa) IN (SELECT s.unit_id, unnest(s.platforms) FROM places s))"
         " AND ($2::text IS NULL OR w.key > $2) AND NOT sen.duty_excepted(w.duty, w.person_id) ORDER BY w.key LIMIT $3::integer)) z ORDER BY z.key LIMIT $3::integer");
const struct query *const duty_violations = &duty_violations_q;

#define POLICY_INPUT                                                                                                    \
	"WITH i (actor, platform, role, sensitivity, stages, stage_days, max_days, end_required, direct, review_months, version) AS (VALUES ($1::uuid, $2::text, $3::text,"  \
	" $4::text, $5::smallint, $6::smallint, $7::integer, $8::boolean, $9::boolean, $10::smallint, $11::bigint)),"                                             \
	" f AS (SELECT i.*, p.id AS pid, r.id AS rid FROM i LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0"                             \
	"  LEFT JOIN sen.role r ON r.platform_id = p.id AND r.code = i.role) "
#define POLICY_KEY(y) "(coalesce(" y "role_id, -1), coalesce(" y "platform_id, -1), coalesce(" y "sensitivity, ''))"
DB_QUERY(policy_set_check_q, DB_WRITE,
         POLICY_INPUT
         "SELECT CASE WHEN f.platform IS NOT NULL AND f.pid IS NULL THEN 'unknown_platform' WHEN f.role IS NOT NULL AND f.rid IS NULL THEN 'unknown_role'"
         " WHEN f.sensitivity IS NOT NULL AND (f.platform IS NOT NULL OR f.sensitivity NOT IN ('low', 'normal', 'high', 'privileged')) THEN 'invalid_value'"
         " WHEN f.stages NOT IN (1, 2) OR f.stage_days NOT BETWEEN 1 AND 60 OR f.max_days NOT BETWEEN 1 AND 3660 OR f.review_months NOT BETWEEN 1 AND 12 THEN 'invalid_value'"
         " WHEN NOT sen.rules_everywhere(f.actor, f.pid) THEN 'out_of_scope'"
         " WHEN f.version <> coalesce((SELECT y.version FROM sen.grant_policy y WHERE " POLICY_KEY("y.")
         "  = (coalesce(f.rid, -1), CASE WHEN f.rid IS NULL THEN coalesce(f.pid, -1) ELSE -1 END, coalesce(f.sensitivity, ''))), 0) THEN 'precondition_failed'"
         " END, NULL, NULL, NULL,"
         " coalesce(f.platform || coalesce(':' || f.role, ''), f.sensitivity, '*') FROM f");
#define POLICY_JSON                                                                                                     \
	"jsonb_build_object('id', y.id, 'stages', y.stages, 'stage_days', y.stage_days, 'max_days', y.max_days, 'end_required', y.end_required,"      \
	" 'direct', y.direct, 'review_months', y.review_months, 'version', y.version)"
DB_QUERY(policy_set_q, DB_WRITE,
         POLICY_INPUT
         "INSERT INTO sen.grant_policy AS y (role_id, platform_id, sensitivity, stages, stage_days, max_days, end_required, direct, direct_by, review_months, changed_by)"
         " SELECT rid, CASE WHEN rid IS NULL THEN pid END, sensitivity, stages, stage_days, max_days, end_required, coalesce(direct, false),"
         "  CASE WHEN direct THEN actor END, review_months, actor FROM f"
         " ON CONFLICT " POLICY_KEY("") " DO UPDATE SET stages = excluded.stages,"
         " stage_days = excluded.stage_days, max_days = excluded.max_days, end_required = excluded.end_required,"
         /* Who loosens it is named by it until it is tightened again. */
         " direct = coalesce((SELECT f.direct FROM f), y.direct), direct_by = CASE (SELECT f.direct FROM f) WHEN false THEN NULL WHEN true THEN"
         "  CASE WHEN y.direct THEN y.direct_by ELSE excluded.changed_by END ELSE y.direct_by END,"
         " review_months = coalesce(excluded.review_months, y.review_months),"
         " changed_by = excluded.changed_by, changed_at = now(), version = y.version + 1 WHERE y.version = (SELECT f.version FROM f)"
         " RETURNING " POLICY_JSON);
const struct governed_kind policy_set = { .action = "policy.set", .check = &policy_set_check_q, .write = &policy_set_q };

DB_QUERY(policy_list_q, DB_READ,
         "SELECT jsonb_build_object('platform', p.code, 'role', r.code, 'sensitivity', y.sensitivity) || " POLICY_JSON ", y.id"
         " FROM sen.grant_policy y LEFT JOIN sen.role r ON r.id = y.role_id LEFT JOIN sen.platform p ON p.id = coalesce(y.platform_id, r.platform_id)"
         " WHERE y.id > coalesce($1::integer, 0) ORDER BY y.id LIMIT $2::integer");
const struct query *const policy_list = &policy_list_q;

static bool is_side(int64_t platform, struct str role, const struct duty_holding *h)
{
	return (platform == -1 || platform == h->platform) && str_equal(role, h->role);
}

bool duty_excludes(const struct duty_pair *pair, const struct duty_holding *held, const struct duty_holding *given)
{
	bool crossed = (is_side(pair->platform_a, pair->role_a, held) && is_side(pair->platform_b, pair->role_b, given)) ||
	               (is_side(pair->platform_b, pair->role_b, held) && is_side(pair->platform_a, pair->role_a, given));

	if (!crossed)
		return false;
	switch (pair->within) {
	case DUTY_EVERYWHERE:
		return true;
	case DUTY_PLATFORM:
		return held->platform == given->platform;
	default:
		/* Units meet when one lies in the other. */
		return str_starts(held->unit_path, given->unit_path) || str_starts(given->unit_path, held->unit_path);
	}
}
