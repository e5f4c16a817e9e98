#include "server/governance/dry_run_later.h"

#include "server/governance/json_rows.h"

/* As it stands in the directory, and as it would. */
DB_QUERY(dry_run_units_q, DB_WRITE,
         "SELECT jsonb_build_object('platform', p.code, 'unit', u.code, 'operation', CASE WHEN s.unit_id IS NULL THEN 'create'"
         " WHEN coalesce(u.valid_to, 'infinity') < coalesce(s.valid_to, 'infinity') OR u.valid_from > s.valid_from THEN 'close' ELSE 'change' END,"
         " 'counted', x.is_counted AND s.unit_id IS NOT NULL, 'before', CASE WHEN s.unit_id IS NOT NULL THEN jsonb_build_object('name', s.name, 'kind', s.kind,"
         "  'parent', o.code, 'valid_from', s.valid_from, 'valid_to', s.valid_to) END,"
         " 'after', jsonb_build_object('name', u.name, 'kind', u.kind, 'parent', n.code, 'valid_from', u.valid_from, 'valid_to', u.valid_to)), count(*) OVER ()"
         " FROM (SELECT d.platform_id, d.unit_id, d.is_counted FROM sen.unit_dirty d WHERE d.cause = pg_current_xact_id()"
         "  UNION ALL SELECT s.platform_id, s.unit_id, false FROM sen.hold h JOIN sen.unit_shown s ON s.hold_id = h.id AND s.platform_id = h.platform_id"
         "  WHERE h.state = 'released' AND h.applied_at IS NULL AND h.decided_at = now()) x"
         " JOIN sen.platform p ON p.id = x.platform_id JOIN sen.unit u ON u.id = x.unit_id"
         " LEFT JOIN sen.unit_shown s ON s.platform_id = x.platform_id AND s.unit_id = x.unit_id"
         " LEFT JOIN sen.unit o ON o.id = s.parent_id LEFT JOIN sen.unit n ON n.id = u.parent_id"
         " WHERE s.unit_id IS NULL OR (s.name, s.kind, s.parent_id, s.valid_from, s.valid_to) IS DISTINCT FROM (u.name, u.kind, u.parent_id, u.valid_from, u.valid_to)"
         " ORDER BY p.code, u.code LIMIT $1::bigint");

/* Rows that this transaction wrote: dry_run_store.c. */
#define OWN(row)                                                                                                       \
	"CASE WHEN age(" row ".xmin) <= 0 THEN pg_xact_status((own.id + ((" row ".xmin::text::bigint - own.id) & 4294967295))::text::xid8) = 'in progress'" \
	" ELSE false END"
/*
 * Each of these tables is read by a chore or the observer of the provisioner; the test of the dry run knows all that it reads.
 * listing: the platform is asked what it has, and what differs is repaired.  finding: an account there becomes ours.  deletion: what is off
 * is deleted after its grace.  movement: a status that is due, beyond what the request itself carried out.  policy: who is unused.
 */
DB_QUERY(dry_run_later_q, DB_WRITE,
         "WITH own AS MATERIALIZED (SELECT pg_current_xact_id()::text::bigint AS id)"
         " SELECT k.kind FROM own CROSS JOIN LATERAL (VALUES"
         " ('deletion', EXISTS (SELECT FROM sen.provisioning_policy d JOIN sen.provisioning_rule r ON r.platform_id = d.platform_id WHERE r.deletes AND " OWN("d") ")"
         "  OR EXISTS (SELECT FROM sen.hold h WHERE h.state = 'discarded' AND h.applied_at IS NULL AND h.decided_at = now() AND h.n_delete > 0)),"
         " ('finding', EXISTS (SELECT FROM sen.shadow d WHERE d.decision = 'adopt' AND d.decision_state IN ('decided', 'doing') AND " OWN("d") ")),"
         " ('listing', EXISTS (SELECT FROM sen.observe_run d WHERE d.state IN ('waiting', 'concluding') AND " OWN("d") ")"
         "  OR EXISTS (SELECT FROM sen.observe_plan d WHERE d.enabled AND " OWN("d") ")),"
         " ('movement', EXISTS (SELECT FROM sen.account_due d WHERE d.done_at IS NULL AND d.due_at <= now() AND " OWN("d") ")),"
         " ('policy', EXISTS (SELECT FROM sen.personnel_policy d WHERE " OWN("d") "))) k (kind, is_there) WHERE k.is_there ORDER BY 1");
/* A check-out that runs out ends sessions. */
DB_QUERY(dry_run_dates_q, DB_WRITE,
         "WITH own AS MATERIALIZED (SELECT pg_current_xact_id()::text::bigint AS id)"
         " SELECT date_trunc('second', min(x.at)) FROM (SELECT d.due_at AS at FROM own, sen.account_due d WHERE d.done_at IS NULL AND d.due_at > now() AND " OWN("d")
         " UNION ALL SELECT d.until_at FROM own, sen.shared_use d WHERE d.in_at IS NULL AND " OWN("d") ") x");

int dry_run_later(struct op *op, size_t limit, struct dry_later *ret)
{
	struct db_rows dates;
	int r = db_run(op, &dry_run_units_q, &ret->units, P_I64((int64_t)limit));

	if (r == 0)
		r = db_run(op, &dry_run_later_q, &ret->kinds);
	if (r == 0)
		r = db_run(op, &dry_run_dates_q, &dates);
	if (r < 0)
		return r;
	ret->n_units = ret->units.n > 0 ? (size_t)db_i64(&ret->units, 0, 1) : 0;
	ret->not_before = db_str(&dates, 0, 0);
	return 0;
}

void dry_run_later_write(struct op *op, const struct dry_later *later, json_t *report)
{
	json_t *units = json_new_array(), *kinds = json_new_array();

	for (size_t i = 0; i < later->units.n; i++)
		json_array_append_new(units, json_cell(op, &later->units, i, 0));
	for (size_t i = 0; i < later->kinds.n; i++)
		json_array_append_new(kinds, json_from_str(db_str(&later->kinds, i, 0)));
	json_set_take(report, "units", units);
	json_set_int(report, "units_left_off", (int64_t)(later->n_units - later->units.n));
	json_set_take(report, "later", kinds);
}
