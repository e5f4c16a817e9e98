#include "provisioning/units/guard.h"

#include "common/plan/guard.h"

/* Who holds it writes units_shown; FOR UPDATE would be in the way of whoever marks a unit (a reference to this row). */
DB_QUERY(units_guard_lock_q, DB_WRITE, "SELECT 1 FROM sen.unit_sync WHERE platform_id = $1::smallint AND lease_token = $2::bigint FOR NO KEY UPDATE");

#define AS_IT_IS(u)                                                                                                       \
	"name = " u ".name, kind = " u ".kind, parent_id = " u ".parent_id, valid_from = " u ".valid_from, valid_to = " u ".valid_to"
#define DIFFERS "(u.name, u.kind, u.parent_id, u.valid_from, u.valid_to) IS DISTINCT FROM (s.name, s.kind, s.parent_id, s.valid_from, s.valid_to)"
#define CLOSES "(coalesce(u.valid_to, 'infinity') < coalesce(s.valid_to, 'infinity') OR u.valid_from > s.valid_from)"
#define TAKES_AWAY "(" CLOSES " OR (u.name, u.kind, u.parent_id) IS DISTINCT FROM (s.name, s.kind, s.parent_id))"

/* What is released is looked at in the directory. */
DB_QUERY(units_guard_decided_q, DB_WRITE,
	"WITH h AS MATERIALIZED (UPDATE sen.hold SET applied_at = now() WHERE platform_id = $1::smallint AND reason = 'units' AND state IN ('released', 'discarded')"
	"  AND applied_at IS NULL RETURNING id, state),"
	" n AS (UPDATE sen.unit_shown s SET " AS_IT_IS("u") ", hold_id = NULL FROM h, sen.unit u WHERE s.platform_id = $1::smallint AND s.hold_id = h.id"
	"  AND h.state = 'released' AND u.id = s.unit_id RETURNING s.unit_id)"
	" INSERT INTO sen.unit_dirty AS d (platform_id, unit_id) SELECT $1::smallint, n.unit_id FROM n ORDER BY 2"
	" ON CONFLICT (platform_id, unit_id) DO UPDATE SET seq = nextval('sen.unit_dirty_seq')");

/*
 * What is held and as it was again is held no more.  What was discarded stays, until somebody decides about this unit by name, or another
 * mass change comes over it: that is counted anew.  What a mark says of its cause is used once, however long the mark waits for the directory;
 * one that was set anew meanwhile (another seq) is the next turn's.
 */
DB_QUERY(units_guard_settle_q, DB_WRITE,
	"WITH d AS MATERIALIZED (SELECT u.id, u.name, u.kind, u.parent_id, u.valid_from, u.valid_to, s.unit_id IS NULL AS is_new,"
	"  NOT (" DIFFERS " AND " TAKES_AWAY ") OR m.is_counted IS FALSE AS passes,"
	"  s.hold_id IS NULL OR h.state <> 'open' AND m.is_counted AND m.cause IS NOT NULL AS is_counted"
	"  FROM sen.unit u LEFT JOIN sen.unit_shown s ON s.platform_id = $1::smallint AND s.unit_id = u.id"
	"  LEFT JOIN sen.unit_dirty m ON m.platform_id = $1::smallint AND m.unit_id = u.id LEFT JOIN sen.hold h ON h.id = s.hold_id"
	"  WHERE s.unit_id IS NULL OR s.hold_id IS NOT NULL OR " DIFFERS "),"
	" made AS (INSERT INTO sen.unit_shown (platform_id, unit_id, name, kind, parent_id, valid_from, valid_to)"
	"  SELECT $1::smallint, id, name, kind, parent_id, valid_from, valid_to FROM d WHERE is_new ON CONFLICT DO NOTHING),"
	" passed AS (UPDATE sen.unit_shown s SET " AS_IT_IS("d") ", hold_id = NULL FROM d WHERE s.platform_id = $1::smallint AND s.unit_id = d.id AND d.passes),"
	" waiting AS (UPDATE sen.unit_shown s SET is_waiting = true, hold_id = NULL FROM d WHERE s.platform_id = $1::smallint AND s.unit_id = d.id"
	"  AND NOT d.passes AND d.is_counted RETURNING 1),"
	" used AS (UPDATE sen.unit_dirty m SET is_counted = true, cause = NULL WHERE (m.platform_id, m.unit_id, m.seq) IN (SELECT x.platform_id, x.unit_id, x.seq"
	"  FROM sen.unit_dirty x WHERE x.platform_id = $1::smallint AND x.cause IS NOT NULL ORDER BY x.unit_id FOR UPDATE SKIP LOCKED))"
	" SELECT count(*) FROM waiting");

DB_QUERY(units_guard_open_q, DB_WRITE, "SELECT id FROM sen.hold WHERE platform_id = $1::smallint AND state = 'open' AND reason = 'units' FOR UPDATE");

DB_QUERY(units_guard_count_q, DB_READ,
	"SELECT count(*) FILTER (WHERE " CLOSES "), count(*) FILTER (WHERE NOT " CLOSES "),"
	" (SELECT count(*) FROM sen.unit_shown l WHERE l.platform_id = $1::smallint AND l.valid_from <= sen.today() AND (l.valid_to IS NULL OR l.valid_to > sen.today())),"
	" (SELECT count(*) FROM sen.unit_shown p WHERE p.platform_id = $1::smallint AND p.passed_at > now() - interval '1 hour' AND NOT p.is_waiting)"
	" FROM sen.unit_shown s JOIN sen.unit u ON u.id = s.unit_id WHERE s.platform_id = $1::smallint AND s.is_waiting");
DB_QUERY(units_guard_limits_q, DB_READ, "SELECT max_n, max_percent FROM sen.provisioning_rule WHERE platform_id = $1::smallint");

DB_QUERY(units_guard_pass_q, DB_WRITE,
	"UPDATE sen.unit_shown s SET " AS_IT_IS("u") ", is_waiting = false, passed_at = now() FROM sen.unit u WHERE s.platform_id = $1::smallint AND s.is_waiting"
	" AND u.id = s.unit_id");
DB_QUERY(units_guard_begin_q, DB_WRITE,
	"INSERT INTO sen.hold (platform_id, state, reason, n_live) VALUES ($1::smallint, 'open', 'units', $2::integer) RETURNING id");
DB_QUERY(units_guard_hold_q, DB_WRITE,
	"WITH w AS (UPDATE sen.unit_shown SET hold_id = $2::bigint, is_waiting = false WHERE platform_id = $1::smallint AND is_waiting RETURNING unit_id),"
	" authors AS (INSERT INTO sen.hold_author (hold_id, account_id) SELECT DISTINCT $2::bigint, a.id FROM w JOIN sen.unit_dirty m"
	"  ON m.platform_id = $1::smallint AND m.unit_id = w.unit_id JOIN sen.account a ON a.id = m.author ON CONFLICT DO NOTHING)"
	" UPDATE sen.hold SET n_disable = n_disable + $3::integer, n_change = n_change + $4::integer, version = version + 1 WHERE id = $2::bigint");

struct counted {
	int64_t n_close, n_change, n_live, n_passed;
};

static int count(struct op *op, int64_t platform_id, struct counted *ret)
{
	struct db_rows rows;
	int err = db_run(op, &units_guard_count_q, &rows, P_I64(platform_id));

	if (err == 0)
		*ret = (struct counted){ db_i64(&rows, 0, 0), db_i64(&rows, 0, 1), db_i64(&rows, 0, 2), db_i64(&rows, 0, 3) };
	return err;
}

static int is_too_much(struct op *op, int64_t platform_id, const struct counted *c, bool *ret)
{
	const struct guard_count all = { .scope = GUARD_PLATFORM, .n_live = c->n_live, .n_off = c->n_close + c->n_change + c->n_passed };
	struct db_rows rows;
	int err = db_run(op, &units_guard_limits_q, &rows, P_I64(platform_id));

	if (err == 0 && rows.n == 0)
		return op_fail(op, ERR_INTERNAL, "a platform without rules");
	if (err == 0)
		*ret = guard_exceeds(&(struct guard_limits){ .max_n = db_i64(&rows, 0, 0), .max_percent = db_i64(&rows, 0, 1) }, &all);
	return err;
}

static int hold(struct op *op, int64_t platform_id, const struct counted *c, int64_t open_id, struct units_hold *ret_opened)
{
	struct db_rows rows, ignored;
	int64_t id = open_id;
	int err = 0;

	if (id == 0)
		err = db_run(op, &units_guard_begin_q, &rows, P_I64(platform_id), P_I64(c->n_live));
	if (err == 0 && id == 0) {
		id = db_i64(&rows, 0, 0);
		*ret_opened = (struct units_hold){ id, c->n_close, c->n_change };
	}
	return err < 0 ? err : db_run(op, &units_guard_hold_q, &ignored, P_I64(platform_id), P_I64(id), P_I64(c->n_close), P_I64(c->n_change));
}

static int judge(struct op *op, int64_t platform_id, struct units_hold *ret_opened)
{
	struct db_rows open, ignored;
	struct counted c = { 0 };
	bool holds = true;
	int err = count(op, platform_id, &c);

	if (err == 0)
		err = db_run(op, &units_guard_open_q, &open, P_I64(platform_id));
	if (err == 0 && open.n == 0)
		err = is_too_much(op, platform_id, &c, &holds);
	if (err < 0)
		return err;
	if (!holds)
		return db_run(op, &units_guard_pass_q, &ignored, P_I64(platform_id));
	return hold(op, platform_id, &c, open.n > 0 ? db_i64(&open, 0, 0) : 0, ret_opened);
}

static int settle(struct op *op, const struct units_lease *l, struct units_hold *ret_opened)
{
	struct db_rows rows, ignored;
	int err = db_run(op, &units_guard_lock_q, &rows, P_I64(l->platform_id), P_I64(l->token));

	if (err == 0 && rows.n == 0)
		return op_fail(op, ERR_CONFLICT, "another provisioner keeps the units now");
	if (err == 0)
		err = db_run(op, &units_guard_decided_q, &ignored, P_I64(l->platform_id));
	if (err == 0)
		err = db_run(op, &units_guard_settle_q, &rows, P_I64(l->platform_id));
	if (err < 0 || db_i64(&rows, 0, 0) == 0)
		return err;
	return judge(op, l->platform_id, ret_opened);
}

int units_guard(struct op *op, const struct units_lease *l, struct units_hold *ret_opened)
{
	int err = db_begin(op);

	*ret_opened = (struct units_hold){ 0 };
	if (err < 0)
		return err;
	err = settle(op, l, ret_opened);
	if (err == 0)
		return db_commit(op);
	db_rollback(op);
	*ret_opened = (struct units_hold){ 0 };
	return err;
}
