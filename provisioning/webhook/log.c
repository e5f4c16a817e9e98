#include "provisioning/webhook/log.h"

DB_QUERY(prov_webhook_add, DB_WRITE,
	"WITH known AS ("
	" SELECT l.sequence, l.created_on FROM sen.webhook_open o JOIN sen.webhook_log l USING (platform_id, sequence, created_on)"
	" WHERE o.platform_id = $1::smallint AND o.account_id = $2::uuid AND l.gen = $3::bigint AND l.document = $4::text),"
	" next AS ("
	" INSERT INTO sen.webhook_sequence AS s (platform_id, last) SELECT $1::smallint, 1 WHERE NOT EXISTS (SELECT FROM known)"
	" ON CONFLICT (platform_id) DO UPDATE SET last = s.last + 1 RETURNING last),"
	" logged AS ("
	" INSERT INTO sen.webhook_log (platform_id, sequence, account_id, gen, document)"
	" SELECT $1::smallint, last, $2::uuid, $3::bigint, $4::text FROM next RETURNING sequence, created_on),"
	" opened AS ("
	" INSERT INTO sen.webhook_open (platform_id, account_id, sequence, created_on)"
	" SELECT $1::smallint, $2::uuid, sequence, created_on FROM logged"
	" ON CONFLICT (platform_id, account_id) DO UPDATE SET sequence = excluded.sequence, created_on = excluded.created_on)"
	" SELECT sequence, created_on FROM known UNION ALL SELECT sequence, created_on FROM logged");
DB_QUERY(prov_webhook_decided, DB_WRITE,
	"WITH gone AS (DELETE FROM sen.webhook_open WHERE platform_id = $1::smallint AND account_id = $2::uuid AND sequence = $3::bigint)"
	" UPDATE sen.webhook_log SET answered_at = now(), status = $5::smallint"
	" WHERE platform_id = $1::smallint AND sequence = $3::bigint AND created_on = $4::date");
DB_QUERY(prov_webhook_read, DB_READ,
	"SELECT l.sequence, l.created_on, l.account_id, l.gen, l.document, NOT EXISTS (SELECT FROM sen.webhook_log n"
	" WHERE n.platform_id = l.platform_id AND n.account_id = l.account_id AND n.sequence > l.sequence)"
	" FROM sen.webhook_log l"
	" WHERE l.platform_id = $1::smallint AND l.sequence >= $2::bigint AND l.sequence < $3::bigint ORDER BY l.sequence LIMIT $4::integer");

int webhook_log_add(struct op *op, struct webhook_entry *entry)
{
	struct db_rows rows;
	int r = db_run(op, &prov_webhook_add, &rows, P_I64(entry->platform_id), P_STR(entry->account_id), P_I64(entry->gen), P_STR(entry->document));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_INTERNAL, "no number for the message");
	entry->sequence = db_i64(&rows, 0, 0);
	entry->created_on = db_str(&rows, 0, 1);
	return 0;
}

int webhook_log_decided(struct op *op, const struct webhook_entry *entry, int status)
{
	struct db_rows rows;

	return db_run(op, &prov_webhook_decided, &rows, P_I64(entry->platform_id), P_STR(entry->account_id), P_I64(entry->sequence),
	              P_STR(entry->created_on), P_I64(status));
}

int webhook_log_read(struct op *op, int64_t platform_id, int64_t from, int64_t to, size_t limit, const struct webhook_entry **ret_entries,
                     size_t *ret_n)
{
	struct webhook_entry *entries;
	struct db_rows rows;
	int r = db_run(op, &prov_webhook_read, &rows, P_I64(platform_id), P_I64(from), P_I64(to), P_I64((int64_t)limit));

	if (r < 0)
		return r;
	entries = ARENA_ARRAY(op->arena, struct webhook_entry, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		entries[i] = (struct webhook_entry){
			.platform_id = platform_id,
			.sequence = db_i64(&rows, i, 0),
			.created_on = db_str(&rows, i, 1),
			.account_id = db_str(&rows, i, 2),
			.gen = db_i64(&rows, i, 3),
			.document = db_str(&rows, i, 4),
			.is_newest = db_bool(&rows, i, 5),
		};
	*ret_entries = entries;
	*ret_n = rows.n;
	return 0;
}
