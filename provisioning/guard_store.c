#include "provisioning/guard_store.h"

#define APPLY_BATCH 10000

/* While mass changes are on their way into the bindings, a count would be one of a part. */
DB_QUERY(prov_guard_next, DB_READ,
	"SELECT b.platform_id FROM sen.binding b WHERE b.state = 6 AND b.hold_id = 0 GROUP BY 1"
	" HAVING min(b.due_at) < now() - interval '30 s' OR NOT EXISTS (SELECT FROM sen.dirty_account d JOIN sen.mass_cause m ON m.xid = d.cause)"
	" ORDER BY min(b.due_at) LIMIT 1");
/* All platforms at once, an hour's worth: one pass over the bindings.  Not under the lock. */
DB_QUERY(prov_guard_size, DB_WRITE,
	"INSERT INTO sen.guard_size (platform_id, n_live, counted_at)"
	" SELECT b.platform_id, count(*) FILTER (WHERE b.want_active OR b.state = 6 AND b.seen_active), now() FROM sen.binding b"
	" WHERE NOT EXISTS (SELECT FROM sen.guard_size s WHERE s.platform_id = $1::smallint AND s.counted_at > now() - interval '1 hour')"
	" GROUP BY 1 ORDER BY 1 ON CONFLICT (platform_id) DO UPDATE SET n_live = excluded.n_live, counted_at = excluded.counted_at");
DB_QUERY(prov_guard_lock, DB_WRITE,
	"SELECT s.n_live, r.max_n, r.max_percent, r.unit_min, r.unit_percent, r.role_min, r.role_percent, r.is_open, r.on_removal, r.code,"
	" r.membership_percent, coalesce((SELECT sum(h.n_passed_roles) FROM sen.hold h WHERE h.platform_id = s.platform_id AND h.opened_at > now() - interval '1 hour'), 0)::bigint"
	" FROM sen.guard_size s JOIN sen.provisioning_rule r ON r.platform_id = s.platform_id WHERE s.platform_id = $1::smallint"
	" FOR UPDATE OF s SKIP LOCKED");
DB_QUERY(prov_guard_open, DB_WRITE, "SELECT id FROM sen.hold WHERE platform_id = $1::smallint AND state = 'open' AND reason <> 'units' FOR UPDATE");
DB_QUERY(prov_guard_begin, DB_WRITE,
	"INSERT INTO sen.hold (platform_id, n_live) VALUES ($1::smallint, $2::integer) RETURNING id");
DB_QUERY(prov_guard_take, DB_WRITE,
	"UPDATE sen.binding SET hold_id = $2::bigint WHERE (account_id, platform_id) IN (SELECT account_id, platform_id FROM sen.binding"
	" WHERE platform_id = $1::smallint AND state = 6 AND hold_id = 0 ORDER BY 1 FOR UPDATE SKIP LOCKED)");
/*
 * Units by the main post, held now or last.  What passed within the hour counts again, with it.  The whole platform is the
 * row without a unit.
 */
DB_QUERY(prov_guard_units, DB_READ,
	"WITH held AS MATERIALIZED (SELECT b.account_id, b.delete_at IS NULL AS was_live, (SELECT o.unit_id FROM sen.account a JOIN sen.post o"
	"  ON o.person_id = a.person_id WHERE a.id = b.account_id AND o.kind = 'main' AND lower(o.valid) <= sen.today() ORDER BY lower(o.valid) DESC LIMIT 1) AS unit_id"
	"  FROM sen.binding b WHERE b.state = 6 AND b.hold_id = $2::bigint AND b.platform_id = $1::smallint AND NOT b.want_active),"
	" passed AS (SELECT x.key::integer AS unit_id, sum(x.value::integer) AS n FROM sen.hold h CROSS JOIN LATERAL jsonb_each_text(h.passed_units) x"
	"  WHERE h.platform_id = $1::smallint AND h.opened_at > now() - interval '1 hour' GROUP BY 1),"
	" others AS (SELECT o.unit_id, a.id FROM (SELECT DISTINCT unit_id FROM held) t JOIN sen.post o ON o.unit_id = t.unit_id AND o.kind = 'main'"
	"  AND o.valid @> sen.today() JOIN sen.account a ON a.person_id = o.person_id"
	"  JOIN sen.binding b ON b.account_id = a.id AND b.platform_id = $1::smallint AND b.want_active),"
	" planned AS (SELECT unit_id, was_live, true AS off FROM held UNION ALL SELECT unit_id, true, false FROM others)"
	" SELECT grouping(p.unit_id) = 1, p.unit_id, u.code, count(*) FILTER (WHERE p.was_live) + coalesce((SELECT x.n FROM passed x WHERE x.unit_id = p.unit_id), 0),"
	" count(*) FILTER (WHERE p.off) + CASE WHEN grouping(p.unit_id) = 0 THEN coalesce((SELECT x.n FROM passed x WHERE x.unit_id = p.unit_id), 0)"
	"  ELSE coalesce((SELECT sum(h.n_passed) FROM sen.hold h WHERE h.platform_id = $1::smallint AND h.opened_at > now() - interval '1 hour'), 0) END"
	" FROM planned p LEFT JOIN sen.unit u ON u.id = p.unit_id GROUP BY ROLLUP ((p.unit_id, u.code))"
	" HAVING grouping(p.unit_id) = 1 OR p.unit_id IS NOT NULL");
/* Which grants of the held accounts are none any more, since an hour at most. */
#define LOST                                                                                                           \
	"SELECT DISTINCT b.account_id, g.role_id, b.want_active FROM sen.binding b JOIN sen.access_grant g ON g.account_id = b.account_id"    \
	" JOIN sen.role r ON r.id = g.role_id AND r.platform_id = b.platform_id"                                              \
	" WHERE b.state = 6 AND b.hold_id = $2::bigint AND b.platform_id = $1::smallint AND g.valid_from <= now()"             \
	" AND coalesce(g.revoked_at, 'infinity') > now() - interval '1 hour' AND coalesce(g.valid_to, 'infinity') > now() - interval '1 hour'" \
	" AND coalesce(g.suspended_at, 'infinity') > now() - interval '1 hour'"                                                \
	" AND NOT EXISTS (SELECT FROM sen.live_grant l WHERE l.account_id = b.account_id AND l.role_id = g.role_id)"
/* Who stays and gained something at the same time. */
#define GAINED(l)                                                                                                      \
	l ".want_active AND EXISTS (SELECT FROM sen.live_grant v WHERE v.account_id = " l ".account_id AND v.platform_id = $1::smallint" \
	" AND EXISTS (SELECT FROM sen.access_grant g WHERE g.account_id = v.account_id AND g.id = v.id AND g.valid_from > now() - interval '1 hour'))"
DB_QUERY(prov_guard_roles, DB_READ,
	"WITH lost AS MATERIALIZED (" LOST "), n AS (SELECT role_id, count(*) AS n, count(*) FILTER (WHERE x.want_active AND NOT (" GAINED("x") ")) AS stay"
	"  FROM lost x GROUP BY 1)"
	" SELECT n.role_id, r.code, n.n + (SELECT count(DISTINCT l.account_id) FROM sen.live_grant l WHERE l.role_id = n.role_id), n.n, n.stay"
	" FROM n JOIN sen.role r ON r.id = n.role_id ORDER BY r.code");
/* Only when so many were lost that it matters: it reads all grants of the platform. */
DB_QUERY(prov_guard_memberships, DB_READ,
	"SELECT count(*) FROM (SELECT DISTINCT l.account_id, l.role_id FROM sen.live_grant l WHERE l.platform_id = $1::smallint) x");
/*
 * Lets pass what is not held: off ($3: they are held), and changes that take none of the roles ($4; NULL: whichever).  Who gained
 * something at the same time is not kept from it.  A legal hold keeps an account from being deleted, not from being off.
 */
#define PASSES                                                                                                         \
	"state = CASE WHEN b.delete_at IS NOT NULL AND EXISTS (SELECT FROM sen.account a JOIN sen.person p ON p.id = a.person_id" \
	"  WHERE a.id = b.account_id AND p.legal_hold) THEN 7 WHEN b.ext_id IS NULL THEN 3 ELSE 1 END,"                         \
	" hold_id = NULL, due_at = greatest(b.due_at, now())"
DB_QUERY(prov_guard_pass, DB_WRITE,
	"WITH lost AS MATERIALIZED (" LOST "), kept AS MATERIALIZED (SELECT l.account_id FROM lost l WHERE ($4::integer[] IS NULL OR l.role_id = ANY ($4::integer[]))"
	"  AND NOT (" GAINED("l") ")),"
	" done AS (UPDATE sen.binding b SET " PASSES " WHERE b.platform_id = $1::smallint AND b.state = 6 AND b.hold_id = $2::bigint"
	"  AND NOT (b.want_active IS FALSE AND $3::boolean) AND b.account_id NOT IN (SELECT account_id FROM kept)"
	"  RETURNING b.account_id, b.want_active),"
	" units AS (SELECT u.unit_id, count(*) AS n FROM done d JOIN sen.account a ON a.id = d.account_id CROSS JOIN LATERAL (SELECT o.unit_id FROM sen.post o"
	"  WHERE o.person_id = a.person_id AND o.kind = 'main' AND lower(o.valid) <= sen.today() ORDER BY lower(o.valid) DESC LIMIT 1) u"
	"  WHERE NOT d.want_active GROUP BY 1)"
	" UPDATE sen.hold h SET n_passed = h.n_passed + (SELECT count(*) FROM done WHERE NOT want_active),"
	" n_passed_roles = h.n_passed_roles + (SELECT count(*) FROM done d JOIN lost l ON l.account_id = d.account_id WHERE d.want_active AND NOT (" GAINED("l") ")),"
	" passed_units = coalesce((SELECT jsonb_object_agg(unit_id, n) FROM units), '{}')"
	" WHERE h.id = $2::bigint AND EXISTS (SELECT FROM done)");
/* What stayed, and whose acts it is: who revoked, who retired the rule, who drew up the movement. */
DB_QUERY(prov_guard_keep, DB_WRITE,
	"WITH held AS MATERIALIZED (SELECT b.account_id, b.want_active, b.delete_at FROM sen.binding b WHERE b.state = 6 AND b.hold_id = $2::bigint"
	"  AND b.platform_id = $1::smallint),"
	" authors AS (INSERT INTO sen.hold_author (hold_id, account_id) SELECT $2::bigint, x.id FROM ("
	"  SELECT g.revoked_by AS id FROM held h JOIN sen.access_grant g ON g.account_id = h.account_id WHERE g.revoked_at > now() - interval '1 hour'"
	"  UNION SELECT r.retired_by FROM held h JOIN sen.access_grant g ON g.account_id = h.account_id JOIN sen.birthright_rule r ON r.id = g.rule_id"
	"   WHERE r.retired_at > now() - interval '1 hour'"
	"  UNION SELECT m.drawn_by FROM held h JOIN sen.account_stop s ON s.account_id = h.account_id JOIN sen.account a ON a.id = s.account_id"
	"   JOIN sen.movement m ON m.person_id = a.person_id AND m.id = s.movement_id WHERE s.valid_from > now() - interval '1 day') x"
	"  WHERE x.id IS NOT NULL ON CONFLICT DO NOTHING)"
	" UPDATE sen.hold h SET state = $3, reason = coalesce(h.reason, $4), about = coalesce(h.about, $5), version = h.version + 1,"
	" decided_at = CASE WHEN $3 = 'discarded' THEN now() END, decision = CASE WHEN $3 = 'discarded' THEN 'on_removal: leave' END,"
	" n_disable = c.n_disable, n_delete = c.n_delete, n_change = c.n_change"
	" FROM (SELECT count(*) FILTER (WHERE NOT want_active AND delete_at IS NULL) AS n_disable, count(*) FILTER (WHERE delete_at IS NOT NULL) AS n_delete,"
	"  count(*) FILTER (WHERE want_active) AS n_change, count(*) AS n FROM held) c"
	" WHERE h.id = $2::bigint AND c.n > 0 RETURNING c.n_disable, c.n_delete, c.n_change");

DB_QUERY(prov_guard_decided, DB_WRITE,
	"SELECT id, state, platform_id FROM sen.hold WHERE state IN ('released', 'discarded') AND applied_at IS NULL AND reason <> 'units' ORDER BY id LIMIT 1"
	" FOR UPDATE SKIP LOCKED");
DB_QUERY(prov_guard_release, DB_WRITE,
	"UPDATE sen.binding b SET " PASSES " WHERE (b.account_id, b.platform_id) IN (SELECT account_id, platform_id FROM sen.binding"
	" WHERE platform_id = $1::smallint AND state = 6 AND hold_id = $2::bigint ORDER BY 1 LIMIT $3::bigint FOR UPDATE)");
/* Deletions begin their grace again; what is off stays as it is until the facts, or somebody, say otherwise. */
DB_QUERY(prov_guard_discard, DB_WRITE,
	"UPDATE sen.binding b SET state = 7, hold_id = NULL, delete_at = now() + (SELECT r.grace_days FROM sen.provisioning_rule r"
	" WHERE r.platform_id = $1::smallint) * interval '1 day' WHERE (b.account_id, b.platform_id) IN (SELECT account_id, platform_id FROM sen.binding"
	" WHERE platform_id = $1::smallint AND state = 6 AND hold_id = $2::bigint AND delete_at IS NOT NULL ORDER BY 1 LIMIT $3::bigint FOR UPDATE)");
DB_QUERY(prov_guard_applied, DB_WRITE, "UPDATE sen.hold SET applied_at = now() WHERE id = $1::bigint RETURNING id");
DB_QUERY(prov_guard_forget, DB_WRITE,
	"WITH causes AS (DELETE FROM sen.mass_cause m WHERE m.at < now() - interval '1 day' AND NOT EXISTS (SELECT FROM sen.dirty_account d WHERE d.cause = m.xid))"
	" DELETE FROM sen.hold WHERE state = 'passed' AND opened_at < now() - interval '1 day'");

/* One platform, being judged. */
struct judging {
	int64_t platform_id, hold_id;
	bool is_joined;             /* a hold is open: what came later goes there */
	int64_t n_live, n_passed_roles;
	struct guard_limits limits;
	struct str on_removal;      /* of a closed platform; STR_NULL: it is open */
	struct str code;
	const struct guard_count *counts;
	size_t n_counts;
};

/* *ret_found false: another one has it. */
static int lock(struct op *op, struct judging *j, bool *ret_found)
{
	struct db_rows rows;
	int r = db_run(op, &prov_guard_lock, &rows, P_I64(j->platform_id));

	*ret_found = r == 0 && rows.n == 1;
	if (!*ret_found)
		return r;
	j->n_live = db_i64(&rows, 0, 0);
	j->limits = (struct guard_limits){
		.max_n = db_i64(&rows, 0, 1), .max_percent = db_i64(&rows, 0, 2), .unit_min = db_i64(&rows, 0, 3),
		.unit_percent = db_i64(&rows, 0, 4), .role_min = db_i64(&rows, 0, 5), .role_percent = db_i64(&rows, 0, 6),
		.membership_percent = db_i64(&rows, 0, 10),
	};
	j->n_passed_roles = db_i64(&rows, 0, 11);
	j->on_removal = db_bool(&rows, 0, 7) ? STR_NULL : db_str(&rows, 0, 8);
	j->code = db_str(&rows, 0, 9);
	r = db_run(op, &prov_guard_open, &rows, P_I64(j->platform_id));
	j->is_joined = r == 0 && rows.n == 1;
	if (r == 0 && rows.n == 0)
		r = db_run(op, &prov_guard_begin, &rows, P_I64(j->platform_id), P_I64(j->n_live));
	if (r == 0)
		j->hold_id = db_i64(&rows, 0, 0);
	return r;
}

/* Appends the count of what those who stay lose, when it may be too much. */
static int count_memberships(struct op *op, struct judging *j, const struct db_rows *roles, struct guard_count *counts)
{
	struct db_rows rows;
	int64_t n_lost = j->n_passed_roles;
	int r;

	for (size_t i = 0; i < roles->n; i++)
		n_lost += db_i64(roles, i, 4);
	if (n_lost == j->n_passed_roles || n_lost <= j->limits.max_n)
		return 0;
	r = db_run(op, &prov_guard_memberships, &rows, P_I64(j->platform_id));
	if (r == 0)
		counts[j->n_counts++] = (struct guard_count){ .scope = GUARD_MEMBERSHIPS, .n_live = db_i64(&rows, 0, 0) + n_lost, .n_off = n_lost };
	return r;
}

static int count(struct op *op, struct judging *j)
{
	struct guard_count *counts;
	struct db_rows units, roles;
	int r = db_run(op, &prov_guard_units, &units, P_I64(j->platform_id), P_I64(j->hold_id));

	if (r == 0)
		r = db_run(op, &prov_guard_roles, &roles, P_I64(j->platform_id), P_I64(j->hold_id));
	if (r < 0)
		return r;
	counts = ARENA_ARRAY(op->arena, struct guard_count, units.n + roles.n + 1);
	for (size_t i = 0; i < units.n; i++)
		counts[i] = (struct guard_count){
			.scope = db_bool(&units, i, 0) ? GUARD_PLATFORM : GUARD_UNIT,
			.id = db_i64(&units, i, 1),
			.code = db_str(&units, i, 2),
			.n_live = db_bool(&units, i, 0) ? j->n_live : db_i64(&units, i, 3),
			.n_off = db_i64(&units, i, 4),
		};
	for (size_t i = 0; i < roles.n; i++)
		counts[units.n + i] = (struct guard_count){
			.scope = GUARD_ROLE, .id = db_i64(&roles, i, 0), .code = db_str(&roles, i, 1),
			.n_live = db_i64(&roles, i, 2), .n_off = db_i64(&roles, i, 3),
		};
	j->counts = counts;
	j->n_counts = units.n + roles.n;
	return count_memberships(op, j, &roles, counts);
}

static struct str roles_exceeding(struct op *op, const struct judging *j)
{
	struct str *ids = ARENA_ARRAY(op->arena, struct str, j->n_counts);
	size_t n = 0;

	for (size_t i = 0; i < j->n_counts; i++)
		if (j->counts[i].scope == GUARD_ROLE && guard_exceeds(&j->limits, &j->counts[i]))
			ids[n++] = arena_printf(op->arena, "%lld", (long long)j->counts[i].id);
	return db_array(op->arena, ids, n);
}

static int keep(struct op *op, const struct judging *j, const char *state, const char *reason, struct str about, struct guard_opened *opened)
{
	struct db_rows rows;
	int r = db_run(op, &prov_guard_keep, &rows, P_I64(j->platform_id), P_I64(j->hold_id), P_C(state), P_C(reason), P_STR(about));

	if (r == 0 && rows.n == 1 && !j->is_joined)
		*opened = (struct guard_opened){ .platform = j->code, .id = j->hold_id, .reason = reason, .about = about,
			                         .n_disable = db_i64(&rows, 0, 0), .n_delete = db_i64(&rows, 0, 1), .n_change = db_i64(&rows, 0, 2) };
	return r;
}

static int pass(struct op *op, const struct judging *j, bool holds_off, struct str roles)
{
	struct db_rows rows;

	return db_run(op, &prov_guard_pass, &rows, P_I64(j->platform_id), P_I64(j->hold_id), P_BOOL(holds_off), P_STR(roles));
}

/* A platform that closed: its administrator was asked what becomes of the accounts, or is asked now. */
static int judge_removal(struct op *op, const struct judging *j, struct guard_opened *opened)
{
	if (str_equal(j->on_removal, STR("ask")))
		return keep(op, j, "open", "removal", STR_NULL, opened);
	if (str_equal(j->on_removal, STR("leave")))
		return keep(op, j, "discarded", "removal", STR_NULL, opened);
	return pass(op, j, false, STR("{}"));
}

static int judge(struct op *op, struct judging *j, struct guard_opened *opened)
{
	struct guard_verdict verdict;
	int r;

	if (j->is_joined) {
		r = pass(op, j, true, STR_NULL);
		return r < 0 ? r : keep(op, j, "open", "platform", STR_NULL, opened);
	}
	if (!str_is_null(j->on_removal))
		return judge_removal(op, j, opened);
	r = count(op, j);
	if (r < 0)
		return r;
	verdict = guard_judge(&j->limits, j->counts, j->n_counts);
	r = pass(op, j, verdict.holds_off, verdict.holds_memberships ? STR_NULL : roles_exceeding(op, j));
	if (r < 0 || !verdict.why)
		return r;
	return keep(op, j, "open", guard_scope_name(verdict.why->scope), verdict.why->code, opened);
}

static int judge_locked(struct op *op, struct judging *j, bool *ret_judged, struct guard_opened *opened)
{
	struct db_rows rows;
	int r = lock(op, j, ret_judged);

	if (r < 0 || !*ret_judged)
		return r;
	r = db_run(op, &prov_guard_take, &rows, P_I64(j->platform_id), P_I64(j->hold_id));
	return r < 0 ? r : judge(op, j, opened);
}

static int end(struct op *op, int r)
{
	if (r == 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}

int guard_run(struct op *op, bool *ret_judged, struct guard_opened *ret_opened)
{
	struct judging j = { 0 };
	struct db_rows rows, ignored;
	int r = db_run(op, &prov_guard_next, &rows);

	*ret_judged = false;
	*ret_opened = (struct guard_opened){ 0 };
	if (r < 0 || rows.n == 0)
		return r;
	j.platform_id = db_i64(&rows, 0, 0);
	r = db_run(op, &prov_guard_size, &ignored, P_I64(j.platform_id));
	if (r == 0)
		r = db_begin(op);
	return r < 0 ? r : end(op, judge_locked(op, &j, ret_judged, ret_opened));
}

static int apply(struct op *op, size_t *ret_n)
{
	struct db_rows hold, rows, ignored;
	bool is_release;
	int r = db_run(op, &prov_guard_decided, &hold);

	if (r < 0 || hold.n == 0)
		return r;
	is_release = str_equal(db_str(&hold, 0, 1), STR("released"));
	r = db_run(op, is_release ? &prov_guard_release : &prov_guard_discard, &rows, P_I64(db_i64(&hold, 0, 2)), P_I64(db_i64(&hold, 0, 0)),
	           P_I64(APPLY_BATCH));
	if (r < 0)
		return r;
	*ret_n = is_release ? rows.affected : 0;
	return rows.affected < APPLY_BATCH ? db_run(op, &prov_guard_applied, &ignored, P_I64(db_i64(&hold, 0, 0))) : 0;
}

int guard_apply(struct op *op, size_t *ret_n)
{
	int r = db_begin(op);

	*ret_n = 0;
	return r < 0 ? r : end(op, apply(op, ret_n));
}

int guard_forget(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &prov_guard_forget, &rows);
}
