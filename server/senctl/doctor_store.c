#include "server/senctl/doctor_store.h"

DB_QUERY(doctor_partitions_q, DB_READ,
         "SELECT p.parent, coalesce(max(t.ends_on) - (now() AT TIME ZONE 'UTC')::date, -1)"
         " FROM sen.partition_plan p LEFT JOIN sen.partition t ON t.parent = p.parent GROUP BY p.parent ORDER BY p.parent");
DB_QUERY(doctor_backlog_q, DB_READ,
         "SELECT (SELECT count(*) FROM sen.dirty_account), (SELECT coalesce(extract(epoch FROM now() - min(since))::bigint, 0) FROM sen.dirty_account),"
         " count(*) FILTER (WHERE state IN (1, 2)), coalesce(extract(epoch FROM now() - min(due_at) FILTER (WHERE state = 1))::bigint, 0),"
         " count(*) FILTER (WHERE state = 4), count(*) FILTER (WHERE state = 3), count(*) FILTER (WHERE state = 5), (SELECT count(*) FROM sen.hold WHERE state = 'open')"
         " FROM sen.binding WHERE state <> 0");
DB_QUERY(doctor_signing_keys_q, DB_READ, "SELECT count(*) FROM sen.signing_key WHERE state = 'active'");

int doctor_partitions(struct op *op, const struct partition_state **ret_states, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &doctor_partitions_q, &rows);

	if (r < 0)
		return r;
	struct partition_state *states = ARENA_ARRAY(op->arena, struct partition_state, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		states[i] = (struct partition_state){ .parent = db_str(&rows, i, 0), .days_ahead = db_i64(&rows, i, 1) };
	*ret_states = states;
	*ret_n = rows.n;
	return 0;
}

int doctor_backlog(struct op *op, struct backlog *ret_backlog)
{
	struct db_rows rows;
	int r = db_run(op, &doctor_backlog_q, &rows);

	if (r < 0)
		return r;
	*ret_backlog = (struct backlog){
		.dirty = db_i64(&rows, 0, 0),
		.oldest_dirty_s = db_i64(&rows, 0, 1),
		.due = db_i64(&rows, 0, 2),
		.oldest_due_s = db_i64(&rows, 0, 3),
		.retrying = db_i64(&rows, 0, 4),
		.in_doubt = db_i64(&rows, 0, 5),
		.blocked = db_i64(&rows, 0, 6),
		.holds = db_i64(&rows, 0, 7),
	};
	return 0;
}

DB_QUERY(doctor_clients_q, DB_READ, "SELECT c.id, c.metadata, c.enabled FROM sen.oauth_client c ORDER BY c.id");

int doctor_clients(struct op *op, const struct client_row **ret_rows, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &doctor_clients_q, &rows);

	if (r < 0)
		return r;
	struct client_row *list = ARENA_ARRAY(op->arena, struct client_row, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		list[i] = (struct client_row){ .id = db_str(&rows, i, 0), .metadata = db_str(&rows, i, 1), .enabled = db_bool(&rows, i, 2) };
	*ret_rows = list;
	*ret_n = rows.n;
	return 0;
}

int doctor_signing_keys(struct op *op, int64_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &doctor_signing_keys_q, &rows);

	if (r == 0)
		*ret_n = db_i64(&rows, 0, 0);
	return r;
}

DB_QUERY(doctor_units_q, DB_READ,
	"SELECT entries, strangers, coalesce(extract(epoch FROM now() - whole_at)::bigint, -1), tries, coalesce(fault, ''), coalesce(detail, '')"
	" FROM sen.unit_sync ORDER BY tries DESC, whole_at NULLS FIRST LIMIT 1");

int doctor_units(struct op *op, struct units_health *ret)
{
	struct db_rows rows;
	int err = db_run(op, &doctor_units_q, &rows);

	*ret = (struct units_health){ .are_kept = err == 0 && rows.n > 0 };
	if (ret->are_kept)
		*ret = (struct units_health){ true, db_i64(&rows, 0, 0), db_i64(&rows, 0, 1), db_i64(&rows, 0, 2), db_i64(&rows, 0, 3), db_str(&rows, 0, 4), db_str(&rows, 0, 5) };
	return err;
}
