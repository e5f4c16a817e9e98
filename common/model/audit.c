#include "common/model/audit.h"

#include "common/db/columns.h"

DB_QUERY(audit_add_q, DB_WRITE,
         "INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
         " VALUES ($1, $2, $3::uuid, $4, $5, $6::jsonb)");

DB_QUERY(audit_add_many_q, DB_WRITE,
         "INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
         " SELECT t.actor, t.action, t.account_id::uuid, t.object, $5, t.data::jsonb"
         " FROM unnest($1::text[], $2::text[], $3::text[], $4::text[], $6::text[]) WITH ORDINALITY"
         " AS t (actor, action, account_id, object, data, n) ORDER BY t.n");

int audit_add(struct op *op, const struct audit_record *record)
{
	struct str data = record->data ? json_write(op->arena, record->data, false) : STR("{}");
	struct db_rows rows;

	/* What is not done is not recorded, and nobody waits for the chain meanwhile. */
	if (op->dry)
		return 0;
	return db_run(op, &audit_add_q, &rows, P_STR(record->actor), P_C(record->action), P_STR(record->account_id),
	              P_STR(record->object), P_C(op->id), P_STR(data));
}

int audit_add_many(struct op *op, const struct audit_record *records, size_t n)
{
	struct columns c = columns_new(op->arena, n, 5);
	struct db_rows rows;

	if (n == 0 || op->dry)
		return 0;
	for (size_t i = 0; i < n; i++) {
		columns_text(&c, 0, i, records[i].actor);
		columns_text(&c, 1, i, str_c(records[i].action));
		columns_text(&c, 2, i, records[i].account_id);
		columns_text(&c, 3, i, records[i].object);
		columns_text(&c, 4, i, records[i].data ? json_write(op->arena, records[i].data, false) : STR("{}"));
	}
	return db_run(op, &audit_add_many_q, &rows, columns_param(&c, 0), columns_param(&c, 1), columns_param(&c, 2), columns_param(&c, 3),
	              P_C(op->id), columns_param(&c, 4));
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
