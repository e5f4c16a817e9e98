#include "provisioning/deletion_store.h"

#define PICK(from_where) " WHERE (b.account_id, b.platform_id) IN (SELECT b.account_id, b.platform_id " from_where " LIMIT 1000 FOR UPDATE OF b SKIP LOCKED)"
#define NO_LEGAL_HOLD "NOT EXISTS (SELECT FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = b.account_id AND p.legal_hold)"

DB_QUERY(prov_grace_begin, DB_WRITE,
	"UPDATE sen.binding b SET state = 7, delete_at = now() + r.grace_days * interval '1 day' FROM sen.provisioning_rule r"
	PICK("FROM sen.provisioning_rule r JOIN sen.binding b ON b.platform_id = r.platform_id WHERE r.deletes AND b.state = 0"
	     " AND NOT b.want_active AND b.ext_id IS NOT NULL AND b.seen_active IS FALSE")
	" AND r.platform_id = b.platform_id");
/* Deleting was switched off again. */
DB_QUERY(prov_grace_stop, DB_WRITE,
	"UPDATE sen.binding b SET state = 0, delete_at = NULL"
	PICK("FROM sen.provisioning_rule r JOIN sen.binding b ON b.platform_id = r.platform_id WHERE NOT r.deletes AND b.state = 7"));
DB_QUERY(prov_grace_end, DB_WRITE,
	"UPDATE sen.binding b SET state = 6, hold_id = 0, due_at = now(), prio = 4, tries = 0"
	PICK("FROM sen.provisioning_rule r JOIN sen.binding b ON b.platform_id = r.platform_id WHERE r.deletes AND b.state = 7"
	     " AND b.delete_at <= now() AND " NO_LEGAL_HOLD));
DB_QUERY(prov_gone_forget, DB_WRITE,
	"DELETE FROM sen.binding b" PICK("FROM sen.binding b WHERE b.state = 8 AND b.delete_at <= now() AND NOT b.want_active"));

int deletion_run(struct op *op, size_t *ret_n)
{
	static const struct query *const steps[] = { &prov_grace_begin, &prov_grace_stop, &prov_grace_end, &prov_gone_forget };
	struct db_rows rows;
	int r = 0;

	*ret_n = 0;
	for (size_t i = 0; r == 0 && i < ARRAY_LEN(steps); i++) {
		r = db_run(op, steps[i], &rows);
		if (r == 0)
			*ret_n += rows.affected;
	}
	return r;
}
