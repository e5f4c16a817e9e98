#include "server/governance/explain.h"

#define AT "coalesce(i.at, now())"
/* What it was at that moment: the first that was so until later, or what it is. */
#define WAS_AT(what, table, key, id, now) "coalesce((SELECT z." what " FROM " table " z WHERE z." key " = " id " AND z.until > " AT " ORDER BY z.until LIMIT 1), " now ")"
#define STATUS_AT WAS_AT("status", "sen.account_was", "account_id", "a.id", "a.status")
#define STATE_AT WAS_AT("state", "sen.platform_was", "platform_id", "p.id", "p.state")
#define OFF "('disabled', 'suspended', 'archived')"
#define UNIT_NAME_AT(u)                                                                                                    \
	"coalesce((SELECT z.name FROM sen.unit_was z WHERE z.unit_id = " u ".id AND z.until > (" AT " AT TIME ZONE 'Asia/Ho_Chi_Minh')::date"              \
	" ORDER BY z.until, z.version LIMIT 1), " u ".name)"
/* Grants as they are, where that is what they were at that moment; and as they were then, where they have been changed since. */
#define GRANT_COLUMNS                                                                                                      \
	"g.account_id, g.id, g.role_id, g.basis, g.granted_by, g.granted_at, g.revoked_by, g.revoked_at, g.revoke_reason, g.origin, g.rule_id,"        \
	" g.rule_version, g.request_id, g.emergency_id"
#define NOW_AS_THEN(which)                                                                                                 \
	"SELECT " GRANT_COLUMNS ", g.unit_id, g.post_id, g.handover_days, g.valid_from, g.valid_to, g.suspended_at FROM sen.access_grant g WHERE " which  \
	" AND NOT EXISTS (SELECT FROM sen.grant_was e WHERE e.account_id = g.account_id AND e.grant_id = g.id AND e.until > " AT ")"
#define AS_THEN(which)                                                                                                     \
	"SELECT " GRANT_COLUMNS ", w.unit_id, w.post_id, w.handover_days, w.valid_from, w.valid_to, w.suspended_at FROM sen.grant_was w"                \
	" JOIN sen.access_grant g ON g.account_id = w.account_id AND g.id = w.grant_id WHERE " which " AND w.until > " AT                              \
	" AND NOT EXISTS (SELECT FROM sen.grant_was e WHERE e.account_id = w.account_id AND e.grant_id = w.grant_id AND e.until > " AT " AND e.until < w.until)"
/* After a retirement a rule's grant lives on in grace. */
#define IN_TIME_AT "g.valid_to IS NULL OR g.valid_to > " AT " OR g.origin = 'rule' AND sen.grant_in_grace(g.account_id, g.role_id, " AT ")"
#define HINDRANCE_AT "sen.grant_hindrance(g.account_id, g.role_id, g.post_id, g.handover_days, " AT ")"
#define GRANT_STATE                                                                                                        \
	"CASE WHEN g.granted_at > " AT " THEN 'not_yet_granted' WHEN g.revoked_at <= " AT " THEN 'revoked' WHEN NOT (" IN_TIME_AT ") THEN 'expired'"   \
	" WHEN g.valid_from > " AT " THEN 'future' WHEN g.suspended_at <= " AT " THEN 'suspended' ELSE coalesce(" HINDRANCE_AT ", 'live') END"
#define LIVE_AT                                                                                                            \
	"g.granted_at <= " AT " AND g.valid_from <= " AT " AND (" IN_TIME_AT ") AND (g.revoked_at IS NULL OR g.revoked_at > " AT ")"  \
	" AND (g.suspended_at IS NULL OR g.suspended_at > " AT ") AND " HINDRANCE_AT " IS NULL"
#define LOGIN_OF(id) "(SELECT z.login FROM sen.account z WHERE z.id = " id ")"

/* The chain behind one grant: what it rests on, down to decision, person and time. */
#define CHAIN                                                                                                              \
	"jsonb_build_object('grant', g.id, 'state', " GRANT_STATE ", 'origin', g.origin, 'unit', u.code, 'unit_name', " UNIT_NAME_AT("u") ", 'basis', g.basis,"           \
	" 'valid_from', sen.iso(g.valid_from), 'valid_to', sen.iso(g.valid_to), 'granted_by', " LOGIN_OF("g.granted_by") ", 'granted_at', sen.iso(g.granted_at),"  \
	" 'revoked_by', " LOGIN_OF("g.revoked_by") ", 'revoked_at', sen.iso(g.revoked_at), 'revoke_reason', g.revoke_reason, 'suspended_at', sen.iso(g.suspended_at),"  \
	" 'rule', (SELECT jsonb_build_object('code', b.code, 'number', v.number, 'name', v.name, 'basis', v.basis, 'drawn_by', " LOGIN_OF("v.drawn_by") ","      \
	"  'released_by', " LOGIN_OF("v.released_by") ", 'released_at', sen.iso(v.released_at), 'still_in_force', v.superseded_at IS NULL AND b.retired_at IS NULL,"  \
	"  'replacement', CASE WHEN NOT g.role_id = ANY (v.role_ids) THEN (SELECT jsonb_build_object('id', x.id, 'basis', x.basis) FROM sen.replacement_role m"      \
	"   JOIN sen.replacement x ON x.id = m.replacement_id WHERE m.new_role_id = g.role_id AND x.rules_at IS NOT NULL ORDER BY x.rules_at DESC LIMIT 1) END)"  \
	"  FROM sen.birthright_version v JOIN sen.birthright_rule b ON b.id = v.rule_id WHERE v.rule_id = g.rule_id AND v.number = g.rule_version),"               \
	" 'post', (SELECT jsonb_build_object('title', o.title, 'kind', o.kind, 'unit', w.code, 'unit_name', " UNIT_NAME_AT("w") ", 'valid_from', lower(o.valid),"               \
	"  'valid_to', upper(o.valid), 'decision_no', o.decision_no) FROM sen.post o JOIN sen.unit w ON w.id = o.unit_id WHERE o.person_id = a.person_id AND o.id = g.post_id),"  \
	" 'request', (SELECT jsonb_build_object('id', q.id, 'reason', q.reason, 'requested_by', " LOGIN_OF("q.requested_by") ", 'requested_at', sen.iso(q.requested_at),"  \
	"  'history', (SELECT jsonb_agg(jsonb_build_object('at', sen.iso(e.at), 'kind', e.kind, 'stage', e.stage, 'by', " LOGIN_OF("e.actor") ","               \
	"   'instead_of', " LOGIN_OF("e.instead_of") ", 'text', e.text) ORDER BY e.n) FROM sen.request_event e WHERE e.request_id = q.id))"                    \
	"  FROM sen.access_request q WHERE q.id = g.request_id),"                                                                                             \
	" 'emergency', (SELECT jsonb_build_object('id', m.id, 'reason', m.reason, 'asked_by', " LOGIN_OF("m.asked_by") ", 'released_by', " LOGIN_OF("m.released_by") ","  \
	"  'released_at', sen.iso(m.released_at), 'conclusion', m.conclusion) FROM sen.emergency m WHERE m.id = g.emergency_id))"

DB_QUERY(explain_role_q, DB_READ,
         "WITH i (actor, account, platform, role, at) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::timestamptz)),"
         " f AS (SELECT i.*, p.id AS plid, " STATE_AT " AS state, p.name AS pname, r.id AS rid, r.name AS rname FROM i LEFT JOIN sen.platform p ON p.code = i.platform"
         "  LEFT JOIN sen.role r ON r.platform_id = p.id AND r.code = i.role),"
         " s AS (SELECT i.*, " STATUS_AT " AS status FROM f i JOIN sen.account a ON a.id = i.account),"
         " c AS (SELECT " CHAIN " AS chain, " LIVE_AT " AS live, g.granted_at FROM f i JOIN sen.account a ON a.id = i.account CROSS JOIN LATERAL ("
         NOW_AS_THEN("g.account_id = a.id AND g.role_id = i.rid") " UNION ALL " AS_THEN("w.account_id = a.id AND g.role_id = i.rid") ") g JOIN sen.unit u ON u.id = g.unit_id WHERE sen.scope_covers(i.actor, 'read', u.path, i.plid, i.rid))"
         " SELECT jsonb_build_object('login', a.login, 'full_name', n.full_name, 'platform', i.platform, 'platform_name', i.pname, 'role', i.role, 'role_name', i.rname,"
         " 'at', sen.iso(" AT "), 'has', coalesce(bool_or(c.live), false) AND sen.platform_is_open(i.state) AND i.status NOT IN " OFF ","
         " 'because', coalesce(jsonb_agg(c.chain ORDER BY c.granted_at DESC) FILTER (WHERE c.live), '[]'),"
         " 'formerly', coalesce(jsonb_agg(c.chain ORDER BY c.granted_at DESC) FILTER (WHERE NOT c.live), '[]'),"
         " 'why_not', array_remove(ARRAY[CASE WHEN i.plid IS NULL THEN 'unknown_platform' WHEN i.rid IS NULL THEN 'unknown_role' END,"
         "  CASE WHEN NOT sen.platform_is_open(i.state) THEN 'platform_closed' END, CASE WHEN i.status IN " OFF " THEN 'account_' || i.status END,"
         "  CASE WHEN count(c.chain) = 0 THEN 'never_granted' WHEN NOT bool_or(c.live) THEN 'nothing_live' END,"
         "  CASE WHEN NOT coalesce(bool_or(c.live), false) AND EXISTS (SELECT FROM sen.access_request q WHERE q.person_id = n.id AND q.role_id = i.rid AND q.state = 'open'"
         "   AND q.expires_at > now()) THEN 'request_open' END,"
         "  CASE WHEN NOT coalesce(bool_or(c.live), false) AND EXISTS (SELECT FROM sen.duty_conflicts(n.id, i.rid, sen.home_unit(n.id)) d WHERE d.severity = 'block')"
         "   THEN 'separation_of_duties' END], NULL))"
         " FROM s i JOIN sen.account a ON a.id = i.account JOIN sen.person n ON n.id = a.person_id LEFT JOIN c ON true"
         " GROUP BY i.actor, i.account, i.platform, i.role, i.at, i.plid, i.state, i.status, i.pname, i.rid, i.rname, a.id, n.id");
const struct query *const explain_role = &explain_role_q;

/* Unit by unit in the order of their ids, each by its index: what the limit leaves out is not looked at. */
DB_QUERY(grants_on_q, DB_READ,
         "WITH i (actor, at, platform, role, unit, origin, after_unit, after_id) AS (VALUES ($1::uuid, $2::timestamptz, $3::text, $4::text, $5::text, $6::text, $7::integer,"
         " $8::uuid)), places AS MATERIALIZED (SELECT s.*, v.path FROM sen.scoped_units($1::uuid, 'read') s JOIN sen.unit v ON v.id = s.unit_id"
         "  WHERE ($7::integer IS NULL OR s.unit_id >= $7::integer)"
         "  AND ($5::text IS NULL OR starts_with(v.path, (SELECT w.path FROM sen.unit w WHERE w.code = $5::text))) ORDER BY s.unit_id)"
         ", wanted AS MATERIALIZED (SELECT ARRAY(SELECT y.id FROM sen.role y JOIN sen.platform z ON z.id = y.platform_id WHERE z.code = $3::text"
         "  AND ($4::text IS NULL OR y.code = $4::text)) AS roles)"
         ", usable AS MATERIALIZED (SELECT y.id FROM i CROSS JOIN sen.platform p JOIN sen.role y ON y.platform_id = p.id WHERE sen.platform_is_open(" STATE_AT "))"
         " SELECT x.json, x.unit_id, x.id FROM places s CROSS JOIN i CROSS JOIN wanted CROSS JOIN LATERAL (SELECT jsonb_build_object('id', g.id, 'login', a.login, 'employee_code', n.employee_code,"
         " 'full_name', n.full_name, 'platform', p.code, 'role', r.code, 'unit', u.code, 'origin', g.origin, 'basis', g.basis, 'valid_from', sen.iso(g.valid_from),"
         " 'valid_to', sen.iso(g.valid_to), 'granted_at', sen.iso(g.granted_at), 'state', " GRANT_STATE ") AS json, g.unit_id, g.id"
         " FROM (SELECT * FROM (" NOW_AS_THEN("i.platform IS NULL AND g.unit_id = s.unit_id")
         "    UNION ALL SELECT g.* FROM unnest(wanted.roles) y (id) CROSS JOIN LATERAL (" NOW_AS_THEN("g.role_id = y.id AND g.unit_id = s.unit_id") " OFFSET 0) g"
         "    UNION ALL " AS_THEN("w.unit_id = s.unit_id AND (i.platform IS NULL OR g.role_id = ANY (wanted.roles))") ") g"
         "   WHERE g.id > CASE WHEN i.after_unit = s.unit_id THEN i.after_id ELSE '00000000-0000-0000-0000-000000000000' END AND " LIVE_AT
         "   AND g.role_id IN (SELECT y.id FROM usable y) AND EXISTS (SELECT FROM sen.account a WHERE a.id = g.account_id AND " STATUS_AT " NOT IN " OFF ")"
         "   AND (i.origin IS NULL OR g.origin = i.origin)"
         "   AND (s.every OR g.role_id = ANY (s.roles) OR g.role_id IN (SELECT y.id FROM sen.role y WHERE y.platform_id = ANY (s.platforms)))"
         "   ORDER BY g.id LIMIT $9::integer) g"
         " JOIN sen.account a ON a.id = g.account_id JOIN sen.person n ON n.id = a.person_id JOIN sen.role r ON r.id = g.role_id"
         " JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id ORDER BY g.id) x LIMIT $9::integer");
const struct query *const grants_on = &grants_on_q;
