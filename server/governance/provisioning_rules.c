#include "server/governance/provisioning_rules.h"

#define RULES_JSON(code)                                                                                                   \
	"jsonb_build_object('platform', " code ", 'version', r.version, 'operations', array_remove(ARRAY[CASE WHEN r.may_create THEN 'create' END,"        \
	" CASE WHEN r.may_update THEN 'update' END, CASE WHEN r.may_disable THEN 'disable' END, CASE WHEN r.may_delete THEN 'delete' END], NULL),"           \
	" 'max_n', r.max_n, 'max_percent', r.max_percent, 'unit_min', r.unit_min, 'unit_percent', r.unit_percent, 'role_min', r.role_min,"                    \
	" 'role_percent', r.role_percent, 'membership_percent', r.membership_percent, 'grace_days', r.grace_days, 'gone_days', r.gone_days, 'on_removal', r.on_removal)"

DB_QUERY(provisioning_rules_get_q, DB_READ,
         "SELECT " RULES_JSON("r.code") " FROM sen.provisioning_rule r WHERE r.code = $2 AND sen.platform_in_reach($1::uuid, 'read', r.platform_id)");
const struct query *const provisioning_rules_get = &provisioning_rules_get_q;

#define INPUT                                                                                                              \
	"WITH i (code, actor, version, ops, max_n, max_percent, unit_min, unit_percent, role_min, role_percent, grace_days, gone_days, on_removal, membership_percent) AS (VALUES" \
	" ($1::text, $2::uuid, $3::bigint, $4::text[], $5::integer, $6::integer, $7::integer, $8::integer, $9::integer, $10::integer, $11::integer,"          \
	" $12::integer, $13::text, $14::integer)) "
DB_QUERY(provisioning_rules_check_q, DB_WRITE,
         INPUT "SELECT f.fault, CASE WHEN f.fault = 'invalid_value' THEN 'field' END, CASE WHEN f.fault = 'invalid_value' THEN 'operations' END, NULL, f.code"
               " FROM (SELECT r.code, CASE WHEN NOT sen.platform_in_reach(i.actor, 'rules', r.platform_id) THEN 'out_of_scope'"
               "  WHEN r.version <> i.version THEN 'precondition_failed'"
               "  WHEN NOT i.ops <@ ARRAY['create', 'update', 'disable', 'delete'] OR r.platform_id = 0 AND 'delete' = ANY (i.ops) THEN 'invalid_value' END AS fault"
               "  FROM i JOIN sen.provisioning_rule r ON r.code = i.code) f");
DB_QUERY(provisioning_rules_write_q, DB_WRITE,
         INPUT ", r AS (INSERT INTO sen.provisioning_policy AS x (platform_id, may_create, may_update, may_disable, may_delete, max_n, max_percent, unit_min,"
               "  unit_percent, role_min, role_percent, grace_days, gone_days, on_removal, membership_percent) SELECT r.platform_id, coalesce('create' = ANY (i.ops), r.may_create),"
               "  coalesce('update' = ANY (i.ops), r.may_update), coalesce('disable' = ANY (i.ops), r.may_disable), coalesce('delete' = ANY (i.ops), r.may_delete),"
               "  coalesce(i.max_n, r.max_n), coalesce(i.max_percent, r.max_percent), coalesce(i.unit_min, r.unit_min), coalesce(i.unit_percent, r.unit_percent),"
               "  coalesce(i.role_min, r.role_min), coalesce(i.role_percent, r.role_percent), coalesce(i.grace_days, r.grace_days),"
               "  coalesce(i.gone_days, r.gone_days), coalesce(i.on_removal, r.on_removal), coalesce(i.membership_percent, r.membership_percent) FROM i JOIN sen.provisioning_rule r ON r.code = i.code"
               "  WHERE r.version = i.version AND sen.platform_in_reach(i.actor, 'rules', r.platform_id)"
               " ON CONFLICT (platform_id) DO UPDATE SET may_create = excluded.may_create, may_update = excluded.may_update, may_disable = excluded.may_disable,"
               "  may_delete = excluded.may_delete, max_n = excluded.max_n, max_percent = excluded.max_percent, unit_min = excluded.unit_min,"
               "  unit_percent = excluded.unit_percent, role_min = excluded.role_min, role_percent = excluded.role_percent, grace_days = excluded.grace_days,"
               "  gone_days = excluded.gone_days, on_removal = excluded.on_removal, membership_percent = excluded.membership_percent, version = x.version + 1 WHERE x.version = $3::bigint RETURNING *)"
               " SELECT " RULES_JSON("i.code") " FROM r, i");
const struct governed_kind provisioning_rules_set = {
	.action = "provisioning.rules", .check = &provisioning_rules_check_q, .write = &provisioning_rules_write_q };

#define HOLD_JSON                                                                                                          \
	"jsonb_build_object('id', h.id, 'platform', p.code, 'platform_name', p.name, 'state', h.state, 'reason', h.reason, 'about', h.about, 'opened_at',"       \
	" sen.iso(h.opened_at), 'disable', h.n_disable, 'delete', h.n_delete, 'change', h.n_change, 'live', h.n_live, 'decided_by',"                             \
	" (SELECT a.login FROM sen.account a WHERE a.id = h.decided_by), 'decided_at', sen.iso(h.decided_at), 'decision', h.decision, 'applied_at',"             \
	" sen.iso(h.applied_at), 'version', h.version)"
#define MAY_SEE "(sen.platform_in_reach($1::uuid, 'read', h.platform_id) OR sen.platform_in_reach($1::uuid, 'approve', h.platform_id))"

DB_QUERY(hold_list_q, DB_READ,
         "SELECT " HOLD_JSON ", h.id::text FROM sen.hold h JOIN sen.platform p ON p.id = h.platform_id WHERE h.state <> 'passed'"
         " AND ($2::text IS NULL OR p.code = $2) AND ($3::text IS NULL OR h.state = $3) AND ($4::bigint IS NULL OR h.id < $4::bigint) AND " MAY_SEE
         " ORDER BY h.id DESC LIMIT $5::bigint");
const struct query *const hold_list = &hold_list_q;
DB_QUERY(hold_get_q, DB_READ,
         "SELECT " HOLD_JSON " || jsonb_build_object('authors', ARRAY(SELECT a.login FROM sen.hold_author o JOIN sen.account a ON a.id = o.account_id"
         "  WHERE o.hold_id = h.id ORDER BY 1), 'waiting', (SELECT count(*) FROM sen.binding b WHERE b.state = 6 AND b.hold_id = h.id)"
         "  + (SELECT count(*) FROM sen.unit_shown s WHERE s.hold_id = h.id))"
         " FROM sen.hold h JOIN sen.platform p ON p.id = h.platform_id WHERE h.id = $2::bigint AND h.state <> 'passed' AND " MAY_SEE);
const struct query *const hold_get = &hold_get_q;
DB_QUERY(hold_accounts_q, DB_READ,
         "SELECT jsonb_build_object('login', a.login, 'employee_code', n.employee_code, 'full_name', n.full_name, 'unit', u.code, 'unit_name', u.name, 'operation',"
         " CASE WHEN b.want_active THEN 'change' WHEN b.delete_at IS NOT NULL THEN 'delete' ELSE 'disable' END), b.account_id::text"
         " FROM sen.hold h JOIN sen.binding b ON b.hold_id = h.id AND b.platform_id = h.platform_id AND b.state = 6 JOIN sen.account a ON a.id = b.account_id"
         " JOIN sen.person n ON n.id = a.person_id LEFT JOIN sen.unit u ON u.id = sen.home_unit(n.id)"
         " WHERE h.id = $2::bigint AND " MAY_SEE " AND ($3::uuid IS NULL OR b.account_id > $3::uuid) ORDER BY b.account_id LIMIT $4::bigint");
const struct query *const hold_accounts = &hold_accounts_q;
/* As the entry is, and as it would become. */
DB_QUERY(hold_units_q, DB_READ,
         "SELECT jsonb_build_object('unit', u.code, 'operation', CASE WHEN coalesce(u.valid_to, 'infinity') < coalesce(s.valid_to, 'infinity')"
         " OR u.valid_from > s.valid_from THEN 'close' ELSE 'change' END, 'name', s.name, 'kind', s.kind, 'parent', o.code, 'valid_from', s.valid_from,"
         " 'valid_to', s.valid_to, 'new_name', u.name, 'new_kind', u.kind, 'new_parent', p.code, 'new_valid_from', u.valid_from, 'new_valid_to', u.valid_to),"
         " u.id::text"
         " FROM sen.hold h JOIN sen.unit_shown s ON s.hold_id = h.id AND s.platform_id = h.platform_id JOIN sen.unit u ON u.id = s.unit_id"
         " LEFT JOIN sen.unit o ON o.id = s.parent_id LEFT JOIN sen.unit p ON p.id = u.parent_id"
         " WHERE h.id = $2::bigint AND " MAY_SEE " AND ($3::integer IS NULL OR u.id > $3::integer) ORDER BY u.id LIMIT $4::bigint");
const struct query *const hold_units = &hold_units_q;

DB_QUERY(hold_lock_q, DB_WRITE, "SELECT id FROM sen.hold WHERE id = $1::bigint FOR UPDATE");
#define HOLD_INPUT "WITH i (id, actor, version, reason) AS (VALUES ($1::bigint, $2::uuid, $3::bigint, $4::text)) "
/* Whose acts are held, or whose account. */
#define IS_PARTY                                                                                                           \
	"(EXISTS (SELECT FROM sen.hold_author o WHERE o.hold_id = h.id AND sen.same_person(o.account_id, i.actor))"                                              \
	" OR EXISTS (SELECT FROM sen.account me JOIN sen.account x ON x.person_id = me.person_id JOIN sen.binding b ON b.account_id = x.id"                      \
	"  AND b.platform_id = h.platform_id AND b.hold_id = h.id AND b.state = 6 WHERE me.id = i.actor))"
#define DECIDE(action_, name, was, becomes)                                                                                \
	DB_QUERY(name##_check_q, DB_WRITE,                                                                                     \
	         HOLD_INPUT "SELECT f.fault, CASE f.fault WHEN 'wrong_state' THEN 'state' END, CASE f.fault WHEN 'wrong_state' THEN f.state END, NULL,"           \
	         " 'hold:' || f.id FROM (SELECT h.id, h.state, CASE WHEN NOT sen.platform_in_reach(i.actor, 'approve', h.platform_id) THEN 'not_found'"            \
	         "  WHEN h.state NOT IN (" was ") THEN 'wrong_state' WHEN " IS_PARTY " THEN 'four_eyes' WHEN h.version <> i.version THEN 'precondition_failed'"   \
	         "  END AS fault FROM i JOIN sen.hold h ON h.id = i.id AND h.state <> 'passed') f");                              \
	DB_QUERY(name##_q, DB_WRITE,                                                                                           \
	         HOLD_INPUT "UPDATE sen.hold h SET state = '" becomes "', decided_by = i.actor, decided_at = now(), decision = i.reason, applied_at = NULL,"      \
	         " version = h.version + 1 FROM i, sen.platform p WHERE h.id = i.id AND p.id = h.platform_id AND h.version = i.version AND h.state IN (" was ")"  \
	         " AND NOT " IS_PARTY " RETURNING " HOLD_JSON);                                                                \
	const struct governed_kind name = { .action = action_, .lock = &hold_lock_q, .check = &name##_check_q, .write = &name##_q }
/* What was discarded may still be released: the facts were right after all. */
DECIDE("hold.release", hold_release, "'open', 'discarded'", "released");
DECIDE("hold.discard", hold_discard, "'open'", "discarded");
