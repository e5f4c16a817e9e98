/* catalogue_read.c: entries as answers show them. */

#include "server/governance/catalogue.h"
#include "server/governance/catalogue_common.h"

#define ROLES_JSON                                                                                                    \
	"(SELECT coalesce(json_agg(json_build_object('code', r.code, 'name', r.name, 'level', r.level, 'sensitivity', r.sensitivity," \
	" 'verified', r.verified) ORDER BY r.code), '[]') FROM sen.role r WHERE r.platform_id = p.id AND r.retired_at IS NULL)"
/* What lists show. */
#define BRIEF                                                                                                         \
	"'code', p.code, 'name', p.name, 'name_en', p.name_en, 'kind', p.kind, 'state', p.state, 'open', sen.platform_is_open(p.state)," \
	" 'managing_unit', p.managing_unit, 'managing_unit_name', m.name, 'sector', p.sector, 'expected', to_char(p.expected_on, 'MM/YYYY')," \
	" 'completed_on', p.completed_on, 'overdue', sen.platform_is_overdue(p.expected_on, p.completed_on, p.state)," \
	" 'target_scope', p.target_scope, 'security_level', p.security_level, 'note', p.note, 'verified', p.verified, 'roles', " ROLES_JSON
#define PLAN_JSON                                                                                                     \
	"(SELECT coalesce(json_agg(json_build_object('name', t.name, 'units', t.units, 'target_units', ARRAY(SELECT w.code FROM sen.unit w" \
	" WHERE w.id = ANY (t.unit_ids) ORDER BY w.code), 'due_on', t.due_on, 'done_on', t.done_on," \
	" 'responsible', t.responsible, 'overdue', t.done_on IS NULL AND t.due_on < sen.today()) ORDER BY t.position), '[]')" \
	" FROM sen.platform_milestone t WHERE t.platform_id = p.id)"
#define GATES_JSON                                                                                                    \
	"(SELECT json_object_agg(k.kind, coalesce(g.state, 'missing') ORDER BY k.n)"                                      \
	" FROM unnest(ARRAY['architecture', 'strategy', 'security']) WITH ORDINALITY AS k (kind, n)"                      \
	" LEFT JOIN sen.gate_now g ON g.platform_id = p.id AND g.kind = k.kind)"
/* The list that is in force in the managing unit's province. */
#define LISTED                                                                                                        \
	"EXISTS (SELECT FROM sen.platform_list_now l JOIN sen.platform_list_entry e ON e.list_id = l.id"                  \
	" JOIN sen.unit o ON o.id = l.unit_id WHERE l.state = 'in_force' AND e.platform_code = p.code"                    \
	" AND (m.id IS NULL OR split_part(o.path, '.', 1) = split_part(m.path, '.', 1)))"

DB_QUERY(catalogue_get_q, DB_READ,
         "SELECT json_build_object(" BRIEF ", 'description', p.description, 'functions', p.functions, 'scopes', p.scopes,"
         " 'legal_basis', p.legal_basis, 'owner', p.owner, 'contact_name', p.contact_name, 'contact', p.contact, 'home_url', p.home_url,"
         " 'expected_on', p.expected_on, 'replaced_by', x.code, 'listed', " LISTED ", 'created_by', c.login, 'created_at', sen.iso(p.created_at),"
         " 'changed_by', h.login, 'plan', " PLAN_JSON ", 'gates', " GATES_JSON ", 'version', p.version)::text, p.version"
         " FROM sen.platform p LEFT JOIN sen.unit m ON m.id = p.managing_unit_id LEFT JOIN sen.platform x ON x.id = p.replaced_by"
         " LEFT JOIN sen.account c ON c.id = p.created_by LEFT JOIN sen.account h ON h.id = p.changed_by WHERE p.code = $1 AND p.id <> 0");
DB_QUERY(catalogue_list_q, DB_READ,
         "SELECT json_build_object(" BRIEF ")::text FROM sen.platform p LEFT JOIN sen.unit m ON m.id = p.managing_unit_id"
         " WHERE p.id <> 0 AND ($1::text IS NULL OR p.kind = $1) AND ($2::text IS NULL OR p.state = $2)"
         " AND ($3::text IS NULL OR starts_with(m.path, (SELECT u.path FROM sen.unit u WHERE u.code = $3)))"
         " AND ($4::boolean IS NULL OR sen.platform_is_overdue(p.expected_on, p.completed_on, p.state) = $4::boolean)"
         " AND ($5::text IS NULL OR strpos(p.name_fold, $5) > 0 OR strpos(lower(p.code), $5) > 0)"
         " AND ($6::text IS NULL OR p.code > $6) ORDER BY p.code LIMIT $7::bigint");

int catalogue_get(struct op *op, struct str code, json_t **ret_entry, int64_t *ret_version)
{
	_json_ json_t *array = NULL;
	struct db_rows rows;
	int r = db_run(op, &catalogue_get_q, &rows, P_STR(code));

	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_UNKNOWN_PLATFORM, "no such platform");
	if (r == 0)
		r = catalogue_rows(op, &rows, &array);
	if (r < 0)
		return r;
	*ret_entry = json_incref(json_array_get(array, 0));
	*ret_version = db_i64(&rows, 0, 1);
	return 0;
}

int catalogue_list(struct op *op, const struct catalogue_filter *f, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &catalogue_list_q, &rows, P_STR(f->kind), P_STR(f->state), P_STR(f->unit), P_STR(f->overdue), P_STR(f->words),
	               P_STR(f->after), P_I64((int64_t)f->limit + 1));

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}

/* One line for each authority that has said how many there are; what is known beside it are entries that are verified and no mere proposals. */
DB_QUERY(catalogue_announced_q, DB_READ,
         "SELECT json_build_object('unit', u.code, 'unit_name', u.name, 'total', coalesce(l.announced_total, a.total), 'source',"
         " coalesce(l.decision_no, a.source), 'announced_on', coalesce(l.signed_on, a.announced_on), 'known', (SELECT count(*) FROM sen.platform p"
         "  LEFT JOIN sen.unit m ON m.id = p.managing_unit_id WHERE p.id <> 0 AND p.verified AND p.kind <> 'proposed' AND p.state NOT IN ('stopped', 'refused')"
         "  AND (m.id IS NULL OR starts_with(m.path, u.path))))::text"
         " FROM sen.unit u LEFT JOIN sen.platform_announcement a ON a.unit_code = u.code"
         " LEFT JOIN sen.platform_list_now l ON l.unit_id = u.id AND l.state = 'in_force' AND l.announced_total IS NOT NULL"
         " WHERE u.parent_id IS NULL AND coalesce(l.announced_total, a.total) IS NOT NULL ORDER BY u.code LIMIT 100");

int catalogue_announced(struct op *op, json_t **ret_array)
{
	struct db_rows rows;
	int r = db_run(op, &catalogue_announced_q, &rows);

	return r < 0 ? r : catalogue_rows(op, &rows, ret_array);
}
