#include "provisioning/observe/judge_store.h"

#include "common/db/columns.h"

#define JUDGE_TIMEOUT_MS 300000

DB_QUERY(obs_fence, DB_WRITE,
	"UPDATE sen.observe_run SET lease_until = now() + $3::bigint * interval '1 s' WHERE id = $1::bigint AND lease_token = $2::bigint"
	" AND state IN ('judging', 'concluding') RETURNING id");

DB_QUERY(obs_resolve, DB_WRITE,
	"WITH b AS MATERIALIZED (SELECT account_id, ext_id, stable_id FROM sen.binding WHERE platform_id = $2::smallint),"
	" x AS MATERIALIZED (SELECT ext_id, min(account_id::text)::uuid AS account_id, count(*) AS n FROM b WHERE ext_id IS NOT NULL GROUP BY 1),"
	" t AS MATERIALIZED (SELECT stable_id, min(account_id::text)::uuid AS account_id FROM b WHERE stable_id IS NOT NULL GROUP BY 1 HAVING count(*) = 1),"
	" i AS MATERIALIZED (SELECT ext_id, account_id, lower(login) AS login, stable_id FROM sen.observe_item WHERE run_id = $1::bigint),"
	" c AS (SELECT i.ext_id, coalesce(a.id, t.account_id) AS by_id, t.account_id AS by_stable, x.account_id AS by_ext, x.n AS n_ext,"
	"  coalesce(a.id, t.account_id, x.account_id, l.id) AS owner"
	"  FROM i LEFT JOIN sen.account a ON a.id = i.account_id LEFT JOIN t ON t.stable_id = i.stable_id LEFT JOIN x ON x.ext_id = i.ext_id LEFT JOIN sen.account l ON l.login = i.login),"
	" d AS (SELECT c.*, o.account_id IS NOT NULL AS is_bound, o.ext_id IS NOT DISTINCT FROM c.ext_id AS is_exact,"
	"  count(*) OVER (PARTITION BY c.owner) AS n_same, count(c.by_id) OVER (PARTITION BY c.owner) AS n_by_id"
	"  FROM c LEFT JOIN b o ON o.account_id = c.owner)"
	" UPDATE sen.observe_item t SET owner = d.owner, situation = CASE WHEN d.owner IS NULL THEN 'unmatched'"
	"  WHEN d.by_id <> d.by_ext OR d.by_id <> d.by_stable OR d.n_ext > 1 THEN 'collision'"
	"  WHEN d.by_id IS NOT NULL AND d.is_bound AND (d.is_exact OR d.n_by_id = 1) THEN 'linked'"
	"  WHEN d.n_same > 1 THEN 'disputed' ELSE 'unlinked' END"
	" FROM d WHERE t.run_id = $1::bigint AND t.ext_id = d.ext_id");

/* Rows that are as they were are not written. */
DB_QUERY(obs_shadows, DB_WRITE,
	"INSERT INTO sen.shadow AS s (platform_id, ext_id, natural_key, account_id, active, attrs_hash, situation, owner_account, last_run)"
	" SELECT $2::smallint, i.ext_id, i.login, i.account_id, i.active, i.attrs_hash, i.situation, i.owner, i.run_id FROM sen.observe_item i"
	" LEFT JOIN sen.shadow o ON o.platform_id = $2::smallint AND o.ext_id = i.ext_id"
	" WHERE i.run_id = $1::bigint AND (o.decision IS NULL OR o.decision <> 'adopt' OR o.decision_state NOT IN ('proposed', 'decided', 'doing'))"
	" AND (o.ext_id IS NULL OR o.missing_runs > 0 OR (i.login, i.account_id, i.active, i.attrs_hash, i.situation, i.owner)"
	"  IS DISTINCT FROM (o.natural_key, o.account_id, o.active, o.attrs_hash, o.situation, o.owner_account))"
	" ON CONFLICT (platform_id, ext_id) DO UPDATE SET natural_key = excluded.natural_key, account_id = excluded.account_id,"
	" active = excluded.active, attrs_hash = excluded.attrs_hash, situation = excluded.situation, owner_account = excluded.owner_account,"
	" equal_to = CASE WHEN s.attrs_hash = excluded.attrs_hash THEN s.equal_to END,"
	" diff = CASE WHEN s.attrs_hash = excluded.attrs_hash AND excluded.situation = 'linked' AND s.active = excluded.active THEN s.diff END,"
	" missing_runs = 0, changed_at = now(), last_run = excluded.last_run,"
	" decision = CASE WHEN (s.situation, s.owner_account) IS NOT DISTINCT FROM (excluded.situation, excluded.owner_account) THEN s.decision END,"
	" decision_state = CASE WHEN (s.situation, s.owner_account) IS NOT DISTINCT FROM (excluded.situation, excluded.owner_account) THEN s.decision_state END");

/*
 * The platform's identifier as it writes it now: else what is taken away might be looked for at the wrong place.  What it is known by
 * whatever its name is learned once: another one may be another account with our id on it.
 */
DB_QUERY(obs_ext_ids, DB_WRITE,
	"UPDATE sen.binding b SET ext_id = i.ext_id, stable_id = coalesce(b.stable_id, i.stable_id) FROM sen.observe_item i"
	" WHERE i.run_id = $1::bigint AND i.situation = 'linked' AND b.account_id = i.owner AND b.platform_id = $2::smallint"
	" AND (b.ext_id IS DISTINCT FROM i.ext_id OR b.stable_id IS NULL AND i.stable_id IS NOT NULL) AND b.state IN (0, 7) AND b.seen_at < i.asked_at");

/* Access that came back is ended also in the grace of an account (7), and where it had been deleted (8). */
#define CAN_BE_ENDED(is_active) "(b.state = 0 OR b.state IN (7, 8) AND " is_active ")"
DB_QUERY(obs_active, DB_WRITE,
	"WITH wrong AS MATERIALIZED (SELECT i.ext_id, i.owner, i.active, i.asked_at, CASE WHEN i.active THEN 'enforce' ELSE coalesce(p.rule, 'enforce') END AS rule"
	"  FROM sen.observe_item i JOIN sen.binding b ON b.account_id = i.owner AND b.platform_id = $2::smallint"
	"  LEFT JOIN sen.attribute_policy p ON p.platform_id = $2::smallint AND p.attribute = 'active'"
	"  WHERE i.run_id = $1::bigint AND i.situation = 'linked' AND " CAN_BE_ENDED("i.active") " AND b.want_active <> i.active"
	"  AND b.want_hash = b.seen_hash AND b.seen_active = b.want_active AND b.seen_at < i.asked_at),"
	" due AS (UPDATE sen.binding b SET seen_active = w.active, state = 1, due_at = now(), tries = 0, prio = CASE WHEN w.active THEN 0 ELSE 4 END,"
	"  ext_id = coalesce(b.ext_id, w.ext_id)"
	"  FROM wrong w WHERE w.rule = 'enforce' AND b.account_id = w.owner AND b.platform_id = $2::smallint AND " CAN_BE_ENDED("w.active") " AND b.seen_at < w.asked_at"
	"  AND b.want_active <> w.active RETURNING b.account_id, b.want_gen),"
	" told AS (UPDATE sen.shadow s SET diff = json_build_object('active', json_build_object('want', NOT w.active, 'seen', w.active, 'rule', w.rule)),"
	"  changed_at = now(), last_run = $1::bigint FROM wrong w WHERE w.rule <> 'ignore' AND s.platform_id = $2::smallint AND s.ext_id = w.ext_id),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT $2::smallint, account_id, 'observe', want_gen, 'drift', 0, 'active', $3 FROM due)"
	" UPDATE sen.observe_run SET drifted = drifted + (SELECT count(*) FROM wrong WHERE rule <> 'ignore'), repaired = repaired + (SELECT count(*) FROM due)"
	" WHERE id = $1::bigint");

/* A window of the listing in its order, whatever is in it: what the planner believes of the rest does not matter.  OFFSET 0: by key, one after the other. */
#define IS_SUSPECT                                                                                                    \
	"w.situation = 'linked' AND b.state IN (0, 7) AND b.want_active = w.active AND b.want_hash = b.seen_hash"              \
	" AND b.seen_at < w.asked_at AND s.equal_to IS DISTINCT FROM b.want_hash"
DB_QUERY(obs_suspects, DB_READ,
	"WITH w AS MATERIALIZED (SELECT * FROM sen.observe_item WHERE run_id = $1::bigint AND ext_id > $3 ORDER BY ext_id LIMIT $4::bigint)"
	" SELECT w.ext_id, w.owner, b.want_hash, CASE WHEN " IS_SUSPECT " THEN w.attrs END FROM w"
	" LEFT JOIN LATERAL (SELECT * FROM sen.binding x WHERE x.account_id = w.owner AND x.platform_id = $2::smallint OFFSET 0) b ON true"
	" LEFT JOIN LATERAL (SELECT * FROM sen.shadow x WHERE x.platform_id = $2::smallint AND x.ext_id = w.ext_id OFFSET 0) s ON true ORDER BY w.ext_id");

DB_QUERY(obs_attributes, DB_WRITE,
	"WITH run AS MATERIALIZED (SELECT id, platform_id FROM sen.observe_run WHERE id = $1::bigint AND lease_token = $2::bigint FOR UPDATE),"
	" r AS MATERIALIZED (SELECT r.*, i.asked_at, i.attrs_hash FROM run, unnest($3::text[], $4::uuid[], $5::uuid[], $6::text[], $7::boolean[], $8::text[])"
	"  r (ext_id, owner, want_hash, diff, enforce, names) JOIN sen.observe_item i ON i.run_id = $1::bigint AND i.ext_id = r.ext_id),"
	" told AS (UPDATE sen.shadow s SET equal_to = CASE WHEN r.diff = '' THEN r.want_hash END, diff = nullif(r.diff, '')::json, last_run = run.id,"
	"  changed_at = CASE WHEN s.diff::text IS DISTINCT FROM nullif(r.diff, '') THEN now() ELSE s.changed_at END"
	"  FROM run, r WHERE s.platform_id = run.platform_id AND s.ext_id = r.ext_id),"
	" due AS (UPDATE sen.binding b SET seen_hash = r.attrs_hash, state = 1, due_at = now(), tries = 0, prio = CASE WHEN b.want_active THEN 4 ELSE 0 END"
	"  FROM run, r WHERE r.enforce AND b.account_id = r.owner AND b.platform_id = run.platform_id AND b.state IN (0, 7) AND b.want_hash = r.want_hash"
	"  AND b.seen_hash = b.want_hash AND b.seen_at < r.asked_at RETURNING b.account_id, b.want_gen, r.names),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT run.platform_id, due.account_id, 'observe', due.want_gen, 'drift', 0, due.names, $9 FROM due, run)"
	" UPDATE sen.observe_run o SET drifted = o.drifted + (SELECT count(*) FROM r WHERE diff <> ''), repaired = o.repaired + (SELECT count(*) FROM due),"
	" lease_until = now() + $10::bigint * interval '1 s' FROM run WHERE o.id = run.id RETURNING o.id");

/* Ours that should be on the list: on there, as we know it, and not touched since the listing began. */
#define EXPECTED_ROWS                                                                                                       \
	"WITH run AS (SELECT id, platform_id, started_at FROM sen.observe_run WHERE id = $1::bigint),"                       \
	" expected AS MATERIALIZED (SELECT b.account_id, b.ext_id FROM run JOIN sen.binding b ON b.platform_id = run.platform_id" \
	"  WHERE b.ext_id IS NOT NULL AND b.state = 0 AND b.want_active AND b.seen_active AND b.seen_at < run.started_at),"   \
	" absent AS MATERIALIZED (SELECT e.account_id, e.ext_id FROM expected e WHERE NOT EXISTS (SELECT FROM sen.observe_item i" \
	"  WHERE i.run_id = $1::bigint AND i.ext_id = e.ext_id) AND NOT EXISTS (SELECT FROM sen.observe_item i"                 \
	"  WHERE i.run_id = $1::bigint AND i.account_id = e.account_id))"

/* Who is missing already is not counted again. */
DB_QUERY(obs_size, DB_READ,
	EXPECTED_ROWS
	", gone AS MATERIALIZED (SELECT s.ext_id FROM run JOIN sen.shadow s ON s.platform_id = run.platform_id WHERE s.situation = 'missing')"
	" SELECT (SELECT count(*) FROM expected WHERE ext_id NOT IN (SELECT ext_id FROM gone)),"
	" (SELECT count(*) FROM absent WHERE ext_id NOT IN (SELECT ext_id FROM gone)),"
	" (SELECT count(*) FROM sen.observe_item WHERE run_id = $1::bigint),"
	" coalesce((SELECT o.listed FROM sen.observe_run o JOIN run ON o.platform_id = run.platform_id WHERE o.state = 'complete' AND o.kind = 'list'"
	"  ORDER BY o.id DESC LIMIT 1), 0),"
	" coalesce((SELECT p.short_percent FROM sen.observe_plan p JOIN run ON p.platform_id = run.platform_id), 90)");

DB_QUERY(obs_missing, DB_WRITE,
	EXPECTED_ROWS
	" INSERT INTO sen.shadow AS s (platform_id, ext_id, natural_key, account_id, active, situation, owner_account, missing_runs, last_run)"
	" SELECT run.platform_id, a.ext_id, c.login, a.account_id, NULL, 'missing', a.account_id, 1, run.id FROM run, absent a JOIN sen.account c ON c.id = a.account_id"
	" ON CONFLICT (platform_id, ext_id) DO UPDATE SET situation = 'missing', active = NULL, owner_account = excluded.owner_account, diff = NULL,"
	" equal_to = NULL, attrs_hash = NULL, changed_at = CASE WHEN s.situation = 'missing' THEN s.changed_at ELSE now() END,"
	" missing_runs = least(s.missing_runs + 1, 1000), last_run = excluded.last_run, decision = NULL, decision_state = NULL");

DB_QUERY(obs_recreate, DB_WRITE,
	"WITH due AS (UPDATE sen.binding b SET seen_active = false, seen_hash = NULL, state = 1, due_at = now(), tries = 0, prio = 4"
	" FROM sen.shadow s, sen.observe_run r WHERE r.id = $1::bigint AND s.platform_id = r.platform_id AND s.situation = 'missing' AND s.missing_runs >= 2"
	" AND s.last_run = r.id AND b.account_id = s.owner_account AND b.platform_id = r.platform_id AND b.state = 0 AND b.want_active"
	" AND b.seen_at < r.started_at RETURNING b.account_id, b.platform_id, b.want_gen),"
	" logged AS (INSERT INTO sen.op_log (platform_id, account_id, op, gen, outcome, ms, detail, task_id)"
	"  SELECT platform_id, account_id, 'observe', want_gen, 'drift', 0, 'missing in two listings', $2 FROM due)"
	" UPDATE sen.observe_run SET repaired = repaired + (SELECT count(*) FROM due) WHERE id = $1::bigint");

/*
 * Who is off since before proofs were kept, or was found so by nobody: a whole listing proves it too.  Roles that are left have made the
 * binding due by now.
 */
DB_QUERY(obs_proofs, DB_WRITE,
	"INSERT INTO sen.access_proof (account_id, platform_id, gen, what, took_down, ext_id, operation_id, kind, proved_at)"
	" SELECT b.account_id, b.platform_id, b.want_gen, CASE WHEN i.ext_id IS NULL THEN 'absent' ELSE 'inactive' END, false, b.ext_id, 'listing ' || r.id,"
	" 'listed', coalesce(i.asked_at, now()) FROM sen.observe_run r JOIN sen.binding b ON b.platform_id = r.platform_id"
	" LEFT JOIN sen.observe_item i ON i.run_id = r.id AND i.ext_id = b.ext_id WHERE r.id = $1::bigint AND b.state IN (0, 7, 8) AND NOT b.want_active"
	" AND b.want_hash = b.seen_hash AND b.seen_active IS FALSE AND b.seen_at < r.started_at"
	" AND (i.ext_id IS NULL OR i.owner = b.account_id AND NOT i.active)"
	" AND NOT EXISTS (SELECT FROM sen.observe_item x WHERE x.run_id = r.id AND x.owner = b.account_id AND x.active)"
	" AND NOT EXISTS (SELECT FROM sen.access_proof p WHERE p.account_id = b.account_id AND p.platform_id = b.platform_id AND p.gen = b.want_gen)"
	" ON CONFLICT DO NOTHING");

/* Shadows of what is not there any more, and of what has found its place again under another identifier. */
DB_QUERY(obs_forget, DB_WRITE,
	"WITH r AS (SELECT id, platform_id FROM sen.observe_run WHERE id = $1::bigint),"
	" gone AS (UPDATE sen.shadow s SET missing_runs = least(s.missing_runs + 1, 1000), last_run = r.id FROM r WHERE s.platform_id = r.platform_id"
	"  AND s.situation <> 'missing' AND s.missing_runs < 1 AND NOT EXISTS (SELECT FROM sen.observe_item i WHERE i.run_id = r.id AND i.ext_id = s.ext_id))"
	" DELETE FROM sen.shadow s USING r WHERE s.platform_id = r.platform_id AND (s.situation <> 'missing' AND s.missing_runs >= 1"
	"  AND NOT EXISTS (SELECT FROM sen.observe_item i WHERE i.run_id = r.id AND i.ext_id = s.ext_id)"
	"  OR s.situation = 'missing' AND s.last_run < r.id AND NOT EXISTS (SELECT FROM sen.binding b WHERE b.account_id = s.owner_account"
	"   AND b.platform_id = r.platform_id AND b.ext_id = s.ext_id AND b.want_active))");

DB_QUERY(obs_end, DB_WRITE,
	"WITH n AS (SELECT count(*) FILTER (WHERE situation = 'linked') AS linked, count(*) FILTER (WHERE situation = 'unlinked') AS unlinked,"
	"  count(*) FILTER (WHERE situation = 'unmatched') AS unmatched, count(*) FILTER (WHERE situation = 'disputed') AS disputed,"
	"  count(*) FILTER (WHERE situation = 'collision') AS collisions FROM sen.observe_item WHERE run_id = $1::bigint),"
	" r AS (UPDATE sen.observe_run o SET state = $3, fault = nullif($4, ''), ended_at = now(), lease_until = NULL, linked = n.linked, unlinked = n.unlinked,"
	"  unmatched = n.unmatched, disputed = n.disputed, collisions = n.collisions,"
	"  missing = (SELECT count(*) FROM sen.shadow s WHERE s.platform_id = o.platform_id AND s.situation = 'missing')"
	"  FROM n WHERE o.id = $1::bigint AND o.lease_token = $2::bigint RETURNING o.id, o.platform_id),"
	/* The newest listing knows better than one that waits for a person. */
	" old AS (UPDATE sen.observe_run o SET state = 'superseded', ended_at = now() FROM r WHERE o.platform_id = r.platform_id AND o.state = 'held'"
	"  AND o.id < r.id AND $3 IN ('held', 'complete') RETURNING o.id),"
	" d AS (DELETE FROM sen.observe_item i WHERE i.run_id IN (SELECT id FROM r WHERE $3 <> 'held' UNION ALL SELECT id FROM old))"
	" SELECT id FROM r");

/* Rows that came a moment ago: nobody has counted them yet. */
DB_QUERY(obs_analyze, DB_WRITE, "SELECT sen.observe_analyze()");

DB_QUERY(obs_policy, DB_READ, "SELECT attribute, rule FROM sen.attribute_policy WHERE platform_id = $1::smallint ORDER BY attribute");

static int begin(struct op *op, const struct observe_run *run)
{
	struct db_rows rows;
	int err = db_begin(op);

	if (err == 0)
		err = db_take_time(op, JUDGE_TIMEOUT_MS);
	if (err == 0)
		err = db_run(op, &obs_fence, &rows, P_I64(run->id), P_I64(run->lease_token), P_I64(JUDGE_TIMEOUT_MS / 1000));
	if (err == 0 && rows.n == 0)
		err = op_fail(op, ERR_CONFLICT, "the run has been taken over");
	return err;
}

static int end(struct op *op, int err)
{
	if (err == 0)
		return db_commit(op);
	db_rollback(op);
	return err;
}

int judge_accounts(struct op *op, const struct observe_run *run)
{
	static const struct query *const steps[] = { &obs_resolve, &obs_shadows, &obs_ext_ids };
	struct db_rows rows;
	int err = begin(op, run);

	if (err == 0)
		err = db_run(op, &obs_analyze, &rows);
	for (size_t i = 0; err == 0 && i < ARRAY_LEN(steps); i++)
		err = db_run(op, steps[i], &rows, P_I64(run->id), P_I64(run->platform_id));
	if (err == 0)
		err = db_run(op, &obs_active, &rows, P_I64(run->id), P_I64(run->platform_id), P_C(op->id));
	if (err == 0)
		err = db_run(op, &obs_analyze, &rows);
	return end(op, err);
}

int judge_suspects(struct op *op, const struct observe_run *run, struct str *after, const struct suspect **ret, size_t *ret_n)
{
	struct db_rows rows;
	struct suspect *all;
	int err = db_run(op, &obs_suspects, &rows, P_I64(run->id), P_I64(run->platform_id), P_STR(str_is_null(*after) ? STR("") : *after),
	                 P_I64(SUSPECTS_WINDOW));

	if (err < 0)
		return err;
	all = ARENA_ARRAY(op->arena, struct suspect, rows.n + 1);
	*ret_n = 0;
	for (size_t i = 0; i < rows.n; i++)
		if (!db_is_null(&rows, i, 3))
			all[(*ret_n)++] = (struct suspect){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3) };
	*after = rows.n == SUSPECTS_WINDOW ? db_str(&rows, rows.n - 1, 0) : STR_NULL;
	*ret = all;
	return 0;
}

int judge_attributes(struct op *op, const struct observe_run *run, const struct judgement *judgements, size_t n)
{
	struct columns c = columns_new(op->arena, n, 6);
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, judgements[i].ext_id);
		columns_text(&c, 1, i, judgements[i].account_id);
		columns_text(&c, 2, i, judgements[i].want_hash);
		columns_text(&c, 3, i, str_is_null(judgements[i].diff) ? STR("") : judgements[i].diff);
		columns_bool(&c, 4, i, judgements[i].is_enforced);
		columns_text(&c, 5, i, str_is_null(judgements[i].names) ? STR("") : judgements[i].names);
	}
	err = db_run(op, &obs_attributes, &rows, P_I64(run->id), P_I64(run->lease_token), columns_param(&c, 0), columns_param(&c, 1),
	             columns_param(&c, 2), columns_param(&c, 3), columns_param(&c, 4), columns_param(&c, 5), P_C(op->id), P_I64(OBSERVE_LEASE_S));
	if (err == 0 && rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "the run has been taken over");
	return err;
}

int judge_size(struct op *op, const struct observe_run *run, struct listing_size *ret)
{
	struct db_rows rows;
	int err = db_run(op, &obs_size, &rows, P_I64(run->id));

	if (err == 0)
		*ret = (struct listing_size){ .known = db_i64(&rows, 0, 0), .found = db_i64(&rows, 0, 0) - db_i64(&rows, 0, 1),
			                      .listed = db_i64(&rows, 0, 2), .last_listed = db_i64(&rows, 0, 3), .short_percent = db_i64(&rows, 0, 4) };
	return err;
}

int judge_absent(struct op *op, const struct observe_run *run)
{
	struct db_rows rows;
	int err = begin(op, run);

	if (err == 0)
		err = db_run(op, &obs_missing, &rows, P_I64(run->id));
	if (err == 0)
		err = db_run(op, &obs_recreate, &rows, P_I64(run->id), P_C(op->id));
	if (err == 0)
		err = db_run(op, &obs_proofs, &rows, P_I64(run->id));
	if (err == 0)
		err = db_run(op, &obs_forget, &rows, P_I64(run->id));
	return end(op, err);
}

int judge_end(struct op *op, const struct observe_run *run, const char *state, const char *fault)
{
	struct db_rows rows;
	int err = db_run(op, &obs_end, &rows, P_I64(run->id), P_I64(run->lease_token), P_C(state), P_C(fault ? fault : ""));

	if (err == 0 && rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "the run has been taken over");
	return err;
}

int attribute_policy_read(struct op *op, int64_t platform_id, const struct attribute_rule **ret_rules, size_t *ret_n)
{
	struct db_rows rows;
	struct attribute_rule *rules;
	int err = db_run(op, &obs_policy, &rows, P_I64(platform_id));

	if (err < 0)
		return err;
	rules = ARENA_ARRAY(op->arena, struct attribute_rule, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		rules[i] = (struct attribute_rule){ db_str(&rows, i, 0), db_str(&rows, i, 1) };
	*ret_rules = rules;
	*ret_n = rows.n;
	return 0;
}
