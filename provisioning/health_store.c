#include "provisioning/health_store.h"

#include "common/db/columns.h"
#include "common/db/db.h"

/* In thousandths: rates like 5 in 30 s are none in whole operations a second. */
#define MILLI 1000

#define AGE_MS(stamp) "coalesce((extract(epoch FROM now() - " stamp ") * 1000)::bigint, -1)"

/* A worker that was not heard of for 5 s does not count; after a minute it is forgotten. */
DB_QUERY(prov_health_alive, DB_WRITE,
	"WITH gone AS (DELETE FROM sen.platform_worker WHERE platform_id = $1::smallint AND seen_at < now() - interval '60 s'),"
	" health AS (INSERT INTO sen.platform_health (platform_id) VALUES ($1::smallint) ON CONFLICT DO NOTHING)"
	" INSERT INTO sen.platform_worker VALUES ($1::smallint, $2::uuid) ON CONFLICT (platform_id, worker_id) DO UPDATE SET seen_at = now()");
DB_QUERY(prov_health_leave, DB_WRITE, "DELETE FROM sen.platform_worker WHERE platform_id = $1::smallint AND worker_id = $2::uuid");
DB_QUERY(prov_health_read, DB_READ,
	"SELECT h.epoch, h.state, h.openings, " AGE_MS("h.opened_at") ", " AGE_MS("h.failed_at") ","
	" coalesce(h.probe_until > now(), false), greatest(0, coalesce((extract(epoch FROM h.pause_until - now()) * 1000)::bigint, 0)), h.rate_milli, h.rate_base, " AGE_MS("h.rate_at") ","
	" (SELECT count(*) FROM sen.platform_worker w WHERE w.platform_id = h.platform_id AND w.seen_at > now() - interval '5 s'),"
	" CASE WHEN $2::boolean OR h.state <> 0 OR h.pause_until > now() THEN EXISTS (SELECT FROM sen.binding b"
	"  WHERE b.platform_id = $1::smallint AND b.state IN (1, 3, 4) AND b.prio = 0) ELSE false END,"
	" coalesce(l.rate_count * 1000::bigint / l.rate_seconds, 0), coalesce(l.burst, 0), coalesce(l.concurrency, 0), l.limited_words, l.windows, extract(epoch FROM now())::bigint,"
	" h.state <> 0 AND EXISTS (SELECT FROM sen.binding b WHERE b.platform_id = $1::smallint AND b.state IN (1, 3, 4) AND b.due_at <= now()),"
	" ARRAY(SELECT p.attribute FROM sen.attribute_policy p WHERE p.platform_id = $1::smallint AND p.rule <> 'enforce' ORDER BY 1)"
	" FROM sen.platform_health h LEFT JOIN sen.platform_limit l ON l.platform_id = h.platform_id WHERE h.platform_id = $1::smallint");

/* since: when it changed from or to being served as usual. */
DB_QUERY(prov_health_breaker, DB_WRITE,
	"UPDATE sen.platform_health SET epoch = epoch + 1, state = $3::smallint, openings = $4::integer,"
	" opened_at = CASE WHEN $5::bigint >= 0 THEN now() - $5::bigint * interval '1 ms' END,"
	" failed_at = CASE WHEN $6::bigint >= 0 THEN now() - $6::bigint * interval '1 ms' END,"
	" probe_until = CASE WHEN $7::bigint > 0 THEN now() + $7::bigint * interval '1 ms' END,"
	" probe_at = CASE WHEN $3::smallint > 0 THEN now() + $10::bigint * interval '1 ms' END,"
	" since = CASE WHEN state = $3::smallint THEN since ELSE now() END, alarm_at = CASE WHEN $3::smallint < 2 THEN NULL ELSE alarm_at END,"
	" err_class = coalesce($8, err_class), err_status = CASE WHEN $8::text IS NULL THEN err_status ELSE nullif($9::integer, 0) END,"
	" err_at = CASE WHEN $8::text IS NULL THEN err_at ELSE now() END"
	" WHERE platform_id = $1::smallint AND epoch = $2::bigint RETURNING epoch");

#define IS_CUT "$2::bigint > 0 AND (rate_at IS NULL OR rate_at <= now() - interval '1 s')"
DB_QUERY(prov_health_limited, DB_WRITE,
	"UPDATE sen.platform_health SET limited_n = limited_n + CASE WHEN $2::bigint > 0 THEN 1 ELSE 0 END,"
	" limited_at = CASE WHEN $2::bigint > 0 THEN now() ELSE limited_at END,"
	" rate_milli = CASE WHEN " IS_CUT " THEN $2::bigint ELSE rate_milli END, rate_base = CASE WHEN " IS_CUT " THEN $3::bigint ELSE rate_base END,"
	" credit_milli = CASE WHEN " IS_CUT " THEN least(credit_milli, 0) ELSE credit_milli END, rate_at = CASE WHEN " IS_CUT " THEN now() ELSE rate_at END,"
	" pause_until = greatest(pause_until, now() + $4::bigint * interval '1 ms') WHERE platform_id = $1::smallint");

DB_QUERY(prov_health_take, DB_WRITE,
	"SELECT sen.platform_budget_take($1::smallint, $2::bigint, $3::bigint, $4::bigint, $5::bigint)");

/* Sorted: two provisioners must not wait for each other in a circle. */
DB_QUERY(prov_health_count, DB_WRITE,
	"WITH wanted AS MATERIALIZED (SELECT h.platform_id FROM sen.platform_health h WHERE h.platform_id = ANY ($1::smallint[])"
	"  AND (h.counted_at IS NULL OR h.counted_at < now() - interval '4 s') ORDER BY 1 FOR UPDATE SKIP LOCKED),"
	" counted AS (SELECT b.platform_id, CASE b.state WHEN 1 THEN 'due' WHEN 3 THEN 'in_doubt' ELSE 'retry' END AS word, count(*) AS n, min(b.due_at) AS due"
	"  FROM sen.binding b WHERE b.state IN (1, 3, 4) AND b.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1, 2"
	"  UNION ALL SELECT b.platform_id, 'leased', count(*), NULL FROM sen.binding b WHERE b.state = 2 AND b.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1"
	"  UNION ALL SELECT b.platform_id, 'blocked', count(*), NULL FROM sen.binding b WHERE b.state = 5 AND b.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1"
	"  UNION ALL SELECT b.platform_id, 'held', count(*), NULL FROM sen.binding b WHERE b.state = 6 AND b.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1"
	"  UNION ALL SELECT b.platform_id, CASE b.state WHEN 7 THEN 'grace' ELSE 'gone' END, count(*), NULL FROM sen.binding b"
	"   WHERE b.state IN (7, 8) AND b.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1, 2"
	"  UNION ALL SELECT b.platform_id, 'waiting', count(*), NULL FROM sen.binding b WHERE b.state = 9 AND b.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1"
	"  UNION ALL SELECT r.platform_id, 'late', count(*), NULL FROM sen.revocation_late r WHERE r.since <= now() - interval '60 s'"
	"   AND r.platform_id IN (SELECT platform_id FROM wanted) GROUP BY 1)"
	" UPDATE sen.platform_health h SET counted_at = now(),"
	" counts = coalesce((SELECT jsonb_object_agg(c.word, c.n) FROM counted c WHERE c.platform_id = h.platform_id), '{}'),"
	" oldest_due = (SELECT min(c.due) FROM counted c WHERE c.platform_id = h.platform_id)"
	" FROM wanted w WHERE w.platform_id = h.platform_id");

DB_QUERY(prov_health_alarms, DB_WRITE,
	"UPDATE sen.platform_health SET alarm_at = now() WHERE platform_id IN (SELECT platform_id FROM sen.platform_health"
	"  WHERE platform_id = ANY ($1::smallint[]) AND state IN (2, 3) AND (alarm_at IS NULL OR alarm_at < now() - interval '1 day') ORDER BY 1 FOR UPDATE SKIP LOCKED)"
	" RETURNING platform_id, state, extract(epoch FROM now() - since)::bigint, err_class");

static int read_policy(struct op *op, const struct db_rows *rows, struct health *h)
{
	struct str windows = db_str(rows, 0, 16);

	h->rate_milli = db_i64(rows, 0, 12);
	h->burst = db_i64(rows, 0, 13);
	h->concurrency = db_i64(rows, 0, 14);
	h->windows_are_bad = !str_is_null(windows) && !windows_read(op->arena, windows, &h->windows, &h->n_windows);
	if (db_array_read(op, db_str(rows, 0, 19), &h->left, &h->n_left) < 0)
		return op->error.code;
	return db_is_null(rows, 0, 15) ? 0 : db_array_read(op, db_str(rows, 0, 15), &h->words, &h->n_words);
}

int health_alive(struct op *op, int64_t platform_id, struct str worker_id)
{
	struct db_rows rows;

	return db_run(op, &prov_health_alive, &rows, P_I64(platform_id), P_STR(worker_id));
}

int health_leave(struct op *op, int64_t platform_id, struct str worker_id)
{
	struct db_rows rows;

	return db_run(op, &prov_health_leave, &rows, P_I64(platform_id), P_STR(worker_id));
}

int health_read(struct op *op, int64_t platform_id, bool always_urgent, struct health *ret)
{
	struct db_rows rows;
	int err = db_run(op, &prov_health_read, &rows, P_I64(platform_id), P_BOOL(always_urgent));

	if (err < 0)
		return err;
	if (rows.n != 1)
		return op_fail(op, ERR_INTERNAL, "no row of the platform's health");
	*ret = (struct health){
		.epoch = db_i64(&rows, 0, 0),
		.state = (enum breaker_state)db_i64(&rows, 0, 1),
		.openings = db_i64(&rows, 0, 2),
		.opened_age_ms = db_i64(&rows, 0, 3),
		.failed_age_ms = db_i64(&rows, 0, 4),
		.is_probing = db_bool(&rows, 0, 5),
		.pause_ms = db_i64(&rows, 0, 6),
		.rate = { .milli = db_i64(&rows, 0, 7), .base_milli = db_i64(&rows, 0, 8) },
		.rate_age_ms = db_i64(&rows, 0, 9),
		.n_workers = db_i64(&rows, 0, 10),
		.revocation_waits = db_bool(&rows, 0, 11),
		.now_s = db_i64(&rows, 0, 17),
		.has_due = db_bool(&rows, 0, 18),
	};
	return read_policy(op, &rows, ret);
}

int health_set_breaker(struct op *op, const struct health_change *change, int64_t *ret_epoch)
{
	const struct breaker *b = change->breaker;
	bool is_closed = b->state == BREAKER_CLOSED;
	struct db_rows rows;
	int err = db_run(op, &prov_health_breaker, &rows, P_I64(change->platform_id), P_I64(change->epoch), P_I64((int64_t)b->state),
	                 P_I64(b->openings), P_I64(is_closed ? -1 : change->now_ms - b->opened_ms),
	                 P_I64(is_closed ? -1 : change->now_ms - b->failed_ms), P_I64(b->is_probing ? change->lease_ms : 0),
	                 P_STR(change->class ? str_c(change->class) : STR_NULL), P_I64(change->status),
	                 P_I64(change->probe_ms));

	if (err == 0)
		*ret_epoch = rows.n == 1 ? db_i64(&rows, 0, 0) : 0;
	return err;
}

int health_limited(struct op *op, int64_t platform_id, const struct rate *cut, int64_t pause_ms)
{
	struct db_rows rows;

	return db_run(op, &prov_health_limited, &rows, P_I64(platform_id), P_I64(cut ? cut->milli : 0), P_I64(cut ? cut->base_milli : 0),
	              P_I64(pause_ms));
}

int health_take(struct op *op, const struct health_budget *b, int64_t *ret_taken)
{
	struct db_rows rows;
	int err = db_run(op, &prov_health_take, &rows, P_I64(b->platform_id), P_I64(b->wanted), P_I64(b->overdrawn), P_I64(b->rate_milli),
	                 P_I64(b->burst * MILLI));

	if (err == 0)
		*ret_taken = db_i64(&rows, 0, 0);
	return err;
}

static struct db_param ids_param(struct op *op, const int64_t *ids, size_t n)
{
	struct columns c = columns_new(op->arena, n, 1);

	for (size_t i = 0; i < n; i++)
		columns_int(&c, 0, i, ids[i]);
	return columns_param(&c, 0);
}

int health_count(struct op *op, const int64_t *platform_ids, size_t n)
{
	struct db_rows rows;

	return db_run(op, &prov_health_count, &rows, ids_param(op, platform_ids, n));
}

int health_alarms(struct op *op, const int64_t *platform_ids, size_t n_ids, const struct health_alarm **ret_alarms, size_t *ret_n)
{
	struct db_rows rows;
	struct health_alarm *alarms;
	int err = db_run(op, &prov_health_alarms, &rows, ids_param(op, platform_ids, n_ids));

	if (err < 0)
		return err;
	alarms = ARENA_ARRAY(op->arena, struct health_alarm, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		alarms[i] = (struct health_alarm){ db_i64(&rows, i, 0), (enum breaker_state)db_i64(&rows, i, 1), db_i64(&rows, i, 2), db_str(&rows, i, 3) };
	*ret_alarms = alarms;
	*ret_n = rows.n;
	return 0;
}
