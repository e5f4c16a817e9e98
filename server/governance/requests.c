#include "server/governance/requests.h"

#define REQUEST_JSON                                                                                                       \
	"jsonb_build_object('id', q.id, 'state', CASE WHEN q.state = 'open' AND q.expires_at <= now() THEN 'expired' ELSE q.state END, 'stage', q.stage,"  \
	" 'stages', q.stages, 'employee_code', n.employee_code, 'full_name', n.full_name, 'platform', p.code, 'role', r.code, 'unit', u.code,"               \
	" 'basis', q.basis, 'reason', q.reason, 'valid_from', sen.iso(q.valid_from), 'valid_to', sen.iso(q.valid_to),"                                         \
	" 'requested_by', b.login, 'requested_at', sen.iso(q.requested_at), 'due_at', CASE WHEN q.state = 'open' THEN"                                          \
	" sen.iso(q.stage_since + (sen.escalations(q.stage_since, q.stage_days) + 1) * q.stage_days * interval '1 day') END,"                                     \
	" 'escalations', CASE WHEN q.state = 'open' THEN sen.escalations(q.stage_since, q.stage_days) END, 'expires_at', sen.iso(q.expires_at),"                   \
	" 'closed_at', sen.iso(q.closed_at), 'grant', q.grant_id, 'version', q.version)"
#define REQUEST_JOINS                                                                                                      \
	" JOIN sen.person n ON n.id = q.person_id JOIN sen.role r ON r.id = q.role_id JOIN sen.platform p ON p.id = r.platform_id"                   \
	" JOIN sen.unit u ON u.id = q.unit_id JOIN sen.account b ON b.id = q.requested_by"

/* By unit and id, as units come: walks the index on (unit_id, id) for the units in reach. */
DB_QUERY(request_list_q, DB_READ,
         "SELECT x.json, x.unit_id, x.id FROM sen.scoped_units($1::uuid, 'read') s CROSS JOIN LATERAL (SELECT " REQUEST_JSON " AS json, q.unit_id, q.id"
         " FROM sen.access_request q" REQUEST_JOINS " WHERE q.unit_id = s.unit_id AND (s.every OR p.id = ANY (s.platforms) OR r.id = ANY (s.roles))"
         " AND ($2::text IS NULL OR q.state = $2) AND (NOT $3::boolean OR q.requested_by = $1::uuid)"
         " AND ($4::integer IS NULL OR (q.unit_id, q.id) > ($4::integer, $5::uuid)) ORDER BY q.id LIMIT $6::integer) x"
         " WHERE $4::integer IS NULL OR s.unit_id >= $4::integer ORDER BY x.unit_id, x.id LIMIT $6::integer");
const struct query *const request_list = &request_list_q;

/* For those in whose reach it is, and for who asked. */
DB_QUERY(request_one_q, DB_READ,
         "SELECT " REQUEST_JSON " || jsonb_build_object('history', (SELECT jsonb_agg(jsonb_build_object('at', sen.iso(e.at), 'kind', e.kind, 'stage', e.stage,"
         " 'by', a.login, 'instead_of', d.login, 'text', e.text) ORDER BY e.n) FROM sen.request_event e JOIN sen.account a ON a.id = e.actor"
         " LEFT JOIN sen.account d ON d.id = e.instead_of WHERE e.request_id = q.id))"
         " FROM sen.access_request q" REQUEST_JOINS " WHERE q.id = $2::uuid AND (q.requested_by = $1::uuid OR sen.scope_covers($1::uuid, 'read', u.path, p.id, r.id)"
         " OR EXISTS (SELECT FROM sen.deciders($1::uuid) k WHERE sen.competent(k.account_id, k.instead_of IS NOT NULL, 1::smallint, u.path, r.id)))");
const struct query *const request_one = &request_one_q;

/*
 * What waits for this account: open, within its authority, not its own business.  The nearest approvers are asked
 * first: an approver is k steps away when k units between its scope and the request's have approvers of their own;
 * each deadline that passes brings in one step more.  Deciding is not bound to that: the higher may always.
 */
DB_QUERY(request_inbox_q, DB_READ,
         "SELECT " REQUEST_JSON ", q.id FROM (SELECT q.* FROM sen.access_request q JOIN sen.unit u ON u.id = q.unit_id JOIN sen.account me ON me.id = $1::uuid"
         " WHERE q.state = 'open' AND q.expires_at > now() AND ($2::uuid IS NULL OR q.id > $2::uuid) AND NOT sen.same_person(q.requested_by, $1::uuid) AND q.person_id <> me.person_id"
         " AND q.unit_id IN (SELECT w.id FROM sen.deciders($1::uuid) k CROSS JOIN LATERAL sen.approving_scope(k.account_id, k.instead_of IS NOT NULL) s"
         "  JOIN sen.unit w ON w.path ~>=~ s.path AND w.path ~<~ (left(s.path, -1) || '/') WHERE s.path <> '')"
         " AND NOT EXISTS (SELECT FROM sen.request_event e WHERE e.request_id = q.id AND e.kind = 'approved' AND sen.same_person(e.actor, $1::uuid))"
         " AND EXISTS (SELECT FROM sen.deciders($1::uuid) k JOIN sen.account d ON d.id = k.account_id"
         "  CROSS JOIN LATERAL sen.approving_scope(k.account_id, k.instead_of IS NOT NULL) s WHERE starts_with(u.path, s.path) AND d.person_id <> q.person_id AND NOT sen.same_person(d.id, q.requested_by)"
         "  AND sen.competent(k.account_id, k.instead_of IS NOT NULL, q.stage, u.path, q.role_id)"
         "  AND (SELECT count(DISTINCT t.unit_id) FROM sen.live_scope t JOIN sen.account o ON o.id = t.account_id WHERE 'approve' = ANY (t.rights)"
         "   AND t.unit_id = ANY (string_to_array(rtrim(u.path, '.'), '.')::integer[]) AND length(t.path) > length(s.path) AND o.person_id <> q.person_id AND NOT sen.same_person(o.id, q.requested_by)"
         "   AND o.status = 'active'"
         "   AND sen.competent(t.account_id, q.stage, u.path, q.role_id)) <= sen.escalations(q.stage_since, q.stage_days))"
         " ORDER BY q.id LIMIT $3::integer) q" REQUEST_JOINS " ORDER BY q.id");
const struct query *const request_inbox = &request_inbox_q;

#define FILE_INPUT                                                                                                         \
	"WITH i (id, actor, employee_code, platform, role, unit, basis, reason, valid_from, valid_to) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::text,"   \
	" $5::text, $6::text, $7::text, $8::text, $9::timestamptz, $10::timestamptz)),"                                                                        \
	" f AS (SELECT i.*, n.id AS pid, p.id AS plid, p.state, r.id AS rid, u.id AS uid, u.path, y.stages, y.stage_days, y.max_days, y.end_required,"             \
	"  CASE WHEN i.valid_to IS NULL AND y.max_days IS NOT NULL THEN coalesce(i.valid_from, now()) + y.max_days * interval '1 day' ELSE i.valid_to END AS ends"   \
	"  FROM i LEFT JOIN sen.person n ON n.employee_code = i.employee_code LEFT JOIN sen.platform p ON p.code = i.platform AND p.id > 0"                             \
	"  LEFT JOIN sen.role r ON r.platform_id = p.id AND r.code = i.role"                                                                                              \
	"  LEFT JOIN sen.unit u ON CASE WHEN i.unit IS NULL THEN u.id = sen.home_unit(n.id) ELSE u.code = i.unit END LEFT JOIN LATERAL sen.policy_of(r.id) y ON true) "
/* The same again at the approval; f has pid, rid, uid, path, state. */
#define STILL_FITS                                                                                                         \
	" WHEN NOT sen.platform_is_open(f.state) THEN 'platform_closed'"                                                                         \
	" WHEN NOT EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = f.pid AND starts_with(o.path, f.path)) THEN 'unknown_post'"          \
	" WHEN EXISTS (SELECT FROM sen.account x WHERE x.person_id = f.pid AND x.kind = 'operational' AND x.status IN ('disabled', 'archived')) THEN 'account_state'"  \
	" WHEN EXISTS (SELECT FROM sen.duty_conflicts(f.pid, f.rid, f.uid) d WHERE d.severity = 'block') THEN 'separation_of_duties'"
#define DUTY_ARG                                                                                                           \
	"'rule', (SELECT string_agg(DISTINCT d.duty_code, ' ') FROM sen.duty_conflicts(f.pid, f.rid, f.uid) d WHERE d.severity = 'block')"

DB_QUERY(request_file_check_q, DB_WRITE,
         FILE_INPUT
         "SELECT CASE WHEN f.pid IS NULL THEN 'unknown_person' WHEN f.plid IS NULL THEN 'unknown_platform' WHEN f.rid IS NULL THEN 'unknown_role'"
         " WHEN f.uid IS NULL THEN 'unknown_unit' WHEN me.person_id = f.pid THEN 'self_grant'"
         " WHEN NOT sen.scope_covers(f.actor, 'grant', f.path, f.plid, f.rid) THEN 'out_of_scope'"
         " WHEN (f.end_required AND f.ends IS NULL) OR f.ends <= greatest(coalesce(f.valid_from, now()), now())"
         "  OR f.ends > coalesce(f.valid_from, now()) + f.max_days * interval '1 day' THEN 'invalid_value'" STILL_FITS
         " WHEN EXISTS (SELECT FROM sen.access_request q WHERE q.person_id = f.pid AND q.role_id = f.rid AND q.unit_id = f.uid AND q.state = 'open' AND q.expires_at > now())"
         "  THEN 'conflict' END, " DUTY_ARG ", a.id, f.platform || ':' || f.role || '@' || coalesce(f.unit, '')"
         " FROM f JOIN sen.account me ON me.id = f.actor LEFT JOIN sen.account a ON a.person_id = f.pid AND a.kind = 'operational'");
DB_QUERY(request_file_q, DB_WRITE,
         FILE_INPUT
         ", old AS (UPDATE sen.access_request q SET state = 'withdrawn', closed_at = q.expires_at, version = q.version + 1 FROM f WHERE q.person_id = f.pid"
         "  AND q.role_id = f.rid AND q.unit_id = f.uid AND q.state = 'open' AND q.expires_at <= now() RETURNING 1)"
         ", q AS (INSERT INTO sen.access_request (id, person_id, role_id, unit_id, basis, reason, valid_from, valid_to, stages, stage_days, expires_at, requested_by)"
         "  SELECT f.id, f.pid, f.rid, f.uid, f.basis, f.reason, f.valid_from, f.ends, f.stages, f.stage_days, now() + interval '60 days', f.actor"
         "  FROM f WHERE (SELECT count(*) FROM old) < 2 ON CONFLICT DO NOTHING RETURNING *)"
         ", e AS (INSERT INTO sen.request_event (request_id, kind, stage, actor, text) SELECT q.id, 'filed', 1, q.requested_by, q.reason FROM q)"
         " SELECT " REQUEST_JSON " FROM q" REQUEST_JOINS);
const struct governed_kind request_file = { .action = "request.file", .check = &request_file_check_q, .write = &request_file_q };

/* Under whose authority: one's own first, then a principal's; neither asked for it, profits from it, or approved it before. */
#define DECIDE_INPUT                                                                                                       \
	"WITH i (id, actor, version, text) AS (VALUES ($1::uuid, $2::uuid, $3::bigint, $4::text)),"                                              \
	" f AS (SELECT i.actor, i.version AS seen, i.text, q.*, q.person_id AS pid, q.role_id AS rid, q.unit_id AS uid, u.path, p.state AS pstate,"    \
	"  u.code AS ucode, r.code AS rcode, p.code AS pcode, k.account_id AS decider, k.instead_of"                                                     \
	"  FROM i JOIN sen.access_request q ON q.id = i.id JOIN sen.unit u ON u.id = q.unit_id JOIN sen.role r ON r.id = q.role_id"                         \
	"  JOIN sen.platform p ON p.id = r.platform_id LEFT JOIN LATERAL (SELECT k.account_id, k.instead_of FROM sen.deciders(i.actor) k"                      \
	"   JOIN sen.account d ON d.id = k.account_id WHERE sen.competent(k.account_id, k.instead_of IS NOT NULL, q.stage, u.path, q.role_id) AND NOT sen.same_person(k.account_id, q.requested_by)"  \
	"   AND d.person_id <> q.person_id AND NOT EXISTS (SELECT FROM sen.request_event e WHERE e.request_id = q.id AND e.kind = 'approved'"                         \
	"    AND (sen.same_person(k.account_id, e.actor) OR sen.same_person(k.account_id, e.instead_of))) ORDER BY k.instead_of IS NOT NULL LIMIT 1) k ON true) "
#define DECIDE_FAULTS                                                                                                      \
	"CASE WHEN me.person_id = f.pid THEN 'self_grant' WHEN sen.same_person(f.requested_by, f.actor) THEN 'four_eyes'"                          \
	" WHEN EXISTS (SELECT FROM sen.request_event e WHERE e.request_id = f.id AND e.kind = 'approved' AND (sen.same_person(f.actor, e.actor)"  \
	"  OR sen.same_person(f.actor, e.instead_of))) THEN CASE WHEN f.state = 'open' THEN 'four_eyes' ELSE 'wrong_state' END"                       \
	" WHEN f.decider IS NULL THEN 'out_of_scope' WHEN f.state <> 'open' OR f.expires_at <= now() THEN 'wrong_state'"                             \
	" WHEN f.seen <> f.version THEN 'precondition_failed'"
#define DECIDE_STATE "CASE WHEN f.state = 'open' AND f.expires_at <= now() THEN 'expired' ELSE f.state END"
/* Only a request that can be decided on meets a duty. */
#define DECIDE_ARG                                                                                                         \
	"CASE WHEN f.state = 'open' AND f.expires_at > now() THEN 'rule' ELSE 'state' END, CASE WHEN f.state = 'open' AND f.expires_at > now() THEN"  \
	" (SELECT string_agg(DISTINCT d.duty_code, ' ') FROM sen.duty_conflicts(f.pid, f.rid, f.uid) d WHERE d.severity = 'block') ELSE " DECIDE_STATE " END"
#define DECIDE_FROM                                                                                                        \
	", a.id, f.pcode || ':' || f.rcode || '@' || f.ucode FROM f JOIN sen.account me ON me.id = f.actor"                                         \
	" LEFT JOIN sen.account a ON a.person_id = f.pid AND a.kind = 'operational'"
/* The lock is a statement of its own: the next one sees what the others did. */
DB_QUERY(request_lock_q, DB_WRITE,
         "SELECT sen.person_lock(q.person_id) FROM (SELECT person_id FROM sen.access_request WHERE id = $1::uuid FOR UPDATE) q");
DB_QUERY(request_approve_check_q, DB_WRITE,
         DECIDE_INPUT
         "SELECT " DECIDE_FAULTS
         " WHEN f.stage = f.stages AND f.valid_to <= now() THEN 'invalid_value'"
         " WHEN NOT sen.platform_is_open(f.pstate) THEN 'platform_closed'"
         " WHEN NOT EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = f.pid AND starts_with(o.path, f.path)) THEN 'unknown_post'"
         " WHEN a.status IN ('disabled', 'archived') THEN 'account_state'"
         " WHEN NOT sen.scope_covers(f.requested_by, 'grant', f.path, (SELECT r.platform_id FROM sen.role r WHERE r.id = f.rid), f.rid) THEN 'out_of_scope'"
         " WHEN EXISTS (SELECT FROM sen.duty_conflicts(f.pid, f.rid, f.uid) d WHERE d.severity = 'block') THEN 'separation_of_duties'"
         " END, " DECIDE_ARG DECIDE_FROM);
DB_QUERY(request_approve_q, DB_WRITE,
         DECIDE_INPUT
         ", q AS (UPDATE sen.access_request q SET version = q.version + 1, stage_since = now(), stage = least(q.stage + 1, q.stages),"
         "   state = CASE WHEN q.stage = q.stages THEN 'granted' ELSE 'open' END, closed_at = CASE WHEN q.stage = q.stages THEN now() END,"
         "   grant_id = CASE WHEN q.stage = q.stages THEN gen_random_uuid() END"
         "  FROM f WHERE q.id = f.id AND q.version = f.seen AND q.state = 'open' AND q.expires_at > now() AND f.decider IS NOT NULL"
         "  AND NOT sen.same_person(q.requested_by, f.actor) RETURNING q.*)"
         ", e AS (INSERT INTO sen.request_event (request_id, kind, stage, actor, instead_of, text) SELECT q.id, 'approved', f.stage, f.actor, f.instead_of,"
         "   coalesce(f.text, '') FROM q, f)"
         ", n AS (SELECT sen.request_fulfil(q.id, q.person_id, q.role_id, q.unit_id, q.basis, q.valid_from, q.valid_to, q.grant_id, f.actor) FROM q, f WHERE q.state = 'granted')"
         " SELECT " REQUEST_JSON " || jsonb_build_object('granted', (SELECT count(*) FROM n)) FROM q" REQUEST_JOINS);
const struct governed_kind request_approve = { .action = "request.approve", .lock = &request_lock_q, .check = &request_approve_check_q, .write = &request_approve_q };

DB_QUERY(request_refuse_check_q, DB_WRITE, DECIDE_INPUT "SELECT " DECIDE_FAULTS " END, 'state', " DECIDE_STATE DECIDE_FROM);
DB_QUERY(request_refuse_q, DB_WRITE,
         DECIDE_INPUT
         ", q AS (UPDATE sen.access_request q SET version = q.version + 1, state = 'refused', closed_at = now() FROM f WHERE q.id = f.id AND q.version = f.seen"
         "  AND q.state = 'open' AND f.decider IS NOT NULL AND NOT sen.same_person(q.requested_by, f.actor) RETURNING q.*)"
         ", e AS (INSERT INTO sen.request_event (request_id, kind, stage, actor, instead_of, text) SELECT q.id, 'refused', q.stage, f.actor, f.instead_of,"
         "   coalesce(f.text, '') FROM q, f)"
         " SELECT " REQUEST_JSON " FROM q" REQUEST_JOINS);
const struct governed_kind request_refuse = { .action = "request.refuse", .lock = &request_lock_q, .check = &request_refuse_check_q, .write = &request_refuse_q };

#define TALK_INPUT "WITH i (id, actor, text) AS (VALUES ($1::uuid, $2::uuid, $3::text)) "
DB_QUERY(request_withdraw_check_q, DB_WRITE,
         TALK_INPUT
         "SELECT CASE WHEN q.requested_by <> i.actor THEN 'out_of_scope' WHEN q.state <> 'open' THEN 'wrong_state' END, 'state', q.state, NULL, q.id::text"
         " FROM i JOIN sen.access_request q ON q.id = i.id");
DB_QUERY(request_withdraw_q, DB_WRITE,
         TALK_INPUT
         ", q AS (UPDATE sen.access_request q SET version = q.version + 1, state = 'withdrawn', closed_at = now() FROM i WHERE q.id = i.id AND q.state = 'open'"
         "  AND q.requested_by = i.actor RETURNING q.*)"
         ", e AS (INSERT INTO sen.request_event (request_id, kind, stage, actor, text) SELECT q.id, 'withdrawn', q.stage, i.actor, coalesce(i.text, '') FROM q, i)"
         " SELECT " REQUEST_JSON " FROM q" REQUEST_JOINS);
const struct governed_kind request_withdraw = { .action = "request.withdraw", .check = &request_withdraw_check_q, .write = &request_withdraw_q };

DB_QUERY(request_comment_check_q, DB_WRITE,
         TALK_INPUT
         "SELECT CASE WHEN q.requested_by <> i.actor AND NOT sen.scope_covers(i.actor, 'read', u.path, r.platform_id, r.id)"
         "  AND NOT EXISTS (SELECT FROM sen.deciders(i.actor) k WHERE sen.competent(k.account_id, k.instead_of IS NOT NULL, 1::smallint, u.path, r.id)) THEN 'not_found'"
         " WHEN q.state <> 'open' THEN 'wrong_state' END, 'state', q.state, NULL, q.id::text"
         " FROM i JOIN sen.access_request q ON q.id = i.id JOIN sen.unit u ON u.id = q.unit_id JOIN sen.role r ON r.id = q.role_id");
DB_QUERY(request_comment_q, DB_WRITE,
         TALK_INPUT
         "INSERT INTO sen.request_event (request_id, kind, stage, actor, text) SELECT q.id, 'comment', q.stage, i.actor, i.text FROM i"
         " JOIN sen.access_request q ON q.id = i.id AND q.state = 'open' RETURNING jsonb_build_object('request', request_id, 'at', sen.iso(at), 'text', text)");
const struct governed_kind request_comment = { .action = "request.comment", .check = &request_comment_check_q, .write = &request_comment_q };

/* One names one's own deputy; who may delegate over the principal's unit names one for somebody on leave. */
#define DEPUTY_INPUT                                                                                                       \
	"WITH i (id, actor, principal, deputy, valid_from, valid_to, basis) AS (VALUES ($1::uuid, $2::uuid, $3::text, $4::text, $5::date, $6::date, $7::text)),"  \
	" f AS (SELECT i.*, p.id AS pid, d.id AS did, p.person_id AS pperson, d.person_id AS dperson, d.status FROM i"                                         \
	"  LEFT JOIN sen.account p ON p.login = i.principal LEFT JOIN sen.account d ON d.login = i.deputy) "
DB_QUERY(deputy_add_check_q, DB_WRITE,
         DEPUTY_INPUT
         "SELECT CASE WHEN f.pid IS NULL OR f.did IS NULL THEN 'unknown_account' WHEN f.pperson = f.dperson OR (f.did = f.actor AND f.pid <> f.actor) THEN 'self_grant'"
         " WHEN f.valid_to <= f.valid_from OR f.valid_to <= sen.today() OR f.valid_to > f.valid_from + 366 THEN 'invalid_value'"
         " WHEN f.status IN ('disabled', 'archived') THEN 'account_state'"
         /* Within the principal's own scope: the deputy's home lies where the principal decides. */
         " WHEN NOT EXISTS (SELECT FROM sen.held_scope s JOIN sen.unit u ON u.id = sen.home_unit(f.dperson) WHERE s.account_id = f.pid AND 'approve' = ANY (s.rights)"
         "  AND starts_with(u.path, s.path)) THEN 'out_of_scope'"
         " WHEN f.pid <> f.actor AND EXISTS (SELECT FROM sen.held_scope t WHERE t.account_id = f.pid AND 'approve' = ANY (t.rights) AND NOT EXISTS ("
         "  SELECT FROM sen.live_scope s WHERE s.account_id = f.actor AND s.rights @> ARRAY['delegate', 'approve'] AND starts_with(t.path, s.path)"
         "  AND (s.platform_id IS NULL OR s.platform_id = t.platform_id) AND (s.role_ids IS NULL OR t.role_ids <@ s.role_ids)"
         "  AND (s.max_rank IS NULL OR t.max_rank <= s.max_rank))) THEN 'out_of_scope' END, NULL, NULL, f.did, f.principal || ' -> ' || f.deputy FROM f");
DB_QUERY(deputy_add_q, DB_WRITE,
         DEPUTY_INPUT
         "INSERT INTO sen.deputy (id, principal, deputy, valid, basis, made_by) SELECT f.id, f.pid, f.did, daterange(f.valid_from, f.valid_to), f.basis, f.actor FROM f"
         " RETURNING jsonb_build_object('id', id, 'valid_from', lower(valid), 'valid_to', upper(valid), 'basis', basis)");
const struct governed_kind deputy_add = { .action = "deputy.add", .check = &deputy_add_check_q, .write = &deputy_add_q };

#define DEPUTY_END_INPUT "WITH i (id, actor) AS (VALUES ($1::uuid, $2::uuid)) "
DB_QUERY(deputy_end_check_q, DB_WRITE,
         DEPUTY_END_INPUT
         "SELECT CASE WHEN i.actor NOT IN (d.principal, d.made_by, d.deputy) AND NOT coalesce(sen.scope_covers(i.actor, 'delegate', u.path, NULL), false) THEN 'not_found'"
         " WHEN d.ended_at IS NOT NULL THEN 'wrong_state' END, 'state', 'ended', d.deputy, d.id::text"
         " FROM i JOIN sen.deputy d ON d.id = i.id JOIN sen.account p ON p.id = d.principal LEFT JOIN sen.unit u ON u.id = sen.home_unit(p.person_id)");
DB_QUERY(deputy_end_q, DB_WRITE,
         DEPUTY_END_INPUT
         "UPDATE sen.deputy d SET ended_at = now() FROM i WHERE d.id = i.id AND d.ended_at IS NULL RETURNING jsonb_build_object('id', d.id, 'ended_at', sen.iso(d.ended_at))");
const struct governed_kind deputy_end = { .action = "deputy.end", .check = &deputy_end_check_q, .write = &deputy_end_q };

DB_QUERY(deputy_list_q, DB_READ,
         "SELECT jsonb_build_object('id', d.id, 'principal', p.login, 'deputy', a.login, 'valid_from', lower(d.valid), 'valid_to', upper(d.valid), 'basis', d.basis,"
         " 'ended_at', sen.iso(d.ended_at)), d.id FROM sen.deputy d JOIN sen.account p ON p.id = d.principal JOIN sen.account a ON a.id = d.deputy"
         " WHERE ($2::uuid IS NULL OR d.id > $2::uuid) AND ($1::uuid IN (d.principal, d.deputy, d.made_by)"
         "  OR sen.home_unit(p.person_id) IN (SELECT s.unit_id FROM sen.scoped_units($1::uuid, 'read') s)) ORDER BY d.id LIMIT $3::integer");
const struct query *const deputy_list = &deputy_list_q;
