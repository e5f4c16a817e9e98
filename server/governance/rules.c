#include "server/governance/rules.h"

/* What a rule gives to everybody is everybody's rows. */
#define RECOMPUTE_MS 120000

DB_QUERY(rules_lock_q, DB_WRITE, "SELECT sen.rules_lock()");
DB_QUERY(rule_lock_q, DB_WRITE, "SELECT FROM sen.birthright_rule WHERE id = $1::uuid FOR UPDATE");
DB_QUERY(rule_apply_q, DB_WRITE,
         "SELECT jsonb_build_object('added', t.added, 'removed', t.removed) FROM sen.rule_apply($1::uuid, NULL) t");

#define VERSION_JSON                                                                                                       \
	"jsonb_build_object('number', v.number, 'name', v.name, 'basis', v.basis, 'unit', (SELECT u.code FROM sen.unit u WHERE u.id = v.unit_id),"   \
	" 'unit_kinds', v.unit_kinds, 'titles', v.titles, 'classes', v.classes, 'post_kinds', v.post_kinds, 'person_kinds', v.person_kinds,"            \
	" 'roles', (SELECT jsonb_agg(p.code || '/' || r.code ORDER BY p.code, r.code) FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id"        \
	"  WHERE r.id = ANY (v.role_ids)), 'follows', (SELECT coalesce(jsonb_agg(jsonb_build_object('role', p.code || '/' || r.code, 'unit', u.code,"          \
	"  'since', sen.iso(y.since)) ORDER BY y.since, u.code), '[]') FROM sen.role_follow(v.role_ids) y JOIN sen.role r ON r.id = y.role_id"           \
	"  JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.path = y.path WHERE y.path <> ''), 'valid_from', lower(v.valid), 'valid_to', upper(v.valid),"                                                       \
	" 'drawn_by', (SELECT a.login FROM sen.account a WHERE a.id = v.drawn_by), 'drawn_at', sen.iso(v.drawn_at),"                                          \
	" 'released_by', (SELECT a.login FROM sen.account a WHERE a.id = v.released_by), 'released_at', sen.iso(v.released_at),"                                \
	" 'superseded_at', sen.iso(v.superseded_at))"
#define RULE_STATE                                                                                                         \
	"CASE WHEN b.retired_at IS NOT NULL THEN 'retired' WHEN EXISTS (SELECT FROM sen.rule_in_force f WHERE f.rule_id = b.id) THEN 'in_force'"         \
	" ELSE 'draft' END"

DB_QUERY(rule_list_q, DB_READ,
         "SELECT jsonb_build_object('id', b.id, 'code', b.code, 'version', b.version, 'state', " RULE_STATE ", 'current', " VERSION_JSON "), b.code"
         " FROM sen.birthright_rule b JOIN LATERAL (SELECT * FROM sen.birthright_version x WHERE x.rule_id = b.id"
         "  ORDER BY x.released_at IS NOT NULL AND x.superseded_at IS NULL DESC, x.number DESC LIMIT 1) v ON true"
         " WHERE b.code > coalesce($2, '') AND v.unit_id IN (SELECT s.unit_id FROM sen.scoped_units($1::uuid, 'read') s) ORDER BY b.code LIMIT $3::integer");
const struct query *const rule_list = &rule_list_q;
DB_QUERY(rule_versions_q, DB_READ,
         "SELECT jsonb_build_object('id', b.id, 'code', b.code, 'version', b.version, 'state', " RULE_STATE ", 'versions',"
         " (SELECT jsonb_agg(" VERSION_JSON " ORDER BY v.number DESC) FROM sen.birthright_version v WHERE v.rule_id = b.id))"
         " FROM sen.birthright_rule b WHERE b.id = $2::uuid AND EXISTS (SELECT FROM sen.birthright_version v"
         "  JOIN sen.scoped_units($1::uuid, 'read') s ON s.unit_id = v.unit_id WHERE v.rule_id = b.id)");
const struct query *const rule_versions = &rule_versions_q;

/* Faults that a draft's contents can have.  Nobody gets a privileged role by birthright. */
#define DRAFT_INPUT(what, type)                                                                                            \
	"WITH i (id, actor, " what ", name, basis, unit, unit_kinds, titles, classes, post_kinds, person_kinds, roles, valid_from, valid_to) AS (VALUES"      \
	" ($1::uuid, $2::uuid, $3::" type ", $4::text, $5::text, $6::text, $7::text[], $8::text[], $9::text[], $10::text[], $11::text[], $12::text[],"         \
	" $13::date, $14::date)),"                                                                                                                               \
	" f AS (SELECT i.*, u.id AS uid, u.path, ARRAY(SELECT r.id FROM sen.role r JOIN sen.platform p ON p.id = r.platform_id"                                    \
	"  WHERE p.code || '/' || r.code = ANY (i.roles) ORDER BY r.id) AS rids FROM i LEFT JOIN sen.unit u ON u.code = i.unit) "
#define DRAFT_FAULTS                                                                                                       \
	" WHEN f.uid IS NULL THEN 'unknown_unit' WHEN cardinality(f.rids) <> cardinality(f.roles) THEN 'unknown_role'"                             \
	" WHEN coalesce(f.valid_from, '-infinity') >= coalesce(f.valid_to, 'infinity')"                                                             \
	"  OR NOT coalesce(f.person_kinds <@ ARRAY['can_bo', 'cong_chuc', 'vien_chuc', 'khong_chuyen_trach'], true)"                                 \
	"  OR NOT coalesce(f.unit_kinds <@ ARRAY['central', 'province', 'department', 'commune', 'ward', 'division'], true)"                           \
	"  OR EXISTS (SELECT FROM sen.role r WHERE r.id = ANY (f.rids) AND r.sensitivity = 'privileged') THEN 'invalid_value'"                          \
	" WHEN EXISTS (SELECT FROM unnest(f.rids) x (id) CROSS JOIN unnest(f.rids) y (id) CROSS JOIN LATERAL sen.duty_pairs(x.id, y.id) d"                \
	"  WHERE x.id < y.id AND d.severity = 'block') THEN 'separation_of_duties'"                                                                       \
	" WHEN EXISTS (SELECT FROM sen.role r WHERE r.id = ANY (f.rids) AND NOT sen.scope_covers(f.actor, 'rules', f.path, r.platform_id, r.id))"           \
	"  THEN 'out_of_scope'"
#define DRAFT_COLUMNS "rule_id, number, name, basis, unit_id, unit_kinds, titles, classes, post_kinds, person_kinds, role_ids, valid, drawn_by"
#define DRAFT_VALUES "f.name, f.basis, f.uid, f.unit_kinds, f.titles, f.classes, f.post_kinds, f.person_kinds, f.rids, daterange(f.valid_from, f.valid_to), f.actor"

DB_QUERY(rule_draft_check_q, DB_WRITE,
         DRAFT_INPUT("code", "text")
         "SELECT CASE WHEN EXISTS (SELECT FROM sen.birthright_rule b WHERE b.code = f.code) THEN 'conflict'" DRAFT_FAULTS
         " END, NULL, NULL, NULL, f.code FROM f");
DB_QUERY(rule_draft_q, DB_WRITE,
         DRAFT_INPUT("code", "text")
         ", b AS (INSERT INTO sen.birthright_rule (id, code) SELECT f.id, f.code FROM f RETURNING id, code, version)"
         ", v AS (INSERT INTO sen.birthright_version (" DRAFT_COLUMNS ") SELECT b.id, 1, " DRAFT_VALUES " FROM f, b RETURNING *)"
         " SELECT jsonb_build_object('id', b.id, 'code', b.code, 'version', b.version, 'state', 'draft', 'draft', " VERSION_JSON ") FROM b, v");
const struct governed_kind rule_draft = { .action = "rule.draft", .check = &rule_draft_check_q, .write = &rule_draft_q };

DB_QUERY(rule_redraft_check_q, DB_WRITE,
         DRAFT_INPUT("version", "bigint")
         "SELECT CASE WHEN false THEN NULL" DRAFT_FAULTS
         " WHEN EXISTS (SELECT FROM sen.birthright_version v JOIN sen.unit u ON u.id = v.unit_id CROSS JOIN unnest(v.role_ids) x (id) JOIN sen.role r ON r.id = x.id"
         "  WHERE v.rule_id = b.id AND v.superseded_at IS NULL AND NOT sen.scope_covers(f.actor, 'rules', u.path, r.platform_id, r.id)) THEN 'out_of_scope'"
         " WHEN b.version <> f.version THEN 'precondition_failed' WHEN b.retired_at IS NOT NULL THEN 'wrong_state'"
         " END, 'state', 'retired', NULL, b.code FROM f JOIN sen.birthright_rule b ON b.id = f.id");
DB_QUERY(rule_redraft_q, DB_WRITE,
         DRAFT_INPUT("version", "bigint")
         ", b AS (UPDATE sen.birthright_rule b SET version = b.version + 1 FROM f WHERE b.id = f.id AND b.version = f.version AND b.retired_at IS NULL"
         "  RETURNING b.id, b.code, b.version)"
         ", v AS (INSERT INTO sen.birthright_version (" DRAFT_COLUMNS ")"
         "  SELECT b.id, (SELECT max(number) + 1 FROM sen.birthright_version WHERE rule_id = b.id), " DRAFT_VALUES " FROM f, b"
         "  ON CONFLICT (rule_id) WHERE released_at IS NULL DO UPDATE SET name = excluded.name, basis = excluded.basis, unit_id = excluded.unit_id,"
         "  unit_kinds = excluded.unit_kinds, titles = excluded.titles, classes = excluded.classes, post_kinds = excluded.post_kinds,"
         "  person_kinds = excluded.person_kinds, role_ids = excluded.role_ids, valid = excluded.valid, drawn_by = excluded.drawn_by, drawn_at = now()"
         "  RETURNING *)"
         " SELECT jsonb_build_object('id', b.id, 'code', b.code, 'version', b.version, 'draft', " VERSION_JSON ") FROM b, v");
const struct governed_kind rule_redraft = { .action = "rule.draft", .lock = &rule_lock_q, .check = &rule_redraft_check_q, .write = &rule_redraft_q };

/* As if a rule said this: a new one, or one that is there with what it says now replaced. */
DB_QUERY(rule_supposed_check_q, DB_WRITE,
         DRAFT_INPUT("code", "text")
         "SELECT CASE WHEN false THEN NULL" DRAFT_FAULTS
         " WHEN EXISTS (SELECT FROM sen.birthright_version v JOIN sen.unit u ON u.id = v.unit_id CROSS JOIN unnest(v.role_ids) x (id) JOIN sen.role r ON r.id = x.id"
         "  WHERE v.rule_id = f.id AND v.superseded_at IS NULL AND NOT sen.scope_covers(f.actor, 'rules', u.path, r.platform_id, r.id)) THEN 'out_of_scope'"
         " WHEN f.code IS NOT NULL AND NOT EXISTS (SELECT FROM sen.birthright_rule b WHERE b.id = f.id AND b.retired_at IS NULL) THEN 'not_found'"
         " END, NULL, NULL, NULL, NULL FROM f");
DB_QUERY(rule_supposed_q, DB_WRITE,
         DRAFT_INPUT("code", "text")
         "SELECT jsonb_build_object('number', sen.suppose_rule(f.id, f.actor, f.uid, f.unit_kinds, f.titles, f.classes, f.post_kinds, f.person_kinds, f.rids,"
         " daterange(f.valid_from, f.valid_to))) FROM f");
const struct governed_kind rule_supposed = {
	.before = &rules_lock_q, .check = &rule_supposed_check_q, .write = &rule_supposed_q, .after = &rule_apply_q, .takes_ms = RECOMPUTE_MS };

#define RULE_INPUT "WITH i (id, actor, version) AS (VALUES ($1::uuid, $2::uuid, $3::bigint)) "
/* Whoever releases or retires must reach what the rule gives now and what it would give. */
#define RULE_REACH                                                                                                         \
	" WHEN EXISTS (SELECT FROM sen.birthright_version v JOIN sen.unit u ON u.id = v.unit_id CROSS JOIN unnest(v.role_ids) x (id) JOIN sen.role r ON r.id = x.id"  \
	"  WHERE v.rule_id = b.id AND v.superseded_at IS NULL AND NOT sen.scope_covers(i.actor, 'rules', u.path, r.platform_id, r.id)) THEN 'out_of_scope'"            \
	" WHEN b.version <> coalesce(i.version, b.version) THEN 'precondition_failed'"
#define STATE_ARG "'state', CASE WHEN b.retired_at IS NOT NULL THEN 'retired' ELSE 'released' END"
/* A role may have come to be one that nobody gets by birthright. */
#define PRIVILEGED                                                                                                         \
	" WHEN EXISTS (SELECT FROM sen.birthright_version v JOIN sen.role r ON r.id = ANY (v.role_ids) WHERE v.rule_id = b.id AND v.released_at IS NULL"  \
	"  AND r.sensitivity = 'privileged') THEN 'invalid_value'"
#define NO_DRAFT " WHEN b.retired_at IS NOT NULL OR NOT EXISTS (SELECT FROM sen.birthright_version v WHERE v.rule_id = b.id AND v.released_at IS NULL) THEN 'wrong_state'"

DB_QUERY(rule_release_check_q, DB_WRITE,
         RULE_INPUT
         "SELECT CASE WHEN false THEN NULL" RULE_REACH NO_DRAFT PRIVILEGED
         " WHEN EXISTS (SELECT FROM sen.birthright_version v WHERE v.rule_id = b.id AND v.released_at IS NULL AND sen.same_person(v.drawn_by, i.actor)) THEN 'four_eyes'"
         " END, " STATE_ARG ", NULL, b.code FROM i JOIN sen.birthright_rule b ON b.id = i.id");
DB_QUERY(rule_release_supposed_check_q, DB_WRITE,
         RULE_INPUT
         "SELECT CASE WHEN false THEN NULL" RULE_REACH NO_DRAFT PRIVILEGED " END, " STATE_ARG ", NULL, b.code FROM i JOIN sen.birthright_rule b ON b.id = i.id");
/* The version in force makes room first; the order of the two is that of the data they hand on. */
#define RELEASE(released_by, unless)                                                                                       \
	RULE_INPUT                                                                                                             \
	", b AS (UPDATE sen.birthright_rule b SET version = b.version + 1 FROM i WHERE b.id = i.id AND b.version = coalesce(i.version, b.version) AND b.retired_at IS NULL"  \
	"  RETURNING b.id, b.code, b.version)"                                                                                   \
	", old AS (UPDATE sen.birthright_version v SET superseded_at = now() FROM b WHERE v.rule_id = b.id AND v.released_at IS NOT NULL"                 \
	"  AND v.superseded_at IS NULL RETURNING v.number)"                                                                        \
	", v AS (UPDATE sen.birthright_version v SET released_by = " released_by ", released_at = now() FROM b, i"                                         \
	"  WHERE v.rule_id = b.id AND v.released_at IS NULL AND (SELECT count(*) FROM old) < 2" unless " RETURNING v.*)"                                               \
	/* What it takes away was previewed, and is approved with it: the guard of platforms does not hold it again. */       \
	" SELECT jsonb_build_object('id', b.id, 'code', b.code, 'version', b.version, 'number', v.number) FROM b, v, set_config('sen.cause', 'approved', true)"
DB_QUERY(rule_release_q, DB_WRITE, RELEASE("i.actor", " AND NOT sen.same_person(v.drawn_by, i.actor)"));
DB_QUERY(rule_release_supposed_q, DB_WRITE, RELEASE("nullif(i.actor, v.drawn_by)", ""));
const struct governed_kind rule_release = {
	.action = "rule.release", .before = &rules_lock_q, .lock = &rule_lock_q, .check = &rule_release_check_q, .write = &rule_release_q, .after = &rule_apply_q,
	.takes_ms = RECOMPUTE_MS };
const struct governed_kind rule_release_supposed = {
	.before = &rules_lock_q, .lock = &rule_lock_q, .check = &rule_release_supposed_check_q, .write = &rule_release_supposed_q, .after = &rule_apply_q,
	.takes_ms = RECOMPUTE_MS };

DB_QUERY(rule_retire_check_q, DB_WRITE,
         RULE_INPUT
         "SELECT CASE WHEN false THEN NULL" RULE_REACH " WHEN b.retired_at IS NOT NULL THEN 'wrong_state' END, 'state', 'retired', NULL, b.code"
         " FROM i JOIN sen.birthright_rule b ON b.id = i.id");
DB_QUERY(rule_retire_q, DB_WRITE,
         RULE_INPUT
         "UPDATE sen.birthright_rule b SET version = b.version + 1, retired_at = now(), retired_by = i.actor FROM i WHERE b.id = i.id AND b.version = coalesce(i.version, b.version)"
         " AND b.retired_at IS NULL RETURNING jsonb_build_object('id', b.id, 'code', b.code, 'version', b.version, 'retired_at', sen.iso(b.retired_at))");
const struct governed_kind rule_retire = {
	.action = "rule.retire", .before = &rules_lock_q, .lock = &rule_lock_q, .check = &rule_retire_check_q, .write = &rule_retire_q, .after = &rule_apply_q,
	.takes_ms = RECOMPUTE_MS };
const struct governed_kind rule_retire_supposed = {
	.before = &rules_lock_q, .lock = &rule_lock_q, .check = &rule_retire_check_q, .write = &rule_retire_q, .after = &rule_apply_q,
	.takes_ms = RECOMPUTE_MS };

#define CLASS_INPUT "WITH i (actor, title, class, version) AS (VALUES ($1::uuid, $2::text, $3::text, $4::bigint)) "
DB_QUERY(class_set_check_q, DB_WRITE,
         CLASS_INPUT
         "SELECT CASE WHEN NOT sen.rules_everywhere(i.actor, NULL) THEN 'out_of_scope' WHEN i.version <> coalesce(c.version, 0) THEN 'precondition_failed' END,"
         " NULL, NULL, NULL, i.class FROM i LEFT JOIN sen.position_class c ON c.title = i.title");
DB_QUERY(class_set_q, DB_WRITE,
         CLASS_INPUT
         "INSERT INTO sen.position_class AS c (title, class) SELECT i.title, i.class FROM i ON CONFLICT (title) DO UPDATE SET class = excluded.class,"
         " version = c.version + 1 WHERE c.version = (SELECT i.version FROM i) RETURNING jsonb_build_object('title', c.title, 'class', c.class, 'version', c.version)");
const struct governed_kind class_set = { .action = "position_class.set", .before = &rules_lock_q, .check = &class_set_check_q, .write = &class_set_q,
	.takes_ms = RECOMPUTE_MS };
DB_QUERY(class_list_q, DB_READ,
         "SELECT jsonb_build_object('title', c.title, 'class', c.class, 'version', c.version), c.title FROM sen.position_class c WHERE c.title > coalesce($1, '')"
         " ORDER BY c.title LIMIT $2::integer");
const struct query *const class_list = &class_list_q;

#define POST_INPUT                                                                                                         \
	"WITH i (actor, employee_code, end_post, ends_on, unit, title, kind, valid_from, valid_to) AS (VALUES ($1::uuid, $2::text, $3::uuid, $4::date,"  \
	" $5::text, $6::text, $7::text, $8::date, $9::date)),"                                                                                          \
	" f AS (SELECT i.*, p.id AS pid, u.id AS uid, u.path FROM i LEFT JOIN sen.person p ON p.employee_code = i.employee_code"                            \
	"  LEFT JOIN sen.unit u ON u.code = i.unit) "
DB_QUERY(post_supposed_check_q, DB_WRITE,
         POST_INPUT
         "SELECT CASE WHEN f.pid IS NULL THEN 'unknown_person' WHEN f.unit IS NOT NULL AND f.uid IS NULL THEN 'unknown_unit'"
         " WHEN f.end_post IS NULL AND f.unit IS NULL THEN 'invalid_value'"
         /* Names and grants are shown: of whom one may see, and of units that one may; before anything is said about the post. */
         " WHEN NOT coalesce(sen.scope_covers(f.actor, 'read', (SELECT u.path FROM sen.unit u WHERE u.id = sen.home_unit(f.pid)), NULL), false)"
         "  OR f.unit IS NOT NULL AND NOT coalesce(sen.scope_covers(f.actor, 'read', f.path, NULL), false)"
         "  OR EXISTS (SELECT FROM sen.post o JOIN sen.unit u ON u.id = o.unit_id WHERE o.person_id = f.pid AND o.id = f.end_post"
         "   AND NOT coalesce(sen.scope_covers(f.actor, 'read', u.path, NULL), false)) THEN 'out_of_scope'"
         " WHEN f.end_post IS NOT NULL AND NOT EXISTS (SELECT FROM sen.post o WHERE o.person_id = f.pid AND o.id = f.end_post"
         "  AND o.valid @> coalesce(f.ends_on, sen.today()) AND lower(o.valid) < coalesce(f.ends_on, sen.today())) THEN 'unknown_post'"
         " END, NULL, NULL, NULL, NULL FROM f");
DB_QUERY(post_supposed_q, DB_WRITE,
         POST_INPUT
         "SELECT jsonb_build_object('ended', sen.suppose_post(f.pid, f.end_post, coalesce(f.ends_on, sen.today()), f.uid, f.title, f.kind,"
         " daterange(coalesce(f.valid_from, sen.today()), f.valid_to))) FROM f");
const struct governed_kind post_supposed = { .check = &post_supposed_check_q, .write = &post_supposed_q };

#define UNIT_INPUT                                                                                                         \
	"WITH i (actor, unit, kind, parent) AS (VALUES ($1::uuid, $2::text, $3::text, $4::text)),"                                                       \
	" f AS (SELECT i.*, u.id AS uid, u.path, n.id AS nid, n.path AS npath FROM i LEFT JOIN sen.unit u ON u.code = i.unit LEFT JOIN sen.unit n ON n.code = i.parent) "
DB_QUERY(unit_supposed_check_q, DB_WRITE,
         UNIT_INPUT
         "SELECT CASE WHEN f.uid IS NULL OR (f.parent IS NOT NULL AND f.nid IS NULL) THEN 'unknown_unit'"
         " WHEN f.kind NOT IN ('central', 'province', 'department', 'commune', 'ward', 'division') OR starts_with(f.npath, f.path) THEN 'invalid_value'"
         " WHEN NOT sen.scope_covers(f.actor, 'read', f.path, NULL) THEN 'out_of_scope' END, NULL, NULL, NULL, NULL FROM f");
DB_QUERY(unit_supposed_q, DB_WRITE,
         UNIT_INPUT "SELECT jsonb_build_object('units', sen.suppose_unit(f.uid, f.kind, f.nid)) FROM f");
const struct governed_kind unit_supposed = { .check = &unit_supposed_check_q, .write = &unit_supposed_q, .takes_ms = RECOMPUTE_MS };

/*
 * What this transaction made of the grants: rows that it wrote; and those which would end with a post that it ended: a grant hangs on
 * its post by date, nothing is written to it.
 */
DB_QUERY(supposed_list_q, DB_READ,
         "SELECT x.json, x.key FROM (SELECT jsonb_build_object('change', g.change, 'employee_code', n.employee_code,"
         " 'full_name', n.full_name, 'login', a.login, 'platform', p.code, 'role', r.code, 'unit', u.code, 'valid_from', sen.iso(g.valid_from),"
         " 'valid_to', sen.iso(g.ends), 'basis', g.basis) AS json,"
         " n.employee_code || '/' || p.code || '/' || r.code || '/' || u.code || '/' || g.change || '/' || g.id AS key"
         " FROM (SELECT g.*, CASE WHEN g.revoked_at IS NULL THEN 'add' ELSE 'remove' END AS change, g.valid_to AS ends FROM sen.access_grant g"
         "   WHERE g.xmin = pg_current_xact_id()::xid"
         "  UNION ALL SELECT g.*, 'end', sen.grant_end(o.valid, g.handover_days) FROM sen.post o JOIN sen.account b ON b.person_id = o.person_id"
         "   JOIN sen.access_grant g ON g.account_id = b.id AND g.post_id = o.id WHERE o.xmin = pg_current_xact_id()::xid AND NOT upper_inf(o.valid)"
         "   AND g.xmin <> pg_current_xact_id()::xid AND g.revoked_at IS NULL"
         "   AND (g.valid_to IS NULL OR g.valid_to > sen.grant_end(o.valid, g.handover_days))) g"
         " JOIN sen.account a ON a.id = g.account_id JOIN sen.person n ON n.id = a.person_id JOIN sen.role r ON r.id = g.role_id"
         " JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = g.unit_id) x"
         " WHERE ($1::text IS NULL OR x.key > $1) ORDER BY x.key LIMIT $2::integer");
const struct query *const supposed_list = &supposed_list_q;
