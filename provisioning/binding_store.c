#include "provisioning/binding_store.h"

#include "common/db/columns.h"

/*
 * Not in the planner's transaction: waking may wait for whoever holds an account's row of the dirty
 * set.  Sessions first, as everywhere, so that nobody waits in a circle.
 */
DB_QUERY(prov_dirty_add_due, DB_WRITE,
	"WITH due AS MATERIALIZED (SELECT ARRAY(SELECT a.id FROM sen.account a WHERE a.next_eval_at <= now()"
	" AND NOT EXISTS (SELECT FROM sen.dirty_account d WHERE d.account_id = a.id) LIMIT 500) AS ids)"
	" SELECT cardinality(ids), CASE WHEN ids <> '{}' THEN sen.lost_access_end(ids) END,"
	" CASE WHEN ids <> '{}' THEN sen.wake(ids, 1::smallint) END FROM due");

DB_QUERY(prov_plan_soon, DB_WRITE, "SELECT set_config('synchronous_commit', 'off', true)");

DB_QUERY(prov_dirty_waits, DB_READ, "SELECT EXISTS (SELECT FROM sen.dirty_account)");

DB_QUERY(prov_dirty_take, DB_WRITE,
	"WITH c AS (SELECT account_id FROM sen.dirty_account ORDER BY prio, since LIMIT $1::bigint FOR UPDATE SKIP LOCKED)"
	" DELETE FROM sen.dirty_account d USING c WHERE d.account_id = c.account_id"
	" RETURNING d.account_id, d.prio, d.cause IS NOT NULL AND NOT EXISTS (SELECT FROM sen.mass_cause m WHERE m.xid = d.cause)");

DB_QUERY(prov_dirty_add, DB_WRITE, "SELECT sen.wake_again($1::uuid[], $2::smallint)");

/*
 * What is as it was is left out first: a conflict would lock, and so write, its row.  The row of the dirty set keeps other
 * planners from these accounts.
 *
 * A change while an operation is under way (2) or in doubt (3) leaves the state alone: its end
 * compares generations.  A blocked row (5) without identifier may hide an account that exists,
 * so it is looked up first (3), and so is one that was deleted (8).  A doubt keeps its time: what was sent may still arrive there.
 *
 * hold_id says what the guard is to do: 0 counts it first (6), -1 frees what is held, -2 leaves a held loss of a role where it is,
 * NULL nothing.  What is under way gets the mark alone; its end goes to 6.  Off stays off: grace (7) and its end (8) go on.
 */
#define IS_COUNTED "excluded.hold_id = 0 AND excluded.want_hash IS DISTINCT FROM b.seen_hash"
#define STAYS_HELD                                                                                                     \
	"b.state = 6 AND (excluded.hold_id = -2 AND b.want_active AND excluded.want_active"                            \
	" OR " IS_COUNTED " AND b.want_active = excluded.want_active)"
DB_QUERY(prov_binding_plan, DB_WRITE,
	"WITH changed AS (INSERT INTO sen.binding AS b (account_id, platform_id, want_hash, want_active, prio, hold_id, want_gen, state, due_at)"
	" SELECT p.*, 1, 1, now() FROM unnest($1::uuid[], $2::smallint[], $3::uuid[], $4::boolean[], $5::smallint[], $6::bigint[])"
	" p (account_id, platform_id, hash, active, prio, hold) LEFT JOIN sen.binding o USING (account_id, platform_id)"
	" WHERE o.want_hash IS DISTINCT FROM p.hash OR p.hold = -1 AND (o.state = 6 OR o.hold_id = 0) ORDER BY 1, 2"
	" ON CONFLICT (account_id, platform_id) DO UPDATE SET"
	" want_hash = excluded.want_hash, want_active = excluded.want_active, want_gen = b.want_gen + 1, tries = 0,"
	" prio = CASE WHEN b.state IN (0, 6, 7, 8) THEN excluded.prio ELSE least(b.prio, excluded.prio) END,"
	" due_at = CASE WHEN b.state IN (2, 3) THEN b.due_at ELSE now() END,"
	" delete_at = CASE WHEN excluded.want_active THEN NULL ELSE b.delete_at END,"
	" hold_id = CASE WHEN " STAYS_HELD " THEN b.hold_id WHEN " IS_COUNTED " AND (b.seen_active OR b.state IN (2, 3, 6)) THEN 0 END,"
	" state = CASE WHEN b.state = 2 THEN 2 WHEN " STAYS_HELD " OR " IS_COUNTED " AND (b.seen_active OR b.state IN (3, 6)) THEN 6"
	"  WHEN b.state = 3 THEN 3 WHEN b.state IN (7, 8) AND NOT excluded.want_active THEN b.state"
	"  WHEN b.state = 8 OR b.state IN (5, 6) AND b.ext_id IS NULL THEN 3 ELSE 1 END"
	" WHERE b.want_hash IS DISTINCT FROM excluded.want_hash OR excluded.hold_id = -1 AND (b.state = 6 OR b.hold_id = 0)"
	" RETURNING b.platform_id, b.prio, b.state) SELECT platform_id, coalesce(min(prio) FILTER (WHERE state <> 6), 4), count(*) FROM changed GROUP BY 1");

DB_QUERY(prov_plan_remember, DB_WRITE,
	"INSERT INTO sen.account_plan AS p (account_id, digest) SELECT * FROM unnest($1::uuid[], $2::uuid[]) r ORDER BY 1"
	" ON CONFLICT (account_id) DO UPDATE SET digest = excluded.digest WHERE p.digest <> excluded.digest");

#define LEASE_THEM                                                                                              \
	" UPDATE sen.binding b SET state = 2, lease_token = b.lease_token + 1,"                                  \
	" lease_until = now() + $3::bigint * interval '1 s'"                                                      \
	" FROM c WHERE b.account_id = c.account_id AND b.platform_id = c.platform_id"                             \
	" RETURNING b.account_id, b.want_gen, b.lease_token, b.tries, c.state = 3, b.want_hash, b.seen_hash,"     \
	" b.want_active, b.seen_active, b.ext_id, b.delete_at <= now() AND NOT b.want_active,"                    \
	" (SELECT r.ops FROM sen.provisioning_rule r WHERE r.platform_id = $1::smallint), b.seen_gen = b.want_gen, b.prio," \
	" (SELECT p.code FROM sen.platform p WHERE p.id = $1::smallint), b.stable_id"

DB_QUERY(prov_binding_claim, DB_WRITE,
	"WITH c AS MATERIALIZED (SELECT account_id, platform_id, state FROM sen.binding"
	" WHERE platform_id = $1::smallint AND state IN (1, 3, 4) AND due_at <= now() AND prio <= $4::smallint"
	" ORDER BY prio, due_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED)" LEASE_THEM);

DB_QUERY(prov_binding_probe, DB_WRITE,
	"WITH near AS MATERIALIZED (SELECT account_id FROM sen.binding"
	" WHERE platform_id = $1::smallint AND state IN (1, 3, 4) AND due_at <= now() AND prio <= $4::smallint"
	" ORDER BY prio, due_at LIMIT 50),"
	" c AS MATERIALIZED (SELECT account_id, platform_id, state FROM sen.binding"
	" WHERE platform_id = $1::smallint AND account_id IN (SELECT account_id FROM near) AND state IN (1, 3, 4) AND due_at <= now()"
	" ORDER BY tries, prio, due_at LIMIT $2::bigint FOR UPDATE SKIP LOCKED)" LEASE_THEM);

DB_QUERY(prov_binding_expire, DB_WRITE,
	"UPDATE sen.binding SET state = CASE WHEN hold_id = 0 THEN 6 ELSE 3 END, due_at = now(), lease_until = NULL WHERE (account_id, platform_id) IN ("
	" SELECT account_id, platform_id FROM sen.binding WHERE state = 2 AND lease_until < now()"
	" ORDER BY 1, 2 LIMIT 1000 FOR UPDATE SKIP LOCKED)");

DB_QUERY(prov_binding_sweep, DB_WRITE,
	"UPDATE sen.binding SET state = 1, due_at = now(), prio = CASE WHEN seen_active AND NOT want_active THEN 0 ELSE 4 END"
	" WHERE (account_id, platform_id) IN ("
	" SELECT account_id, platform_id FROM sen.binding WHERE state = 0"
	" AND (want_hash IS DISTINCT FROM seen_hash OR want_active IS DISTINCT FROM seen_active)"
	" ORDER BY 1, 2 LIMIT 10000 FOR UPDATE SKIP LOCKED)");

DB_QUERY(prov_binding_hurry, DB_WRITE,
	"UPDATE sen.binding SET due_at = now() WHERE (account_id, platform_id) IN ("
	" SELECT account_id, platform_id FROM sen.binding WHERE platform_id = $1::smallint AND due_at > now()"
	" AND (state = 4 AND err_class IN ('down', 'auth', 'timeout') OR state = 3 AND err_class IN ('down', 'auth')) ORDER BY 1, 2 FOR UPDATE SKIP LOCKED)");

DB_QUERY(prov_binding_counts, DB_READ,
	"SELECT platform_id, state, count(*), greatest(0, extract(epoch FROM now() - min(due_at)))::bigint"
	" FROM sen.binding WHERE state IN (1, 3, 4) GROUP BY 1, 2"
	" UNION ALL SELECT platform_id, 5, count(*), 0 FROM sen.binding WHERE state = 5 GROUP BY 1"
	" UNION ALL SELECT platform_id, 6, count(*), greatest(0, extract(epoch FROM now() - min(due_at)))::bigint FROM sen.binding WHERE state = 6 GROUP BY 1"
	" UNION ALL SELECT platform_id, state, count(*), 0 FROM sen.binding WHERE state IN (7, 8) GROUP BY 1, 2"
	" UNION ALL SELECT platform_id, 9, count(*), 0 FROM sen.binding WHERE state = 9 GROUP BY 1");

DB_QUERY(prov_partitions_maintain, DB_WRITE, "SELECT sen.partitions_maintain()");

DB_QUERY(prov_platform_by_code, DB_READ, "SELECT id FROM sen.platform WHERE code = $1");

int dirty_add_due(struct op *op, size_t *ret_n)
{
	struct db_rows rows;
	int err = db_run(op, &prov_dirty_add_due, &rows);

	if (err < 0)
		return err;
	*ret_n = (size_t)db_i64(&rows, 0, 0);
	return 0;
}

int dirty_waits(struct op *op, bool *ret_any)
{
	struct db_rows rows;
	int err = db_run(op, &prov_dirty_waits, &rows);

	if (err == 0)
		*ret_any = db_bool(&rows, 0, 0);
	return err;
}

int plan_is_repeatable(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &prov_plan_soon, &rows);
}

int dirty_take(struct op *op, int64_t limit, const struct woken **ret_woken, size_t *ret_n)
{
	struct db_rows rows;
	struct woken *woken;
	int err = db_run(op, &prov_dirty_take, &rows, P_I64(limit));

	if (err < 0)
		return err;
	woken = ARENA_ARRAY(op->arena, struct woken, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		woken[i] = (struct woken){ db_str(&rows, i, 0), db_i64(&rows, i, 1), db_bool(&rows, i, 2) };
	*ret_woken = woken;
	*ret_n = rows.n;
	return 0;
}

int dirty_add(struct op *op, const struct str *accounts, size_t n, int64_t prio)
{
	struct db_rows rows;

	return db_run(op, &prov_dirty_add, &rows, P_STR(db_array(op->arena, accounts, n)), P_I64(prio));
}

static int changes_of(struct op *op, const struct db_rows *rows, struct plan_changes *ret)
{
	struct plan_change *changes = ARENA_ARRAY(op->arena, struct plan_change, rows->n + 1);

	*ret = (struct plan_changes){ .list = changes, .n_platforms = rows->n };
	for (size_t i = 0; i < rows->n; i++) {
		changes[i] = (struct plan_change){ db_i64(rows, i, 0), db_i64(rows, i, 1) };
		ret->n += (size_t)db_i64(rows, i, 2);
	}
	return 0;
}

int binding_plan_add(struct op *op, const struct binding_plan *plans, size_t n, struct plan_changes *ret)
{
	struct columns c = columns_new(op->arena, n, 6);
	struct db_rows rows;
	int err;

	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, plans[i].account_id);
		columns_int(&c, 1, i, plans[i].platform_id);
		columns_text(&c, 2, i, str_c(plans[i].hash));
		columns_bool(&c, 3, i, plans[i].active);
		columns_int(&c, 4, i, plans[i].prio);
		if (plans[i].guard != GUARD_FREE)
			columns_int(&c, 5, i, -(int64_t)plans[i].guard);
	}
	err = db_run(op, &prov_binding_plan, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2),
	             columns_param(&c, 3), columns_param(&c, 4), columns_param(&c, 5));
	return err < 0 ? err : changes_of(op, &rows, ret);
}

int plan_remember(struct op *op, const struct str *accounts, const struct str *digests, size_t n)
{
	struct db_rows rows;

	return n == 0 ? 0 : db_run(op, &prov_plan_remember, &rows, P_STR(db_array(op->arena, accounts, n)), P_STR(db_array(op->arena, digests, n)));
}

struct work *binding_work_of(struct op *op, const struct db_rows *rows, int64_t platform_id)
{
	struct work *work = ARENA_ARRAY(op->arena, struct work, rows->n + 1);

	for (size_t i = 0; i < rows->n; i++) {
		work[i] = (struct work){
			.account_id = db_str(rows, i, 0),
			.platform_id = platform_id,
			.gen = db_i64(rows, i, 1),
			.lease_token = db_i64(rows, i, 2),
			.tries = db_i64(rows, i, 3),
			.in_doubt = db_bool(rows, i, 4),
			.want_hash = db_str(rows, i, 5),
			.seen_hash = db_str(rows, i, 6),
			.want_active = db_bool(rows, i, 7),
			.seen_active = !db_is_null(rows, i, 8) && db_bool(rows, i, 8),
			.ext_id = db_str(rows, i, 9),
			.is_deletion = !db_is_null(rows, i, 10) && db_bool(rows, i, 10),
			.ops_allowed = (unsigned)db_i64(rows, i, 11),
			.is_repair = db_bool(rows, i, 12),
			.prio = db_i64(rows, i, 13),
			.platform_code = db_str(rows, i, 14),
			.stable_id = db_str(rows, i, 15),
		};
	}
	return work;
}

int binding_claim(struct op *op, const struct claim *how, const struct work **ret_work, size_t *ret_n)
{
	struct db_rows rows;
	int err = db_run(op, how->is_probe ? &prov_binding_probe : &prov_binding_claim, &rows, P_I64(how->platform_id), P_I64(how->limit),
	                 P_I64(how->lease_s), P_I64(how->max_prio));

	if (err < 0)
		return err;
	*ret_work = binding_work_of(op, &rows, how->platform_id);
	*ret_n = rows.n;
	return 0;
}

static int affected(struct op *op, const struct query *q, size_t *ret_n)
{
	struct db_rows rows;
	int err = db_run(op, q, &rows);

	if (err < 0)
		return err;
	*ret_n = rows.affected;
	return 0;
}

int binding_expire(struct op *op, size_t *ret_n)
{
	return affected(op, &prov_binding_expire, ret_n);
}

int binding_sweep(struct op *op, size_t *ret_n)
{
	return affected(op, &prov_binding_sweep, ret_n);
}

int binding_hurry(struct op *op, int64_t platform_id)
{
	struct db_rows rows;

	return db_run(op, &prov_binding_hurry, &rows, P_I64(platform_id));
}

int binding_counts(struct op *op, const struct binding_count **ret_counts, size_t *ret_n)
{
	struct db_rows rows;
	struct binding_count *counts;
	int err = db_run(op, &prov_binding_counts, &rows);

	if (err < 0)
		return err;
	counts = ARENA_ARRAY(op->arena, struct binding_count, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		counts[i] = (struct binding_count){ db_i64(&rows, i, 0), db_i64(&rows, i, 1), db_i64(&rows, i, 2),
			                            db_i64(&rows, i, 3) };
	*ret_counts = counts;
	*ret_n = rows.n;
	return 0;
}

int partitions_maintain(struct op *op)
{
	size_t n;

	return affected(op, &prov_partitions_maintain, &n);
}

int platform_by_code(struct op *op, struct str code, int64_t *ret_id)
{
	struct db_rows rows;
	int err = db_run(op, &prov_platform_by_code, &rows, P_STR(code));

	if (err < 0)
		return err;
	if (rows.n == 0)
		return op_fail_detail(op, ERR_UNKNOWN_PLATFORM, "no such platform", "%.*s", STR_ARG(code));
	*ret_id = db_i64(&rows, 0, 0);
	return 0;
}
