/* Where nothing can be listed: a hundredth of the accounts is read back each hour (judge_store.h). */
#include "provisioning/observe/judge_store.h"

#include "common/db/columns.h"

/* In the order of account ids, behind the last sample's last account; at the end from the beginning. */
DB_QUERY(obs_sample, DB_READ,
	"WITH last AS (SELECT coalesce((SELECT nullif(cursor, '')::uuid FROM sen.observe_run WHERE platform_id = $1::smallint AND kind = 'sample'"
	"  AND state = 'complete' ORDER BY id DESC LIMIT 1), '00000000-0000-0000-0000-000000000000') AS id),"
	" n AS (SELECT greatest(10, ceil(count(*) * 0.01))::bigint AS n FROM sen.binding WHERE platform_id = $1::smallint AND ext_id IS NOT NULL)"
	" SELECT b.ext_id, b.account_id, b.want_hash, '' FROM sen.binding b, last WHERE b.platform_id = $1::smallint AND b.ext_id IS NOT NULL AND b.state IN (0, 7)"
	" AND b.want_hash = b.seen_hash AND b.account_id > last.id ORDER BY b.account_id LIMIT (SELECT n FROM n)");

DB_QUERY(obs_sample_judge, DB_WRITE,
	"WITH run AS MATERIALIZED (SELECT id, platform_id FROM sen.observe_run WHERE id = $1::bigint AND lease_token = $2::bigint FOR UPDATE),"
	" r AS MATERIALIZED (SELECT * FROM unnest($3::uuid[], $4::uuid[], $5::boolean[], $6::boolean[], $7::boolean[], $8::bigint[])"
	"  r (account_id, want_hash, is_there, active, matches, age_ms)),"
	" due AS (UPDATE sen.binding b SET seen_active = r.is_there AND r.active, seen_hash = CASE WHEN r.is_there THEN b.seen_hash END, state = 1,"
	"  due_at = now(), tries = 0, prio = CASE WHEN b.want_active THEN 4 ELSE 0 END FROM run, r"
	"  WHERE b.account_id = r.account_id AND b.platform_id = run.platform_id AND b.state IN (0, 7) AND b.want_hash = r.want_hash"
	"  AND b.seen_at < now() - r.age_ms * interval '1 ms' AND (CASE WHEN r.is_there THEN r.active <> b.want_active ELSE b.want_active END)"
	"  RETURNING b.account_id, b.want_gen),"
	" other AS (UPDATE sen.binding b SET seen_hash = NULL, state = 1, due_at = now(), tries = 0, prio = CASE WHEN b.want_active THEN 4 ELSE 0 END FROM run, r"
	"  WHERE b.account_id = r.account_id AND b.platform_id = run.platform_id AND b.state IN (0, 7) AND b.want_hash = r.want_hash"
	"  AND b.seen_at < now() - r.age_ms * interval '1 ms' AND r.is_there AND r.active = b.want_active AND NOT r.matches"
	"  RETURNING b.account_id, b.want_gen),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT run.platform_id, d.account_id, 'observe', d.want_gen, 'drift', 0, 'sampled', $9 FROM run, (SELECT * FROM due UNION ALL SELECT * FROM other) d)"
	" UPDATE sen.observe_run o SET listed = o.listed + (SELECT count(*) FROM r), received = o.received + (SELECT count(*) FROM r),"
	" drifted = o.drifted + (SELECT count(*) FROM due) + (SELECT count(*) FROM other), repaired = o.repaired + (SELECT count(*) FROM due) + (SELECT count(*) FROM other),"
	" state = 'complete', ended_at = now(), lease_until = NULL, cursor = nullif($10, '') FROM run WHERE o.id = run.id RETURNING o.id");

DB_QUERY(obs_changed, DB_WRITE,
	"UPDATE sen.binding b SET seen_hash = NULL, state = 1, due_at = now(), tries = 0, prio = CASE WHEN b.want_active THEN 4 ELSE 0 END FROM sen.shadow s"
	" WHERE s.platform_id = $1::smallint AND s.ext_id = $2 AND s.situation = 'linked' AND b.account_id = s.owner_account AND b.platform_id = $1::smallint"
	" AND b.state IN (0, 7)");

DB_QUERY(obs_adoption_take, DB_WRITE,
	"UPDATE sen.shadow s SET decision_state = 'doing', changed_at = now() WHERE s.id = (SELECT o.id FROM sen.shadow o"
	" WHERE o.platform_id = ANY ($1::smallint[]) AND o.decision = 'adopt' AND o.decision_state IN ('decided', 'doing')"
	" AND (o.decision_state = 'decided' OR o.changed_at < now() - interval '90 s') ORDER BY o.id LIMIT 1 FOR UPDATE SKIP LOCKED)"
	" RETURNING s.id, s.platform_id, s.ext_id, s.owner_account");

/* A binding in a worker's hands is not touched; the adoption is repeated then. */
DB_QUERY(obs_adoption_end, DB_WRITE,
	"WITH due AS (UPDATE sen.binding b SET ext_id = $4, stable_id = NULL, state = 1, due_at = now(), tries = 0, err_class = NULL, err_detail = NULL, seen_hash = NULL"
	"  WHERE $2 = '' AND b.account_id = $5::uuid AND b.platform_id = $3::smallint AND b.want_active AND b.state <> 2 RETURNING 1),"
	" held AS (SELECT FROM sen.binding b WHERE b.account_id = $5::uuid AND b.platform_id = $3::smallint AND b.state = 2)"
	" UPDATE sen.shadow SET decision_state = CASE WHEN $2 = '' AND EXISTS (SELECT FROM due) THEN 'done' WHEN $2 = '' AND EXISTS (SELECT FROM held) THEN 'doing'"
	"  ELSE 'failed' END, reason = CASE WHEN $2 = '' THEN reason ELSE left(coalesce(reason, '') || ' [' || $2 || ']', 1200) END"
	" WHERE id = $1::bigint AND decision_state = 'doing'");

int adoption_take(struct op *op, const struct observed_platform *platforms, size_t n, struct adoption **ret)
{
	struct columns c = columns_new(op->arena, n, 1);
	struct db_rows rows;
	int err;

	*ret = NULL;
	for (size_t i = 0; i < n; i++)
		columns_int(&c, 0, i, platforms[i].platform_id);
	err = db_run(op, &obs_adoption_take, &rows, columns_param(&c, 0));
	if (err < 0 || rows.n == 0)
		return err;
	*ret = ARENA_NEW(op->arena, struct adoption);
	**ret = (struct adoption){ db_i64(&rows, 0, 0), db_i64(&rows, 0, 1), db_str(&rows, 0, 2), db_str(&rows, 0, 3) };
	return 0;
}

int adoption_end(struct op *op, const struct adoption *a, const char *fault)
{
	struct db_rows rows;

	return db_run(op, &obs_adoption_end, &rows, P_I64(a->id), P_C(fault ? fault : ""), P_I64(a->platform_id), P_STR(a->ext_id), P_STR(a->account_id));
}

int sample_take(struct op *op, const struct observe_run *run, const struct suspect **ret, size_t *ret_n)
{
	struct db_rows rows;
	struct suspect *all;
	int err = db_run(op, &obs_sample, &rows, P_I64(run->platform_id));

	if (err < 0)
		return err;
	all = ARENA_ARRAY(op->arena, struct suspect, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		all[i] = (struct suspect){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), STR("") };
	*ret = all;
	*ret_n = rows.n;
	return 0;
}

int sample_judge(struct op *op, const struct observe_run *run, const struct sample *samples, size_t n)
{
	struct columns c = columns_new(op->arena, n, 6);
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, samples[i].account_id);
		columns_text(&c, 1, i, samples[i].want_hash);
		columns_bool(&c, 2, i, samples[i].is_there);
		columns_bool(&c, 3, i, samples[i].active);
		columns_bool(&c, 4, i, samples[i].matches);
		columns_int(&c, 5, i, samples[i].age_ms);
	}
	err = db_run(op, &obs_sample_judge, &rows, P_I64(run->id), P_I64(run->lease_token), columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2),
	             columns_param(&c, 3), columns_param(&c, 4), columns_param(&c, 5), P_C(op->id), P_STR(n > 0 ? samples[n - 1].account_id : STR("")));
	if (err == 0 && rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "the run has been taken over");
	return err;
}

int observe_changed(struct op *op, int64_t platform_id, struct str ext_id)
{
	struct db_rows rows;

	return db_run(op, &obs_changed, &rows, P_I64(platform_id), P_STR(ext_id));
}
