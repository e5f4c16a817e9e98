#include "provisioning/keeping_store.h"

#include "common/db/db.h"

#define AT_ONCE " LIMIT 1000 FOR UPDATE SKIP LOCKED"

/* The last complete one says how many accounts there were, and where a sample goes on. */
DB_QUERY(prov_keep_runs, DB_WRITE,
	"DELETE FROM sen.observe_run WHERE id IN (SELECT r.id FROM sen.observe_run r WHERE r.created_at < now() - interval '90 days'"
	" AND r.state IN ('complete', 'incomplete', 'failed', 'rejected', 'superseded')"
	" AND (r.state <> 'complete' OR EXISTS (SELECT FROM sen.observe_run n WHERE n.platform_id = r.platform_id AND n.kind = r.kind"
	"  AND n.state = 'complete' AND n.id > r.id)) ORDER BY r.created_at" AT_ONCE ")");
DB_QUERY(prov_keep_holds, DB_WRITE,
	"WITH old AS MATERIALIZED (SELECT h.id FROM sen.hold h WHERE h.state IN ('released', 'discarded') AND h.applied_at < now() - interval '366 days'"
	" AND NOT EXISTS (SELECT FROM sen.binding b WHERE b.hold_id = h.id AND b.state = 6)"
	" AND NOT EXISTS (SELECT FROM sen.unit_shown s WHERE s.hold_id = h.id)" AT_ONCE "),"
	" authors AS (DELETE FROM sen.hold_author WHERE hold_id IN (SELECT id FROM old))"
	" DELETE FROM sen.hold WHERE id IN (SELECT id FROM old)");
/* In one statement with its rows: the reference is checked at its end. */
DB_QUERY(prov_keep_uploads, DB_WRITE,
	"WITH old AS MATERIALIZED (SELECT u.platform_id, u.id FROM sen.form_upload u WHERE u.state IN ('applied', 'dropped')"
	"  AND u.uploaded_at < now() - interval '366 days' OR u.state = 'uploading' AND u.uploaded_at < now() - interval '1 day' LIMIT 100),"
	" lines AS (DELETE FROM sen.form_upload_row r USING old WHERE r.platform_id = old.platform_id AND r.upload_id = old.id)"
	" DELETE FROM sen.form_upload u USING old WHERE u.platform_id = old.platform_id AND u.id = old.id");
DB_QUERY(prov_keep_proofs, DB_WRITE,
	"DELETE FROM sen.access_proof p USING (SELECT o.account_id, o.platform_id, o.gen, o.proved_at, o.operation_id FROM sen.access_proof o"
	" WHERE o.proved_at < now() - interval '366 days' AND NOT EXISTS (SELECT FROM sen.binding b WHERE b.account_id = o.account_id"
	"  AND b.platform_id = o.platform_id AND b.want_gen = o.gen) ORDER BY o.proved_at LIMIT 1000) old"
	" WHERE (p.account_id, p.platform_id, p.gen, p.proved_at, p.operation_id)"
	" = (old.account_id, old.platform_id, old.gen, old.proved_at, old.operation_id)");

int keeping_run(struct op *op, size_t *ret_n)
{
	static const struct query *const steps[] = { &prov_keep_runs, &prov_keep_holds, &prov_keep_uploads, &prov_keep_proofs };
	struct db_rows rows;
	int err = 0;

	*ret_n = 0;
	for (size_t i = 0; err == 0 && i < ARRAY_LEN(steps); i++) {
		err = db_run(op, steps[i], &rows);
		if (err == 0)
			*ret_n += rows.affected;
	}
	return err;
}
