#include "server/governance/dry_run_store.h"

/*
 * xmin of a row that a savepoint wrote is the savepoint's own: always above the transaction's, which pg_current_xact_id() gives
 * in 64 bits.  Rows of others that are seen have been committed, whatever their number.
 */
#define OWN                                                                                                                              \
	"CASE WHEN age(d.xmin) <= 0 THEN pg_xact_status((own.id + ((d.xmin::text::bigint - own.id) & 4294967295))::text::xid8) = 'in progress'" \
	" ELSE false END"
/*
 * Besides, what the provisioner does when it sees what was written: bindings that are due as of this moment, those that a release lets go,
 * the accounts of a mapping that begins.  now() is one moment in all of the transaction, and to the microsecond hardly anybody else's.
 */
#define DUE                                                                                                            \
	"SELECT b.account_id, b.platform_id, b.prio, b.seen_hash IS NOT NULL OR b.ext_id IS NOT NULL AS is_there,"             \
	" b.state = 3 OR b.state = 6 AND b.ext_id IS NULL AS is_in_doubt, b.want_active, coalesce(b.delete_at <= now(), false) AS is_deletion FROM (" \
	" SELECT b.* FROM sen.platform p CROSS JOIN generate_series(0, 4) s (prio) JOIN sen.binding b ON b.platform_id = p.id AND b.prio = s.prio"     \
	"  AND b.state IN (1, 3, 4) AND b.due_at = now()"                                                                      \
	" UNION ALL SELECT b.* FROM sen.hold h JOIN sen.binding b ON b.hold_id = h.id AND b.platform_id = h.platform_id AND b.state = 6"               \
	"  WHERE h.state = 'released' AND h.applied_at IS NULL AND h.decided_at = now() AND NOT (b.delete_at IS NOT NULL AND EXISTS ("               \
	"   SELECT FROM sen.account a JOIN sen.person n ON n.id = a.person_id WHERE a.id = b.account_id AND n.legal_hold))) b"
DB_QUERY(dry_run_woken_q, DB_WRITE,
         "SELECT w.account_id, CASE WHEN count(*) OVER () > $1::bigint THEN greatest(count(*) OVER (), max(w.counted) OVER ()) ELSE count(*) OVER () END"
         " FROM (SELECT x.account_id, min(x.prio) AS prio, max(x.counted) AS counted FROM ("
         "  SELECT d.account_id, d.prio, 0 AS counted FROM sen.dirty_account d, (SELECT pg_current_xact_id()::text::bigint AS id) own WHERE " OWN
         "  UNION ALL SELECT u.account_id, u.prio, 0 FROM (" DUE ") u"
         "  UNION ALL SELECT l.account_id, 4, m.counted FROM sen.mapping m CROSS JOIN LATERAL (SELECT b.account_id FROM sen.binding b"
         "   WHERE b.platform_id = m.platform_id AND b.want_active ORDER BY b.account_id LIMIT $1::bigint + 1) l"
         "   WHERE m.waking AND m.activated_at = now()) x GROUP BY 1) w ORDER BY w.prio, w.account_id LIMIT $1::bigint");

DB_QUERY(dry_run_due_q, DB_WRITE,
         "SELECT u.account_id, u.platform_id, u.is_there, u.is_in_doubt, u.want_active, u.is_deletion FROM (" DUE ") u WHERE u.account_id = ANY ($1::uuid[])"
         " ORDER BY 1, 2");

DB_QUERY(dry_run_reach_q, DB_READ,
         "SELECT a.id, count(s.account_id) > 0, coalesce(bool_or(s.account_id IS NOT NULL AND s.platform_id IS NULL AND s.role_ids IS NULL), false),"
         " coalesce(array_agg(DISTINCT s.platform_id) FILTER (WHERE s.platform_id IS NOT NULL AND s.role_ids IS NULL), '{}')"
         " FROM sen.account a LEFT JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)"
         " LEFT JOIN sen.live_scope s ON s.account_id = $1::uuid AND 'read' = ANY (s.rights) AND starts_with(u.path, s.path)"
         " WHERE a.id = ANY ($2::uuid[]) GROUP BY a.id ORDER BY a.id");

DB_QUERY(dry_run_bindings_q, DB_READ,
         "SELECT account_id, platform_id, seen_hash IS NOT NULL OR ext_id IS NOT NULL, state = 0 AND want_hash IS NOT DISTINCT FROM seen_hash"
         " FROM sen.binding WHERE account_id = ANY ($1::uuid[]) ORDER BY account_id, platform_id");

DB_QUERY(dry_run_messages_q, DB_READ,
         "SELECT kind, destination, count(*) FROM sen.outbox WHERE created_on = (now() AT TIME ZONE 'UTC')::date AND created_at = now()"
         " GROUP BY 1, 2 ORDER BY 1, 2");

DB_QUERY(dry_run_platforms_q, DB_READ, "SELECT id, code, name FROM sen.platform ORDER BY id");

int dry_run_woken(struct op *op, size_t limit, const struct str **ret_ids, size_t *ret_n, size_t *ret_total)
{
	struct db_rows rows;
	struct str *ids;
	int r = db_run(op, &dry_run_woken_q, &rows, P_I64((int64_t)limit));

	if (r < 0)
		return r;
	ids = ARENA_ARRAY(op->arena, struct str, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		ids[i] = db_str(&rows, i, 0);
	*ret_ids = ids;
	*ret_n = rows.n;
	*ret_total = rows.n > 0 ? (size_t)db_i64(&rows, 0, 1) : 0;
	return 0;
}

int dry_run_dues(struct op *op, const struct str *ids, size_t n, struct dry_dues *ret)
{
	struct db_rows rows;
	struct dry_due *dues;
	int r = db_run(op, &dry_run_due_q, &rows, P_STR(db_array(op->arena, ids, n)));

	if (r < 0)
		return r;
	dues = ARENA_ARRAY(op->arena, struct dry_due, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		dues[i] = (struct dry_due){ db_str(&rows, i, 0), db_i64(&rows, i, 1), db_bool(&rows, i, 2),
			                    db_bool(&rows, i, 3), db_bool(&rows, i, 4), db_bool(&rows, i, 5) };
	*ret = (struct dry_dues){ dues, rows.n };
	return 0;
}

static int read_platforms(struct op *op, struct str cell, struct dry_reach *ret)
{
	const struct str *parts;
	int64_t *platforms;
	uint64_t number;
	int r = db_array_read(op, cell, &parts, &ret->n_platforms);

	if (r < 0)
		return r;
	platforms = ARENA_ARRAY(op->arena, int64_t, ret->n_platforms + 1);
	for (size_t i = 0; i < ret->n_platforms; i++)
		platforms[i] = str_to_u64(parts[i], INT16_MAX, &number) ? (int64_t)number : -1;
	ret->platforms = platforms;
	return 0;
}

int dry_run_reach(struct op *op, const struct principal *p, const struct str *ids, size_t n, const struct dry_reach **ret_reach, size_t *ret_n)
{
	struct db_rows rows;
	struct dry_reach *reach;
	int r = db_run(op, &dry_run_reach_q, &rows, P_STR(p->account_id), P_STR(db_array(op->arena, ids, n)));

	if (r < 0)
		return r;
	reach = ARENA_ARRAY(op->arena, struct dry_reach, rows.n + 1);
	for (size_t i = 0; i < rows.n && r == 0; i++) {
		reach[i] = (struct dry_reach){ .account_id = db_str(&rows, i, 0), .any = db_bool(&rows, i, 1), .every = db_bool(&rows, i, 2) };
		r = read_platforms(op, db_str(&rows, i, 3), &reach[i]);
	}
	*ret_reach = reach;
	*ret_n = rows.n;
	return r;
}

bool dry_reach_covers(const struct dry_reach *reach, int64_t platform_id)
{
	if (reach->every || (platform_id == PLATFORM_DIRECTORY && reach->any))
		return true;
	for (size_t i = 0; i < reach->n_platforms; i++)
		if (reach->platforms[i] == platform_id)
			return true;
	return false;
}

int dry_run_bindings(struct op *op, const struct str *ids, size_t n, const struct dry_binding **ret_bindings, size_t *ret_n)
{
	struct db_rows rows;
	struct dry_binding *bindings;
	int r = db_run(op, &dry_run_bindings_q, &rows, P_STR(db_array(op->arena, ids, n)));

	if (r < 0)
		return r;
	bindings = ARENA_ARRAY(op->arena, struct dry_binding, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		bindings[i] = (struct dry_binding){ db_str(&rows, i, 0), db_i64(&rows, i, 1), db_bool(&rows, i, 2), db_bool(&rows, i, 3) };
	*ret_bindings = bindings;
	*ret_n = rows.n;
	return 0;
}

int dry_run_messages(struct op *op, const struct dry_message **ret_messages, size_t *ret_n)
{
	struct db_rows rows;
	struct dry_message *messages;
	int r = db_run(op, &dry_run_messages_q, &rows);

	if (r < 0)
		return r;
	messages = ARENA_ARRAY(op->arena, struct dry_message, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		messages[i] = (struct dry_message){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_i64(&rows, i, 2) };
	*ret_messages = messages;
	*ret_n = rows.n;
	return 0;
}

int dry_run_platforms(struct op *op, const struct dry_platform **ret_platforms, size_t *ret_n)
{
	struct db_rows rows;
	struct dry_platform *platforms;
	int r = db_run(op, &dry_run_platforms_q, &rows);

	if (r < 0)
		return r;
	platforms = ARENA_ARRAY(op->arena, struct dry_platform, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		platforms[i] = (struct dry_platform){ db_i64(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2) };
	*ret_platforms = platforms;
	*ret_n = rows.n;
	return 0;
}

json_t *dry_messages_json(const struct dry_message *messages, size_t n)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < n; i++) {
		json_t *json = json_new_object();

		json_set_str(json, "kind", messages[i].kind);
		json_set_str(json, "destination", messages[i].destination);
		json_set_int(json, "n", messages[i].n);
		json_array_append_new(list, json);
	}
	return list;
}
