#include "server/governance/dry_run_store.h"

/*
 * xmin of a row that a savepoint wrote is the savepoint's own: always above the transaction's, which pg_current_xact_id() gives
 * in 64 bits.  Rows of others that are seen have been committed, whatever their number.
 */
DB_QUERY(dry_run_woken_q, DB_WRITE,
         "SELECT d.account_id, count(*) OVER () FROM sen.dirty_account d, (SELECT pg_current_xact_id()::text::bigint AS id) own"
         " WHERE CASE WHEN age(d.xmin) <= 0 THEN pg_xact_status((own.id + ((d.xmin::text::bigint - own.id) & 4294967295))::text::xid8)"
         "  = 'in progress' ELSE false END ORDER BY d.prio, d.account_id LIMIT $1::bigint");

DB_QUERY(dry_run_reach_q, DB_READ,
         "SELECT a.id, count(s.account_id) > 0, coalesce(bool_or(s.account_id IS NOT NULL AND s.platform_id IS NULL AND s.role_ids IS NULL), false),"
         " coalesce(array_agg(DISTINCT s.platform_id) FILTER (WHERE s.platform_id IS NOT NULL AND s.role_ids IS NULL), '{}')"
         " FROM sen.account a LEFT JOIN sen.unit u ON u.id = sen.home_unit(a.person_id)"
         " LEFT JOIN sen.live_scope s ON s.account_id = $1::uuid AND 'read' = ANY (s.rights) AND starts_with(u.path, s.path)"
         " WHERE a.id = ANY ($2::uuid[]) GROUP BY a.id ORDER BY a.id");

DB_QUERY(dry_run_bindings_q, DB_READ,
         "SELECT account_id, platform_id, seen_hash IS NOT NULL OR ext_id IS NOT NULL, state = 0 AND want_hash IS NOT DISTINCT FROM seen_hash"
         " FROM sen.binding WHERE account_id = ANY ($1::uuid[]) ORDER BY account_id, platform_id");

/* now() is one moment in all of the transaction, and to the microsecond hardly anybody else's. */
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
