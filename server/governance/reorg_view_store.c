#include "server/governance/reorg_view_store.h"

#define OP_NAMES                                                                                                         \
	" p.employee_code, p.full_name, a.login, f.code, r.code, t.title, coalesce(uf.code, nf.code), coalesce(uf.name, nf.name)," \
	" coalesce(ut.code, nt.code), coalesce(ut.name, nt.name), o.further, coalesce(o.share, 0)"
#define OP_JOINS                                                                                                      \
	" LEFT JOIN sen.person p ON p.id = o.person_id LEFT JOIN sen.account a ON a.id = o.account_id"                  \
	" LEFT JOIN sen.access_grant g ON g.account_id = o.account_id AND g.id = o.subject"                             \
	" LEFT JOIN sen.role r ON r.id = g.role_id LEFT JOIN sen.platform f ON f.id = r.platform_id"                    \
	" LEFT JOIN sen.post t ON t.person_id = o.person_id AND t.id = o.subject"                                       \
	" LEFT JOIN sen.unit uf ON uf.id = o.unit_from LEFT JOIN sen.unit ut ON ut.id = o.unit_to"                      \
	" LEFT JOIN sen.reorganisation_unit nf ON nf.reorganisation_id = o.reorganisation_id AND nf.ref = o.unit_from AND o.unit_from < 0" \
	" LEFT JOIN sen.reorganisation_unit nt ON nt.reorganisation_id = o.reorganisation_id AND nt.ref = o.unit_to AND o.unit_to < 0"

DB_QUERY(reorg_view_ops_q, DB_READ,
         "SELECT o.n, o.kind," OP_NAMES " FROM (SELECT * FROM sen.reorganisation_op WHERE reorganisation_id = $1::uuid AND n > $2::integer"
         "  AND ($3::text IS NULL OR kind = $3)"
         "  AND ($4::text IS NULL OR person_id = (SELECT x.id FROM sen.person x WHERE x.employee_code = $4))"
         "  AND ($5::text IS NULL OR account_id = (SELECT x.id FROM sen.account x WHERE x.login = $5)) ORDER BY n LIMIT $6::bigint) o"
         OP_JOINS " ORDER BY o.n");
DB_QUERY(reorg_view_exceptions_q, DB_READ,
         "SELECT o.n, e.what," OP_NAMES " FROM (SELECT * FROM sen.reorganisation_exception WHERE reorganisation_id = $1::uuid AND n > $2::integer"
         "  AND ($3::text IS NULL OR what = $3)) e JOIN sen.reorganisation_op o ON o.reorganisation_id = e.reorganisation_id AND o.n = e.n" OP_JOINS
         " WHERE ($4::text IS NULL OR p.employee_code = $4) AND ($5::text IS NULL OR a.login = $5) ORDER BY o.n LIMIT $6::bigint");
DB_QUERY(reorg_view_findings_q, DB_READ,
         "SELECT i.n, coalesce(i.step, 0), i.code, p.employee_code, p.full_name, a.login, i.unit_code, i.blocking, b.code"
         " FROM sen.reorganisation_finding i LEFT JOIN sen.birthright_rule b ON b.id = i.subject LEFT JOIN sen.person p ON p.id = i.person_id LEFT JOIN sen.account a ON a.id = i.account_id"
         " WHERE i.reorganisation_id = $1::uuid AND i.n > $2::integer AND ($3::text IS NULL OR i.code = $3)"
         " AND ($4::text IS NULL OR p.employee_code = $4) AND ($5::text IS NULL OR a.login = $5) ORDER BY i.n LIMIT $6::bigint");

static void ops_from_rows(struct op *op, const struct db_rows *rows, const struct reorg_op_row **ret, size_t *ret_n)
{
	struct reorg_op_row *all = ARENA_ARRAY(op->arena, struct reorg_op_row, rows->n);

	for (size_t i = 0; i < rows->n; i++)
		all[i] = (struct reorg_op_row){
			.n = db_i64(rows, i, 0),
			.kind = db_str(rows, i, 1),
			.employee_code = db_str(rows, i, 2),
			.full_name = db_str(rows, i, 3),
			.login = db_str(rows, i, 4),
			.platform = db_str(rows, i, 5),
			.role = db_str(rows, i, 6),
			.title = db_str(rows, i, 7),
			.from_code = db_str(rows, i, 8),
			.from_name = db_str(rows, i, 9),
			.to_code = db_str(rows, i, 10),
			.to_name = db_str(rows, i, 11),
			.is_further = db_bool(rows, i, 12),
			.share = db_i64(rows, i, 13),
		};
	*ret = all;
	*ret_n = rows->n;
}

int reorg_view_ops(struct op *op, const struct reorg_view *v, const struct reorg_op_row **ret, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_view_ops_q, &rows, P_STR(v->id), P_I64(v->after), P_STR(v->kind), P_STR(v->employee_code), P_STR(v->login),
	               P_I64((int64_t)v->limit + 1));

	if (r == 0)
		ops_from_rows(op, &rows, ret, ret_n);
	return r;
}

int reorg_view_exceptions(struct op *op, const struct reorg_view *v, const struct reorg_op_row **ret, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &reorg_view_exceptions_q, &rows, P_STR(v->id), P_I64(v->after), P_STR(v->kind), P_STR(v->employee_code), P_STR(v->login),
	               P_I64((int64_t)v->limit + 1));

	if (r == 0)
		ops_from_rows(op, &rows, ret, ret_n);
	return r;
}

int reorg_view_findings(struct op *op, const struct reorg_view *v, const struct reorg_finding_row **ret, size_t *ret_n)
{
	struct reorg_finding_row *all;
	struct db_rows rows;
	int r = db_run(op, &reorg_view_findings_q, &rows, P_STR(v->id), P_I64(v->after), P_STR(v->kind), P_STR(v->employee_code), P_STR(v->login),
	               P_I64((int64_t)v->limit + 1));

	if (r < 0)
		return r;
	all = ARENA_ARRAY(op->arena, struct reorg_finding_row, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = (struct reorg_finding_row){ .n = db_i64(&rows, i, 0), .step = db_i64(&rows, i, 1), .code = db_str(&rows, i, 2),
			.employee_code = db_str(&rows, i, 3), .full_name = db_str(&rows, i, 4), .login = db_str(&rows, i, 5),
			.unit_code = db_str(&rows, i, 6), .is_blocking = db_bool(&rows, i, 7), .rule_code = db_str(&rows, i, 8) };
	*ret = all;
	*ret_n = rows.n;
	return 0;
}
