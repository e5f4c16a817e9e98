#include "server/senctl/webhook_admin.h"

DB_QUERY(webhook_admin_platform, DB_READ, "SELECT id FROM sen.platform WHERE code = $1::text");
DB_QUERY(webhook_admin_list_q, DB_READ,
         "SELECT l.sequence, sen.iso(l.created_at), sen.iso(l.answered_at), l.status, l.account_id, l.gen, l.document,"
         " NOT EXISTS (SELECT FROM sen.webhook_log n"
         " WHERE n.platform_id = l.platform_id AND n.account_id = l.account_id AND n.sequence > l.sequence)"
         " FROM sen.webhook_log l WHERE l.platform_id = $1::smallint AND l.sequence >= $2::bigint ORDER BY l.sequence LIMIT 1000");

int webhook_admin_list(struct op *op, struct str platform, int64_t from, const struct webhook_line **ret_lines, size_t *ret_n)
{
	struct webhook_line *lines;
	struct db_rows rows;
	int r = db_run(op, &webhook_admin_platform, &rows, P_STR(platform));

	if (r == 0 && rows.n == 0)
		r = op_fail(op, ERR_UNKNOWN_PLATFORM, "there is no platform of this code");
	if (r == 0)
		r = db_run(op, &webhook_admin_list_q, &rows, P_I64(db_i64(&rows, 0, 0)), P_I64(from));
	if (r < 0)
		return r;
	lines = ARENA_ARRAY(op->arena, struct webhook_line, rows.n + 1);
	for (size_t i = 0; i < rows.n; i++)
		lines[i] = (struct webhook_line){
			.sequence = db_i64(&rows, i, 0),
			.created_at = db_str(&rows, i, 1),
			.answered_at = db_str(&rows, i, 2),
			.status = db_i64(&rows, i, 3),
			.account_id = db_str(&rows, i, 4),
			.gen = db_i64(&rows, i, 5),
			.document = db_str(&rows, i, 6),
			.is_newest = db_bool(&rows, i, 7),
		};
	*ret_lines = lines;
	*ret_n = rows.n;
	return 0;
}
