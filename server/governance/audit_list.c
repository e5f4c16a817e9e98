#include "server/governance/audit_list.h"

/* What a viewer reaches is found first: everything, or the accounts whose home unit is in a scope. */
#define AUDIT_REACH                                                                                                     \
	"WITH scopes AS MATERIALIZED (SELECT s.path, u.parent_id IS NULL AS is_root FROM sen.live_scope s"                  \
	"  JOIN sen.unit u ON u.id = s.unit_id WHERE s.account_id = $1::uuid AND 'audit' = ANY (s.rights) AND s.platform_id IS NULL)," \
	" whole AS MATERIALIZED (SELECT EXISTS (SELECT FROM scopes WHERE is_root) AS yes),"                                 \
	" reach AS MATERIALIZED (SELECT array_agg(DISTINCT a.id) AS ids FROM scopes s JOIN sen.unit u ON starts_with(u.path, s.path)" \
	"  JOIN sen.post o ON o.unit_id = u.id JOIN sen.account a ON a.person_id = o.person_id"                             \
	"  JOIN sen.unit h ON h.id = sen.home_unit(a.person_id) AND starts_with(h.path, s.path) WHERE NOT (SELECT yes FROM whole))"
#define AUDIT_MATCH                                                                                                     \
	"($2::timestamptz IS NULL OR a.at >= $2::timestamptz) AND ($3::timestamptz IS NULL OR a.at < $3::timestamptz)"      \
	" AND ($4::text IS NULL OR a.account_id = (SELECT n.id FROM sen.account n WHERE n.login = $4))"                     \
	" AND ($5::text IS NULL OR a.action = $5 OR ($5 LIKE '%.' AND starts_with(a.action, $5)))"                          \
	" AND ($6::timestamptz IS NULL OR (a.at, a.chain, a.seq) > ($6::timestamptz, $7::smallint, $8::bigint))"

DB_QUERY(audit_list_q, DB_READ,
         AUDIT_REACH ", page AS ("
                     " (SELECT a.* FROM sen.audit a WHERE (SELECT yes FROM whole) AND " AUDIT_MATCH
                     "  ORDER BY a.at, a.chain, a.seq LIMIT $9::bigint)"
                     " UNION ALL (SELECT a.* FROM sen.audit a WHERE a.account_id = ANY ((SELECT ids FROM reach)::uuid[]) AND " AUDIT_MATCH
                     "  ORDER BY a.at, a.chain, a.seq LIMIT $9::bigint))"
                     " SELECT to_char(p.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), p.chain, p.seq, p.actor, p.action,"
                     " p.account_id, n.login, p.object, p.request_id, p.data, encode(p.hash, 'hex')"
                     " FROM page p LEFT JOIN sen.account n ON n.id = p.account_id ORDER BY p.at, p.chain, p.seq LIMIT $9::bigint");
DB_QUERY(audit_sees_all_q, DB_READ, AUDIT_REACH " SELECT yes FROM whole");
DB_QUERY(audit_checkpoint_list_q, DB_READ,
         "SELECT n, sen.iso(at), jws, jwk FROM sen.audit_checkpoint WHERE $1::bigint IS NULL OR n > $1::bigint ORDER BY n LIMIT $2::bigint");
DB_QUERY(audit_account_of_q, DB_READ, "SELECT id FROM sen.account WHERE login = $1");
DB_QUERY(audit_account_of_employee_q, DB_READ,
         "SELECT a.id FROM sen.person n JOIN sen.account a ON a.person_id = n.id AND a.kind = 'operational' WHERE n.employee_code = $1");

int audit_list(struct op *op, const struct audit_filter *f, const struct audit_entry **ret_entries, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &audit_list_q, &rows, P_STR(f->viewer), P_STR(f->from), P_STR(f->to), P_STR(f->login), P_STR(f->action),
	               P_STR(f->after_at), P_STR(f->after_chain), P_STR(f->after_seq), P_I64((int64_t)f->limit + 1));

	if (r < 0)
		return r;
	struct audit_entry *entries = ARENA_ARRAY(op->arena, struct audit_entry, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		entries[i] = (struct audit_entry){
			.at = db_str(&rows, i, 0),
			.chain = db_str(&rows, i, 1),
			.seq = db_str(&rows, i, 2),
			.actor = db_str(&rows, i, 3),
			.action = db_str(&rows, i, 4),
			.account_id = db_str(&rows, i, 5),
			.login = db_str(&rows, i, 6),
			.object = db_str(&rows, i, 7),
			.request_id = db_str(&rows, i, 8),
			.data = db_str(&rows, i, 9),
			.hash = db_str(&rows, i, 10),
		};
	*ret_entries = entries;
	*ret_n = rows.n;
	return 0;
}

int audit_checkpoint_list(struct op *op, struct str viewer, struct str after, size_t limit, const struct audit_checkpoint_row **ret_rows,
                          size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &audit_sees_all_q, &rows, P_STR(viewer));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_OUT_OF_SCOPE, "checkpoints are of all chains: for auditors of the whole only");
	r = db_run(op, &audit_checkpoint_list_q, &rows, P_STR(after), P_I64((int64_t)limit + 1));
	if (r < 0)
		return r;
	struct audit_checkpoint_row *list = ARENA_ARRAY(op->arena, struct audit_checkpoint_row, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		list[i] = (struct audit_checkpoint_row){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3) };
	*ret_rows = list;
	*ret_n = rows.n;
	return 0;
}

static int one_account(const struct db_rows *rows, int r, struct str *ret_account_id)
{
	if (r == 0)
		*ret_account_id = rows->n == 1 ? db_str(rows, 0, 0) : STR_NULL;
	return r;
}

int audit_account_of(struct op *op, struct str login, struct str *ret_account_id)
{
	struct db_rows rows;
	int r = db_run(op, &audit_account_of_q, &rows, P_STR(login));

	return one_account(&rows, r, ret_account_id);
}

int audit_account_of_employee(struct op *op, struct str employee_code, struct str *ret_account_id)
{
	struct db_rows rows;
	int r = db_run(op, &audit_account_of_employee_q, &rows, P_STR(employee_code));

	return one_account(&rows, r, ret_account_id);
}
