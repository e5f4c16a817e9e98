#include "server/senctl/outbox_admin.h"

#include "common/model/audit.h"

DB_QUERY(outbox_admin_list_q, DB_READ,
         "SELECT o.id, o.kind, o.destination, a.login, o.session_id, sen.iso(o.created_at), sen.iso(o.next_at),"
         " coalesce(o.outcome, CASE WHEN o.lease_until > now() THEN 'sending' ELSE 'waiting' END), o.detail, o.attempts"
         " FROM sen.outbox o LEFT JOIN sen.account a ON a.id = o.account_id"
         " WHERE ($1::text IS NULL OR o.destination = $1) AND ($2::boolean OR o.outcome IS DISTINCT FROM 'delivered')"
         " ORDER BY o.created_at DESC, o.id LIMIT 200");
DB_QUERY(outbox_admin_retry_q, DB_WRITE,
         "UPDATE sen.outbox SET done_at = NULL, outcome = NULL, next_at = now(), lease_until = NULL, attempts = 0,"
         " give_up_at = greatest(give_up_at, now() + interval '1 day')"
         " WHERE ($1::uuid IS NULL OR id = $1::uuid) AND ($2::text IS NULL OR destination = $2)"
         " AND outcome IS DISTINCT FROM 'delivered' AND (lease_until IS NULL OR lease_until < now())");

int outbox_admin_list(struct op *op, struct str destination, bool with_delivered, const struct outbox_line **ret_lines, size_t *ret_n)
{
	struct outbox_line *lines;
	struct db_rows rows;
	int r = db_run(op, &outbox_admin_list_q, &rows, P_STR(destination), P_BOOL(with_delivered));

	if (r < 0)
		return r;
	lines = ARENA_ARRAY(op->arena, struct outbox_line, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		lines[i] = (struct outbox_line){
			.id = db_str(&rows, i, 0),
			.kind = db_str(&rows, i, 1),
			.destination = db_str(&rows, i, 2),
			.login = db_str(&rows, i, 3),
			.session_id = db_str(&rows, i, 4),
			.created_at = db_str(&rows, i, 5),
			.next_at = db_str(&rows, i, 6),
			.state = db_str(&rows, i, 7),
			.detail = db_str(&rows, i, 8),
			.attempts = db_i64(&rows, i, 9),
		};
	*ret_lines = lines;
	*ret_n = rows.n;
	return 0;
}

int outbox_admin_retry(struct op *op, struct str id, struct str destination, struct str operator, size_t *ret_n)
{
	const struct audit_record record = { .actor = operator, .action = "outbox.retry", .object = str_is_null(id) ? destination : id };
	struct db_rows rows;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &outbox_admin_retry_q, &rows, P_STR(id), P_STR(destination));
	if (r == 0)
		*ret_n = rows.affected;
	return audit_commit(op, r, &record);
}
