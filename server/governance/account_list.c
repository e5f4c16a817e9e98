/* account_list.c: accounts by kind, state, platform, manager and unit, page by page. */

#include "server/governance/account_kind.h"

/*
 * Two ways to the same page.  A small reach is walked from its posts: few persons, sorted at the end.  A large one
 * from the order of the user names, where most rows fit and the page is full soon.
 */
#define WALK_FROM_POSTS_MAX 300

/* Units by their ancestors, which the path names: a thousand scopes are one hash, not a thousand prefixes per unit. */
#define REACH                                                                                                        \
	"WITH reach AS MATERIALIZED (SELECT array_agg(DISTINCT u.id) AS ids FROM sen.unit u"                               \
	"  CROSS JOIN LATERAL unnest(string_to_array(rtrim(u.path, '.'), '.')::integer[]) x (id) JOIN sen.live_scope s ON s.unit_id = x.id" \
	"  WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights)"                                                    \
	"  AND ($2::text IS NULL OR starts_with(u.path, (SELECT x.path FROM sen.unit x WHERE x.code = $2))))"
/*
 * Held or to come in reach; of one who has left, the last unit.  "LIMIT 1", not EXISTS: looked up row by row, never by
 * hashing the posts of everybody.
 */
#define IN_REACH                                                                                                     \
	"CASE WHEN (SELECT true FROM sen.post o WHERE o.person_id = a.person_id AND (upper_inf(o.valid) OR upper(o.valid) > sen.today()) LIMIT 1)" \
	" THEN (SELECT true FROM sen.post o WHERE o.person_id = a.person_id AND (upper_inf(o.valid) OR upper(o.valid) > sen.today())" \
	"  AND o.unit_id = ANY ((SELECT ids FROM reach)::integer[]) LIMIT 1)"                                            \
	" ELSE sen.home_unit(a.person_id) = ANY ((SELECT ids FROM reach)::integer[]) END"
#define FITS                                                                                                         \
	"($3::text IS NULL OR a.kind = $3) AND ($4::text IS NULL OR a.status = $4) AND ($7::text IS NULL OR a.login > $7)"    \
	" AND ($5::text IS NULL OR EXISTS (SELECT FROM sen.binding b JOIN sen.platform p ON p.id = b.platform_id"            \
	"  WHERE b.account_id = a.id AND p.code = $5 AND b.want_active))"                                                    \
	" AND ($6::text IS NULL OR a.person_id = (SELECT m.id FROM sen.person m WHERE m.employee_code = $6))"                \
	" AND ($8::date IS NULL OR sen.account_used_on(a) <= $8::date)"
#define PAGE(from)                                                                                                   \
	", found AS MATERIALIZED (SELECT a.* FROM " from " WHERE " FITS " AND " IN_REACH " ORDER BY a.login LIMIT $9::bigint)" \
	" SELECT a.login, a.kind, a.status, p.employee_code, p.full_name, u.code, u.name, a.reason, sen.iso(a.created_at), sen.iso(a.activated_at)," \
	" CASE WHEN a.status IN ('suspended', 'disabled', 'archived') THEN sen.iso(a.status_since) END,"                     \
	" (SELECT x.used_on FROM sen.account_use x WHERE x.account_id = a.id),"                                              \
	" (SELECT string_agg(q.code, ' ' ORDER BY q.id) FROM sen.binding b JOIN sen.platform q ON q.id = b.platform_id"       \
	"  WHERE b.account_id = a.id AND b.want_active AND (q.id = 0 OR sen.scope_covers($1::uuid, 'read', u.path, q.id)))"  \
	" FROM found a JOIN sen.person p ON p.id = a.person_id LEFT JOIN sen.unit u ON u.id = sen.home_unit(a.person_id) ORDER BY a.login"

DB_QUERY(account_list_reach_q, DB_READ, REACH " SELECT coalesce(cardinality(ids), 0) FROM reach");
DB_QUERY(account_list_by_name_q, DB_READ, REACH PAGE("sen.account a"));
DB_QUERY(account_list_by_post_q, DB_READ,
         REACH ", of AS MATERIALIZED (SELECT DISTINCT o.person_id FROM sen.post o WHERE o.unit_id = ANY ((SELECT ids FROM reach)::integer[]))"
         PAGE("of JOIN sen.account a ON a.person_id = of.person_id"));

int account_list(struct op *op, const struct principal *p, const struct account_filter *f, const struct account_entry **ret_entries,
                 size_t *ret_n, bool *ret_more)
{
	struct account_entry *entries;
	struct db_rows rows;
	int r = db_run(op, &account_list_reach_q, &rows, P_STR(p->account_id), P_STR(f->unit));

	if (r < 0)
		return r;
	r = db_run(op, db_i64(&rows, 0, 0) <= WALK_FROM_POSTS_MAX ? &account_list_by_post_q : &account_list_by_name_q, &rows,
	           P_STR(p->account_id), P_STR(f->unit), P_STR(f->kind), P_STR(f->status), P_STR(f->platform), P_STR(f->manager),
	           P_STR(f->after), P_STR(f->unused_since), P_I64((int64_t)f->limit + 1));
	if (r < 0)
		return r;
	*ret_more = rows.n > f->limit;
	*ret_n = *ret_more ? f->limit : rows.n;
	entries = ARENA_ARRAY(op->arena, struct account_entry, *ret_n);
	for (size_t i = 0; i < *ret_n; i++)
		entries[i] = (struct account_entry){
			.login = db_str(&rows, i, 0), .kind = db_str(&rows, i, 1), .status = db_str(&rows, i, 2), .employee_code = db_str(&rows, i, 3),
			.full_name = db_str(&rows, i, 4), .unit_code = db_str(&rows, i, 5), .unit_name = db_str(&rows, i, 6),
			.reason = db_str(&rows, i, 7), .created_at = db_str(&rows, i, 8), .activated_at = db_str(&rows, i, 9),
			.closed_at = db_str(&rows, i, 10), .used_on = db_str(&rows, i, 11), .platforms = db_str(&rows, i, 12),
		};
	*ret_entries = entries;
	return 0;
}
