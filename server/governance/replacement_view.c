/* replacement_view.c: plans as answers show them, and what each step would do. */

#include "server/governance/replacement.h"
#include "server/governance/replacement_steps.h"

#define PLAN_JSON                                                                                                    \
	"jsonb_build_object('id', x.id, 'old', o.code, 'old_name', o.name, 'new', w.code, 'new_name', w.name, 'unit', u.code, 'whole', x.is_whole,"   \
	" 'cutover_on', x.cutover_on, 'basis', x.basis, 'state', x.state, 'read_only_role', (SELECT r.code FROM sen.role r WHERE r.id = x.read_only_role_id)," \
	" 'drawn_by', (SELECT a.login FROM sen.account a WHERE a.id = x.drawn_by), 'drawn_at', sen.iso(x.drawn_at),"                                  \
	" 'submitted_by', (SELECT a.login FROM sen.account a WHERE a.id = x.submitted_by), 'approved_by', (SELECT a.login FROM sen.account a WHERE a.id = x.approved_by)," \
	" 'approved_at', sen.iso(x.approved_at), 'finished_at', sen.iso(x.finished_at), 'version', x.version, 'automatic', x.is_automatic,"              \
	" 'read_only_on', x.read_only_on, 'decision_no', x.decision_no, 'decision_on', x.decision_on, 'handover_on', x.handover_on,"                     \
	" 'no_handover', x.no_handover, 'handed_over_on', x.handed_over_on, 'handover_evidence', x.handover_evidence,"                                \
	" 'handed_over_by', (SELECT a.login FROM sen.account a WHERE a.id = x.handed_over_by), 'rules_at', sen.iso(x.rules_at)"
#define ROLES_JSON(table)                                                                                          \
	"(SELECT jsonb_agg(jsonb_build_object('old', r.code, 'old_name', r.name, 'new', n.code, 'new_name', n.name) ORDER BY r.code)"   \
	"  FROM sen." table " m JOIN sen.role r ON r.id = m.old_role_id LEFT JOIN sen.role n ON n.id = m.new_role_id WHERE m.replacement_id = x.id)"
#define PLAN_FROM                                                                                                \
	" FROM sen.replacement x JOIN sen.platform o ON o.id = x.old_id JOIN sen.platform w ON w.id = x.new_id JOIN sen.unit u ON u.id = x.unit_id"
DB_QUERY(replacement_list_q, DB_READ,
         "SELECT " PLAN_JSON ")::text, x.drawn_at::text, x.id::text" PLAN_FROM " WHERE sen.scope_covers($1::uuid, 'read', u.path, x.old_id)"
         " AND ($2::text IS NULL OR x.state = $2) AND ($3::text IS NULL OR (x.drawn_at, x.id) > ($3::timestamptz, $4::uuid))"
         " ORDER BY x.drawn_at, x.id LIMIT $5::bigint");
DB_QUERY(replacement_get_q, DB_READ,
         "SELECT (" PLAN_JSON ", 'roles', " ROLES_JSON("replacement_role") ", 'change', (SELECT jsonb_build_object('kind', c.kind, 'cutover_on', c.cutover_on,"
         " 'reason', c.reason, 'asked_by', (SELECT a.login FROM sen.account a WHERE a.id = c.asked_by), 'asked_at', sen.iso(c.asked_at),"
         " 'roles', coalesce(" ROLES_JSON("replacement_change_role") ", '[]')) FROM sen.replacement_change c WHERE c.replacement_id = x.id)))::text,"
         " x.version" PLAN_FROM " WHERE x.id = $2::uuid AND sen.scope_covers($1::uuid, 'read', u.path, x.old_id)");
/*
 * What a step would do, computed from the grants as they are.  For "revoke": all that stands on the old platform;
 * "waiting": accounts that the new platform has not confirmed yet.
 */
DB_QUERY(replacement_preview_q, DB_READ,
         "SELECT jsonb_build_object('login', a.login, 'unit', u.code, 'role', r.code, 'grant', g.id, 'valid_to', sen.iso(g.valid_to),"
         " 'new_role', CASE WHEN $3 = 'read_only' THEN ro.code WHEN $3 = 'grant' AND i.old_grant_id IS NULL THEN n.code END,"
         " 'carry', coalesce(i.carry, CASE WHEN m.old_role_id IS NULL THEN 'unmapped' WHEN m.new_role_id IS NULL THEN 'dropped' WHEN g.origin = 'rule' THEN 'rule'"
         "  WHEN EXISTS (SELECT FROM sen.standing_post o WHERE o.person_id = a.person_id AND starts_with(o.path, u.path)) THEN 'mapped' ELSE 'no_post' END), 'suspended_at', sen.iso(g.suspended_at))::text,"
         " g.account_id::text, g.id::text"
         " FROM sen.replacement x JOIN sen.unit w ON w.id = x.unit_id JOIN sen.role r ON r.platform_id = x.old_id"
         " JOIN sen.access_grant g ON g.role_id = r.id AND g.revoked_at IS NULL AND (g.valid_to IS NULL OR g.valid_to > now())"
         " JOIN sen.unit u ON u.id = g.unit_id AND starts_with(u.path, w.path) JOIN sen.account a ON a.id = g.account_id"
         " LEFT JOIN sen.replacement_role m ON m.replacement_id = x.id AND m.old_role_id = g.role_id LEFT JOIN sen.role n ON n.id = m.new_role_id"
         " LEFT JOIN sen.role ro ON ro.id = x.read_only_role_id"
         " LEFT JOIN sen.replacement_item i ON i.replacement_id = x.id AND i.account_id = g.account_id AND i.old_grant_id = g.id"
         " WHERE x.id = $2::uuid AND sen.scope_covers($1::uuid, 'read', w.path, x.old_id)"
         " AND NOT ($3 IN ('grant', 'read_only') AND EXISTS (SELECT FROM sen.replacement_item z WHERE z.replacement_id = x.id AND z.account_id = g.account_id"
         "  AND z.read_only_grant_id = g.id))"
         " AND CASE $3 WHEN 'grant' THEN i.old_grant_id IS NULL WHEN 'read_only' THEN x.read_only_role_id IS NOT NULL AND g.role_id <> x.read_only_role_id"
         "  AND i.carry IS DISTINCT FROM 'no_post' WHEN 'waiting' THEN EXISTS (SELECT FROM sen.replacement_to_revoke v WHERE v.replacement_id = x.id"
         "  AND v.account_id = g.account_id AND v.is_waiting) ELSE true END"
         " AND ($4::text IS NULL OR (g.account_id, g.id) > ($4::uuid, $5::uuid)) ORDER BY g.account_id, g.id LIMIT $6::bigint");

int replacement_preview(struct op *op, const struct principal *p, struct str id, struct str step, const struct str *after, size_t limit, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_preview_q, &rows, P_STR(p->account_id), P_STR(id), P_STR(step), P_STR(after[0]), P_STR(after[1]), P_I64((int64_t)limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, limit, 2);
	return r;
}

int replacement_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version)
{
	struct replacement_left left;
	struct db_rows rows;
	json_t *of_left;
	int r = db_run(op, &replacement_get_q, &rows, P_STR(p->account_id), P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no such plan");
	r = replacement_count_left(op, id, &left);
	if (r < 0)
		return r;
	*ret_json = json_cell(op, &rows, 0, 0);
	*ret_version = db_i64(&rows, 0, 1);
	of_left = json_new_object();
	json_set_int(of_left, "grant", left.to_grant);
	json_set_int(of_left, "read_only", left.to_read_only);
	json_set_int(of_left, "revoke", left.to_revoke);
	json_set_int(of_left, "waiting", left.waiting);
	json_set_int(of_left, "unmapped", left.unmapped);
	json_set_take(*ret_json, "left", of_left);
	return 0;
}

int replacement_list(struct op *op, const struct principal *p, struct str state, const struct str *after, size_t limit, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_list_q, &rows, P_STR(p->account_id), P_STR(state), P_STR(after[0]), P_STR(after[1]), P_I64((int64_t)limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, limit, 2);
	return r;
}
