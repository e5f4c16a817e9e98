#include "server/governance/operation_list.h"

/* $1 viewer $2 platform $3 login $4 outcome $5 since $6 until $7 after (at) $8 after (id) $9 limit */
#define MATCH                                                                                                                   \
	" l.at >= coalesce($5::timestamptz, now() - interval '7 days') AND l.at < coalesce($6::timestamptz, now() + interval '1 min')"  \
	" AND ($7::timestamptz IS NULL OR (l.at, l.id) < ($7::timestamptz, $8::bigint))"
#define OUTCOME " AND ($4::text IS NULL OR l.outcome = $4)"
#define IS_OF_READER                                                                                                            \
	"(SELECT sen.scope_covers($1::uuid, 'read', h.path, l.platform_id) FROM sen.account a JOIN sen.unit h"                          \
	" ON h.id = sen.home_unit(a.person_id) WHERE a.id = l.account_id)"
#define NEWEST " ORDER BY l.at DESC, l.id DESC LIMIT $9::bigint"

/*
 * What the viewer reaches is found first: platforms of which he sees all, and otherwise accounts.  Each way has its index:
 * by platform; by platform, of what did not go well; by account.  Of many accounts the newest are met soon on the way
 * back in time, and each is asked for its home unit there.
 */
DB_QUERY(operation_list_q, DB_READ,
         "WITH scopes AS MATERIALIZED (SELECT s.path, s.platform_id, u.parent_id IS NULL AS is_root FROM sen.live_scope s"
         "  JOIN sen.unit u ON u.id = s.unit_id WHERE s.account_id = $1::uuid AND 'read' = ANY (s.rights) AND s.role_ids IS NULL),"
         " wanted AS MATERIALIZED (SELECT p.id, p.code, EXISTS (SELECT FROM scopes c WHERE c.is_root"
         "  AND (c.platform_id IS NULL OR c.platform_id = p.id)) AS whole FROM sen.platform p WHERE $2::text IS NULL OR p.code = $2),"
         " who AS MATERIALIZED (SELECT a.id FROM sen.account a WHERE a.login = $3),"
         " near AS MATERIALIZED (SELECT o.person_id, s.path, s.platform_id FROM scopes s"
         "  JOIN sen.unit u ON u.path ~>=~ s.path AND u.path ~<~ (left(s.path, -1) || '/') JOIN sen.post o ON o.unit_id = u.id"
         "  WHERE NOT s.is_root AND s.path <> '' AND EXISTS (SELECT FROM wanted w WHERE NOT w.whole)"
         "  AND ($3::text IS NULL OR o.person_id = (SELECT a.person_id FROM sen.account a WHERE a.login = $3)) LIMIT 2001),"
         " many AS MATERIALIZED (SELECT count(*) > 2000 AS yes FROM near),"
         " reach AS MATERIALIZED (SELECT a.id, bool_or(n.platform_id IS NULL) AS every, array_agg(n.platform_id) AS platforms"
         "  FROM near n JOIN sen.account a ON a.person_id = n.person_id JOIN sen.unit h ON h.id = sen.home_unit(a.person_id)"
         "  WHERE NOT (SELECT yes FROM many) AND starts_with(h.path, n.path) GROUP BY a.id),"
         " page AS ("
         " (SELECT o.* FROM wanted w CROSS JOIN LATERAL (SELECT l.* FROM sen.op_log l WHERE $3::text IS NULL AND ($4::text IS NULL OR $4 = 'ok')"
         "   AND l.platform_id = w.id AND" MATCH OUTCOME NEWEST ") o WHERE w.whole)"
         " UNION ALL (SELECT o.* FROM wanted w CROSS JOIN LATERAL (SELECT l.* FROM sen.op_log l WHERE $3::text IS NULL AND $4::text <> 'ok'"
         "   AND l.outcome <> 'ok' AND l.platform_id = w.id AND" MATCH OUTCOME NEWEST ") o WHERE w.whole)"
         " UNION ALL (SELECT l.* FROM sen.op_log l WHERE l.account_id = (SELECT id FROM who)"
         "   AND l.platform_id IN (SELECT id FROM wanted WHERE whole) AND" MATCH OUTCOME NEWEST ")"
         " UNION ALL (SELECT o.* FROM reach r CROSS JOIN LATERAL (SELECT l.* FROM sen.op_log l WHERE l.account_id = r.id"
         "   AND l.platform_id IN (SELECT id FROM wanted WHERE NOT whole) AND (r.every OR l.platform_id = ANY (r.platforms)) AND" MATCH OUTCOME NEWEST ") o)"
         " UNION ALL (SELECT o.* FROM wanted w CROSS JOIN LATERAL (SELECT l.* FROM sen.op_log l WHERE (SELECT yes FROM many)"
         "   AND ($4::text IS NULL OR $4 = 'ok') AND l.platform_id = w.id AND " IS_OF_READER " AND" MATCH OUTCOME NEWEST ") o WHERE NOT w.whole)"
         " UNION ALL (SELECT o.* FROM wanted w CROSS JOIN LATERAL (SELECT l.* FROM sen.op_log l WHERE (SELECT yes FROM many)"
         "   AND $4::text <> 'ok' AND l.outcome <> 'ok' AND l.platform_id = w.id AND " IS_OF_READER " AND" MATCH OUTCOME NEWEST ") o WHERE NOT w.whole)),"
         " top AS MATERIALIZED (SELECT l.* FROM page l" NEWEST ")"
         " SELECT jsonb_build_object('at', sen.iso(l.at), 'platform', p.code, 'account_id', l.account_id, 'login', a.login, 'operation', l.op,"
         "  'generation', l.gen, 'outcome', l.outcome, 'status', l.status, 'ms', l.ms, 'detail', l.detail, 'changes', l.changes,"
         "  'request_id', l.task_id)::text, to_char(l.at AT TIME ZONE 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US\"Z\"'), l.id"
         " FROM top l JOIN sen.platform p ON p.id = l.platform_id LEFT JOIN sen.account a ON a.id = l.account_id" NEWEST);

int operation_list(struct op *op, const struct principal *p, const struct operation_filter *f, struct json_page *ret)
{
	struct db_rows rows;
	int r = db_run(op, &operation_list_q, &rows, P_STR(p->account_id), P_STR(f->platform), P_STR(f->login), P_STR(f->outcome), P_STR(f->since),
	               P_STR(f->until), P_STR(f->after[0]), P_STR(f->after[1]), P_I64((int64_t)f->limit + 1));

	if (r == 0)
		*ret = json_page_of(op, &rows, f->limit, 2);
	return r;
}
