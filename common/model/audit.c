#include "common/model/audit.h"

DB_QUERY(audit_add_q, DB_WRITE,
         "INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
         " VALUES ($1, $2, $3::uuid, $4, $5, $6::jsonb)");

int audit_add(struct op *op, const struct audit_record *record)
{
	struct str data = record->data ? json_write(op->arena, record->data, false) : STR("{}");
	struct db_rows rows;

	return db_run(op, &audit_add_q, &rows, P_STR(record->actor), P_C(record->action), P_STR(record->account_id),
	              P_STR(record->object), P_C(op->id), P_STR(data));
}

int audit_commit(struct op *op, int r, const struct audit_record *record)
{
	if (r >= 0 && record)
		r = audit_add(op, record);
	if (r >= 0)
		return db_commit(op);
	db_rollback(op);
	return r;
}
