#include "server/governance/emergencies.h"

/* Nobody released it within a day: it was none. */
#define EMERGENCY_STATE                                                                                                    \
	"CASE WHEN m.reviewed_at IS NOT NULL THEN 'reviewed' WHEN m.released_at IS NULL AND m.asked_at < now() - interval '24 hours' THEN 'lapsed'"  \
	" WHEN m.released_at IS NULL THEN 'asked' WHEN m.released_at + m.hours * interval '1 hour' > now() THEN 'released' ELSE 'to_review' END"
#define EMERGENCY_JSON                                                                                                     \
	"jsonb_build_object('id', m.id, 'state', " EMERGENCY_STATE ", 'employee_code', n.employee_code, 'full_name', n.full_name, 'platform', p.code,"     \
	" 'role', r.code, 'unit', u.code, 'reason', m.reason, 'hours', m.hours, 'asked_by', b.login, 'asked_at', sen.iso(m.asked_at),"                      \
	" 'released_by', (SELECT a.login FROM sen.account a WHERE a.id = m.released_by), 'released_at', sen.iso(m.released_at),"                              \
	" 'ends_at', sen.iso(m.released_at + m.hours * interval '1 hour'), 'grant', m.grant_id,"                                                               \
	" 'reviewed_by', (SELECT a.login FROM sen.account a WHERE a.id = m.reviewed_by), 'reviewed_at', sen.iso(m.reviewed_at), 'conclusion', m.conclusion,"    \
	" 'note', m.note, 'version', m.version)"
#define EMERGENCY_JOINS                                                                                                    \
	" JOIN sen.person n ON n.id = m.person_id JOIN sen.role r ON r.id = m.role_id JOIN sen.platform p ON p.id = r.platform_id"                   \
	" JOIN sen.unit u ON u.id = m.unit_id JOIN sen.account b ON b.id = m.asked_by"

DB_QUERY(emergency_list_q, DB_READ,
         "SELECT x.json, x.unit_id, x.id FROM sen.scoped_units($1::uuid, 'read') s CROSS JOIN LATERAL (SELECT " EMERGENCY_JSON " AS json, m.unit_id, m.id"
         " FROM sen.emergency m" EMERGENCY_JOINS " WHERE m.unit_id = s.unit_id AND (s.every OR p.id = ANY (s.platforms) OR r.id = ANY (s.roles))"
         " AND ($2::text IS NULL OR " EMERGENCY_STATE " = $2 OR ($2 = 'to_review' AND " EMERGENCY_STATE " = 'released'))"
         " AND ($3::integer IS NULL OR (m.unit_id, m.id) > ($3::integer, $4::uuid)) ORDER BY m.id LIMIT $5::integer) x"
         " WHERE $3::integer IS NULL OR s.unit_id >= $3::integer ORDER BY x.unit_id, x.id LIMIT $5::integer");
const struct query *const emergency_list = &emergency_list_q;

#define ASK_INPUT                                                                                                          \
	"WITH i (id, actor, employee_code, platform, role, unit, reason, hours) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::text, $6::text, $7::text,"  \
	" $8::smallint)), f AS (SELECT i.*, n.id AS pid, p.id AS plid, p.state, r.id AS rid, u.id AS uid, u.path FROM i"                                   \
	"  LEFT JOIN sen.person n ON n.employee_code = i.employee_code LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0"                         \
	"  LEFT JOIN sen.role r ON r.platform_id = p.id AND r.code = i.role"                                                                                   \
	"  LEFT JOIN sen.unit u ON CASE WHEN i.unit IS NULL THEN u.id = sen.home_unit(n.id) ELSE u.code = i.unit END) "
DB_QUERY(emergency_ask_check_q, DB_WRITE,
         ASK_INPUT
         "SELECT CASE WHEN f.pid IS NULL THEN 'unknown_person' WHEN f.plid IS NULL THEN 'unknown_platform' WHEN f.rid IS NULL THEN 'unknown_role'"
         " WHEN f.uid IS NULL THEN 'unknown_unit' WHEN f.hours NOT BETWEEN 1 AND 72 THEN 'invalid_value' WHEN me.person_id = f.pid THEN 'self_grant'"
         " WHEN NOT sen.scope_covers(f.actor, 'grant', f.path, f.plid, f.rid) THEN 'out_of_scope'"
         " WHEN NOT sen.platform_is_open(f.state) THEN 'platform_closed'"
         " WHEN NOT EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = f.pid) THEN 'unknown_post' WHEN a.status IN ('disabled', 'archived') THEN 'account_state'"
         " END, NULL, NULL, a.id, f.platform || ':' || f.role FROM f JOIN sen.account me ON me.id = f.actor"
         " LEFT JOIN sen.account a ON a.person_id = f.pid AND a.kind = 'operational'");
DB_QUERY(emergency_ask_q, DB_WRITE,
         ASK_INPUT
         ", m AS (INSERT INTO sen.emergency (id, person_id, role_id, unit_id, reason, hours, asked_by) SELECT f.id, f.pid, f.rid, f.uid, f.reason, f.hours, f.actor"
         "  FROM f RETURNING *) SELECT " EMERGENCY_JSON " FROM m" EMERGENCY_JOINS);
const struct governed_kind emergency_ask = { .action = "emergency.ask", .check = &emergency_ask_check_q, .write = &emergency_ask_q };

DB_QUERY(emergency_lock_q, DB_WRITE,
         "SELECT sen.person_lock(m.person_id) FROM (SELECT person_id FROM sen.emergency WHERE id = $1::uuid FOR UPDATE) m");
#define RELEASE_INPUT "WITH i (id, actor, version) AS (VALUES ($1::uuid, $2::uuid, $3::bigint)) "
DB_QUERY(emergency_release_check_q, DB_WRITE,
         RELEASE_INPUT
         "SELECT CASE WHEN NOT sen.scope_covers(i.actor, 'approve', u.path, p.id, r.id) THEN 'out_of_scope' WHEN me.person_id = m.person_id THEN 'self_grant'"
         " WHEN sen.same_person(m.asked_by, i.actor) THEN 'four_eyes' WHEN m.version <> i.version THEN 'precondition_failed'"
         " WHEN m.released_at IS NOT NULL OR m.asked_at < now() - interval '24 hours' THEN 'wrong_state' WHEN NOT sen.platform_is_open(p.state) THEN 'platform_closed'"
         " WHEN a.status IN ('disabled', 'archived') THEN 'account_state'"
         /* Who asked may still, as with requests. */
         " WHEN NOT sen.scope_covers(m.asked_by, 'grant', u.path, p.id, r.id) THEN 'out_of_scope'"
         " END, 'state', " EMERGENCY_STATE ", a.id, p.code || ':' || r.code || '@' || u.code"
         " FROM i JOIN sen.emergency m ON m.id = i.id" EMERGENCY_JOINS " JOIN sen.account me ON me.id = i.actor"
         " LEFT JOIN sen.account a ON a.person_id = m.person_id AND a.kind = 'operational'");
/* Duties that it breaks are in the record: in an emergency they do not stop it, and are listed as standing violations. */
DB_QUERY(emergency_release_q, DB_WRITE,
         RELEASE_INPUT
         ", m AS (UPDATE sen.emergency m SET released_by = i.actor, released_at = now(), grant_id = gen_random_uuid(), version = m.version + 1 FROM i"
         "  WHERE m.id = i.id AND m.version = i.version AND m.released_at IS NULL AND NOT sen.same_person(m.asked_by, i.actor) RETURNING m.*)"
         ", g AS (SELECT sen.emergency_fulfil(m.id, m.person_id, m.role_id, m.unit_id, m.reason, m.hours, m.grant_id, m.released_by) FROM m)"
         " SELECT " EMERGENCY_JSON " || jsonb_build_object('alarm', true, 'granted', (SELECT count(*) FROM g), 'duties',"
         " (SELECT jsonb_agg(DISTINCT d.duty_code) FROM sen.duty_conflicts(m.person_id, m.role_id, m.unit_id) d)) FROM m" EMERGENCY_JOINS);
const struct governed_kind emergency_release = {
	.action = "emergency.release", .lock = &emergency_lock_q, .check = &emergency_release_check_q, .write = &emergency_release_q };

#define REVIEW_INPUT                                                                                                       \
	"WITH i (id, actor, version, conclusion, note) AS (VALUES ($1::uuid, $2::uuid, $3::bigint, $4::text, $5::text)) "
DB_QUERY(emergency_review_check_q, DB_WRITE,
         REVIEW_INPUT
         "SELECT CASE WHEN NOT sen.scope_covers(i.actor, 'review', u.path, p.id, r.id) THEN 'out_of_scope' WHEN me.person_id = m.person_id THEN 'self_grant'"
         " WHEN sen.same_person(m.asked_by, i.actor) OR sen.same_person(m.released_by, i.actor) THEN 'four_eyes' WHEN m.version <> i.version THEN 'precondition_failed'"
         " WHEN m.released_at IS NULL OR m.reviewed_at IS NOT NULL THEN 'wrong_state' WHEN i.conclusion NOT IN ('justified', 'unjustified') THEN 'invalid_value'"
         " END, 'state', " EMERGENCY_STATE ", a.id, p.code || ':' || r.code FROM i JOIN sen.emergency m ON m.id = i.id" EMERGENCY_JOINS
         " JOIN sen.account me ON me.id = i.actor LEFT JOIN sen.account a ON a.person_id = m.person_id AND a.kind = 'operational'");
DB_QUERY(emergency_review_q, DB_WRITE,
         REVIEW_INPUT
         ", m AS (UPDATE sen.emergency m SET reviewed_by = i.actor, reviewed_at = now(), conclusion = i.conclusion, note = i.note, version = m.version + 1 FROM i"
         "  WHERE m.id = i.id AND m.version = i.version AND m.reviewed_at IS NULL AND NOT sen.same_person(m.asked_by, i.actor)"
         "  AND NOT sen.same_person(m.released_by, i.actor) RETURNING m.*)"
         ", g AS (UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = m.reviewed_by, revoke_reason = 'emergency unjustified' FROM m"
         "  WHERE m.conclusion = 'unjustified' AND g.id = m.grant_id AND g.emergency_id = m.id AND g.revoked_at IS NULL RETURNING g.account_id)"
         ", a AS (UPDATE sen.account a SET epoch = a.epoch + 1 FROM g WHERE a.id = g.account_id RETURNING a.id)"
         " SELECT " EMERGENCY_JSON " || jsonb_build_object('revoked', (SELECT count(*) FROM a)) FROM m" EMERGENCY_JOINS);
const struct governed_kind emergency_review = {
	.action = "emergency.review", .lock = &emergency_lock_q, .check = &emergency_review_check_q, .write = &emergency_review_q };
