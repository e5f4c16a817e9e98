#include "provisioning/late_store.h"

#include "common/db/columns.h"

/* Who takes it counts for all, and others leave it alone meanwhile. */
#define ONE_AT_A_TIME "pg_try_advisory_xact_lock(hashtext('sen.revocation_late'))"
/* 1 due, 2 leased, 3 in doubt, 4 tried again, 5 blocked: not done. */
#define URGENT " FROM sen.binding b WHERE b.platform_id = ANY ($1::smallint[]) AND b.prio = 0 AND b.state "

DB_QUERY(prov_late_note, DB_WRITE,
	"WITH mine AS MATERIALIZED (SELECT " ONE_AT_A_TIME " AS is_mine),"
	" w AS MATERIALIZED (SELECT b.platform_id, b.account_id, b.state, b.due_at" URGENT "IN (1, 3, 4)"
	"  UNION ALL SELECT b.platform_id, b.account_id, b.state, b.due_at" URGENT "= 2"
	"  UNION ALL SELECT b.platform_id, b.account_id, b.state, b.due_at" URGENT "= 5),"
	" gone AS (DELETE FROM sen.revocation_late r USING mine WHERE mine.is_mine AND r.platform_id = ANY ($1::smallint[])"
	"  AND NOT EXISTS (SELECT FROM w WHERE w.platform_id = r.platform_id AND w.account_id = r.account_id)),"
	" new AS (INSERT INTO sen.revocation_late (platform_id, account_id, since) SELECT w.platform_id, w.account_id, least(now(), w.due_at)"
	"  FROM w, mine WHERE mine.is_mine AND (w.state IN (3, 4, 5) OR w.due_at <= now() - $2::bigint * interval '1 s') ON CONFLICT DO NOTHING)"
	" SELECT 1");

DB_QUERY(prov_late_tell, DB_WRITE,
	"WITH o AS MATERIALIZED (SELECT platform_id, account_id, told, CASE WHEN since <= now() - $3::bigint * interval '1 s' THEN 2 ELSE 1 END AS becomes"
	"  FROM sen.revocation_late WHERE platform_id = ANY ($1::smallint[]) AND since <= now() - $2::bigint * interval '1 s' AND told < 2"
	"  ORDER BY 1, 2 FOR UPDATE SKIP LOCKED),"
	" t AS (UPDATE sen.revocation_late r SET told = o.becomes FROM o WHERE r.platform_id = o.platform_id AND r.account_id = o.account_id AND o.becomes > o.told"
	"  RETURNING r.platform_id, o.told AS was, o.becomes),"
	" l AS MATERIALIZED (SELECT platform_id, count(*) AS n, extract(epoch FROM now() - min(since))::bigint AS oldest FROM sen.revocation_late"
	"  WHERE platform_id = ANY ($1::smallint[]) GROUP BY 1)"
	" SELECT p.id, coalesce(l.n, 0), coalesce(l.oldest, 0), (SELECT count(*) FROM t WHERE t.platform_id = p.id AND t.was < 1),"
	" (SELECT count(*) FROM t WHERE t.platform_id = p.id AND t.becomes = 2)"
	" FROM unnest($1::smallint[]) p (id) LEFT JOIN l ON l.platform_id = p.id ORDER BY 1");

int late_run(struct op *op, const int64_t *platform_ids, size_t n_ids, const struct late_platform **ret_late, size_t *ret_n)
{
	struct columns c = columns_new(op->arena, n_ids, 1);
	struct late_platform *late;
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n_ids; i++)
		columns_int(&c, 0, i, platform_ids[i]);
	err = db_run(op, &prov_late_note, &rows, columns_param(&c, 0), P_I64(LATE_SEEN_S));
	if (err == 0)
		err = db_run(op, &prov_late_tell, &rows, columns_param(&c, 0), P_I64(LATE_OVERDUE_S), P_I64(LATE_CALL_S));
	if (err < 0)
		return err;
	late = ARENA_ARRAY(op->arena, struct late_platform, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		late[i] = (struct late_platform){ db_i64(&rows, i, 0), db_i64(&rows, i, 1), db_i64(&rows, i, 2), db_i64(&rows, i, 3), db_i64(&rows, i, 4) };
	*ret_late = late;
	*ret_n = rows.n;
	return 0;
}
