#include "server/governance/replacement_steps.h"

/* Nobody grants to, or revokes from, themself: what concerns the approver stands in the name of who drew the plan up. */
#define IN_WHOSE_NAME "CASE WHEN i.account_id = x.approved_by THEN x.drawn_by ELSE x.approved_by END"
/* Of several old grants that become one, and of one that is there already, the longest time counts. */
#define LONGEST_TIME                                                                                              \
	" ON CONFLICT (account_id, role_id, unit_id, origin) WHERE revoked_at IS NULL AND origin <> 'rule' DO UPDATE SET valid_from = least(n.valid_from, excluded.valid_from)," \
	" valid_to = CASE WHEN n.valid_to IS NULL OR excluded.valid_to IS NULL THEN NULL ELSE greatest(n.valid_to, excluded.valid_to) END"        \
	" WHERE n.valid_from > excluded.valid_from OR n.valid_to < coalesce(excluded.valid_to, 'infinity')"
#define TIMES \
	"greatest(min(g.valid_from), now()), CASE WHEN bool_or(g.valid_to IS NULL) THEN NULL ELSE max(g.valid_to) END"
/* What a review suspended, or will unless somebody answers, is so on the other platform too; a new grant only. */
#define SUSPENSION "CASE WHEN NOT bool_or(g.suspended_at IS NULL) THEN max(g.suspended_at) END"

/* Step 1 */
DB_QUERY(replacement_claim_grant_q, DB_WRITE,
         "INSERT INTO sen.replacement_item (replacement_id, account_id, old_grant_id, old_role_id, unit_id, carry, new_role_id, granted_batch)"
         " SELECT t.replacement_id, t.account_id, t.old_grant_id, t.old_role_id, t.unit_id,"
         " CASE WHEN t.new_role_id IS NULL THEN 'dropped' WHEN g.origin = 'rule' THEN 'rule' WHEN t.has_post THEN 'mapped' ELSE 'no_post' END,"
         " CASE WHEN t.has_post OR g.origin = 'rule' THEN t.new_role_id END, $2::uuid"
         " FROM (SELECT * FROM sen.replacement_to_grant WHERE replacement_id = $1::uuid ORDER BY account_id, old_grant_id LIMIT $3::bigint) t"
         " JOIN sen.access_grant g ON g.account_id = t.account_id AND g.id = t.old_grant_id AND g.revoked_at IS NULL FOR SHARE OF g RETURNING old_grant_id");
DB_QUERY(replacement_close_expired_q, DB_WRITE,
         "UPDATE sen.access_grant n SET revoked_at = now(), revoked_by = " IN_WHOSE_NAME ", revoke_reason = 'expired'"
         " FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id WHERE i.granted_batch = $1::uuid AND i.carry = 'mapped'"
         " AND n.account_id = i.account_id AND n.role_id = i.new_role_id AND n.unit_id = i.unit_id AND n.revoked_at IS NULL AND n.valid_to <= now()");
DB_QUERY(replacement_grant_q, DB_WRITE,
         "INSERT INTO sen.access_grant AS n (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, post_id, suspended_at)"
         " SELECT i.account_id, gen_random_uuid(), i.new_role_id, i.unit_id, x.basis || ' (' || o.code || ' → ' || w.code || ')', " TIMES ", " IN_WHOSE_NAME
         ", sen.post_for(i.account_id, i.unit_id), " SUSPENSION
         " FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id JOIN sen.platform o ON o.id = x.old_id"
         " JOIN sen.platform w ON w.id = x.new_id JOIN sen.access_grant g ON g.account_id = i.account_id AND g.id = i.old_grant_id"
         " WHERE i.granted_batch = $1::uuid AND i.carry = 'mapped'"
         " GROUP BY i.account_id, i.new_role_id, i.unit_id, x.basis, o.code, w.code, x.approved_by, x.drawn_by" LONGEST_TIME);
DB_QUERY(replacement_link_grant_q, DB_WRITE,
         "UPDATE sen.replacement_item i SET new_grant_id = n.id FROM sen.access_grant n WHERE i.granted_batch = $1::uuid AND i.carry = 'mapped'"
         " AND n.account_id = i.account_id AND n.role_id = i.new_role_id AND n.unit_id = i.unit_id AND n.origin = 'direct' AND n.revoked_at IS NULL");
/* What the rule itself gave for the same post, since it follows the plan. */
DB_QUERY(replacement_link_rule_q, DB_WRITE,
         "UPDATE sen.replacement_item i SET new_grant_id = n.id FROM sen.access_grant n, sen.access_grant g WHERE i.granted_batch = $1::uuid AND i.carry = 'rule'"
         " AND g.account_id = i.account_id AND g.id = i.old_grant_id AND n.account_id = i.account_id AND n.role_id = i.new_role_id AND n.unit_id = i.unit_id"
         " AND n.rule_id = g.rule_id AND n.post_id = g.post_id AND n.origin = 'rule' AND n.revoked_at IS NULL");

/* Step 2 */
DB_QUERY(replacement_claim_read_only_q, DB_WRITE,
         "UPDATE sen.replacement_item i SET read_only_batch = $2::uuid FROM (SELECT r.account_id, r.old_grant_id FROM sen.replacement_to_read_only r"
         "  JOIN sen.access_grant g ON g.account_id = r.account_id AND g.id = r.old_grant_id AND g.revoked_at IS NULL"
         "  WHERE r.replacement_id = $1::uuid ORDER BY r.account_id, r.old_grant_id LIMIT $3::bigint FOR UPDATE OF g) t"
         " WHERE i.replacement_id = $1::uuid AND i.account_id = t.account_id AND i.old_grant_id = t.old_grant_id RETURNING i.old_grant_id");
DB_QUERY(replacement_read_only_q, DB_WRITE,
         "INSERT INTO sen.access_grant AS n (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by, post_id, suspended_at)"
         " SELECT i.account_id, gen_random_uuid(), x.read_only_role_id, i.unit_id, x.basis || ' (chỉ đọc)', " TIMES ", " IN_WHOSE_NAME
         ", sen.post_for(i.account_id, i.unit_id), " SUSPENSION
         " FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id"
         " JOIN sen.access_grant g ON g.account_id = i.account_id AND g.id = i.old_grant_id AND g.revoked_at IS NULL"
         " WHERE i.read_only_batch = $1::uuid AND (g.valid_to IS NULL OR g.valid_to > now())"
         " GROUP BY i.account_id, x.read_only_role_id, i.unit_id, x.basis, x.approved_by, x.drawn_by" LONGEST_TIME);
DB_QUERY(replacement_end_old_q, DB_WRITE,
         "UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = " IN_WHOSE_NAME ", revoke_reason = x.basis || ' (chỉ đọc)'"
         " FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id"
         " WHERE i.read_only_batch = $1::uuid AND g.account_id = i.account_id AND g.id = i.old_grant_id AND g.revoked_at IS NULL");
DB_QUERY(replacement_link_read_only_q, DB_WRITE,
         "UPDATE sen.replacement_item i SET read_only_grant_id = n.id FROM sen.access_grant n, sen.replacement x WHERE i.read_only_batch = $1::uuid"
         " AND x.id = i.replacement_id AND n.account_id = i.account_id AND n.role_id = x.read_only_role_id AND n.unit_id = i.unit_id AND n.revoked_at IS NULL");

/* Step 3 */
DB_QUERY(replacement_claim_revoke_q, DB_WRITE,
         "UPDATE sen.replacement_item i SET revoked_batch = $2::uuid FROM (SELECT r.account_id, r.old_grant_id FROM sen.replacement_to_revoke r"
         "  WHERE r.replacement_id = $1::uuid AND NOT r.is_waiting ORDER BY r.account_id, r.old_grant_id LIMIT $3::bigint) t"
         " WHERE i.replacement_id = $1::uuid AND i.account_id = t.account_id AND i.old_grant_id = t.old_grant_id RETURNING i.old_grant_id");
DB_QUERY(replacement_revoke_q, DB_WRITE,
         "UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = " IN_WHOSE_NAME ", revoke_reason = x.basis"
         " FROM sen.replacement_item i JOIN sen.replacement x ON x.id = i.replacement_id"
         " WHERE i.revoked_batch = $1::uuid AND g.account_id = i.account_id AND g.id IN (i.old_grant_id, i.read_only_grant_id) AND g.revoked_at IS NULL"
         /* One grant to read only stands for several old ones: it ends with the last of them. */
         " AND NOT EXISTS (SELECT FROM sen.replacement_item z WHERE z.replacement_id = i.replacement_id AND z.account_id = i.account_id"
         "  AND z.read_only_grant_id = g.id AND z.revoked_batch IS NULL)");

DB_QUERY(replacement_epoch_q, DB_WRITE,
         "UPDATE sen.account SET epoch = epoch + 1 WHERE id IN (SELECT i.account_id FROM sen.replacement_item i"
         " WHERE i.read_only_batch = $1::uuid OR i.revoked_batch = $1::uuid)");
DB_QUERY(replacement_audit_q, DB_WRITE,
         "INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
         " SELECT $2, $3, i.account_id, p.code || ':' || r.code || '@' || u.code, $4, jsonb_strip_nulls(jsonb_build_object('replacement', i.replacement_id,"
         " 'carry', i.carry, 'old_grant', i.old_grant_id, 'grant', CASE WHEN $3 = 'replacement.read_only' THEN i.read_only_grant_id ELSE i.new_grant_id END))"
         " FROM sen.replacement_item i JOIN sen.role r ON r.id = CASE WHEN $3 = 'replacement.grant' THEN coalesce(i.new_role_id, i.old_role_id) ELSE i.old_role_id END"
         " JOIN sen.platform p ON p.id = r.platform_id JOIN sen.unit u ON u.id = i.unit_id"
         " WHERE (i.granted_batch = $1::uuid OR i.read_only_batch = $1::uuid OR i.revoked_batch = $1::uuid) AND i.replacement_id = $5::uuid ORDER BY i.account_id, i.old_grant_id");
DB_QUERY(replacement_left_q, DB_READ,
         "SELECT (SELECT count(*) FROM sen.replacement_to_grant WHERE replacement_id = $1::uuid),"
         " (SELECT count(*) FROM sen.replacement_to_read_only WHERE replacement_id = $1::uuid),"
         " r.n, r.waiting, (SELECT count(*) FROM sen.replacement_grant WHERE replacement_id = $1::uuid AND NOT is_mapped)"
         " FROM (SELECT count(*) AS n, count(*) FILTER (WHERE is_waiting) AS waiting FROM sen.replacement_to_revoke WHERE replacement_id = $1::uuid) r");

/* The statements of a step behind its claim, each for the batch. */
static const struct query *const behind_grant[] = { &replacement_close_expired_q, &replacement_grant_q, &replacement_link_grant_q,
	                                            &replacement_link_rule_q };
static const struct query *const behind_read_only[] = { &replacement_read_only_q, &replacement_end_old_q, &replacement_link_read_only_q,
	                                                &replacement_epoch_q };
static const struct query *const behind_revoke[] = { &replacement_revoke_q, &replacement_epoch_q };

static const struct {
	const struct query *claim;
	const struct query *const *behind;
	size_t n_behind;
	const char *action;
} steps[] = {
	[REPLACEMENT_GRANT] = { &replacement_claim_grant_q, behind_grant, ARRAY_LEN(behind_grant), "replacement.grant" },
	[REPLACEMENT_READ_ONLY] = { &replacement_claim_read_only_q, behind_read_only, ARRAY_LEN(behind_read_only), "replacement.read_only" },
	[REPLACEMENT_REVOKE] = { &replacement_claim_revoke_q, behind_revoke, ARRAY_LEN(behind_revoke), "replacement.revoke" },
};

int replacement_do_batch(struct op *op, const struct replacement_batch *batch, int64_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, steps[batch->step].claim, &rows, P_STR(batch->plan_id), P_STR(batch->id), P_I64((int64_t)batch->limit));

	if (r < 0)
		return r;
	*ret_n = (int64_t)rows.n;
	for (size_t i = 0; r == 0 && rows.n > 0 && i < steps[batch->step].n_behind; i++) {
		struct db_rows ignored;

		r = db_run(op, steps[batch->step].behind[i], &ignored, P_STR(batch->id));
	}
	return r;
}

int replacement_audit_batch(struct op *op, const struct replacement_batch *batch)
{
	struct db_rows rows;

	return db_run(op, &replacement_audit_q, &rows, P_STR(batch->id), P_STR(batch->actor), P_C(steps[batch->step].action), P_C(op->id),
	              P_STR(batch->plan_id));
}

int replacement_count_left(struct op *op, struct str plan_id, struct replacement_left *ret)
{
	struct db_rows rows;
	int r = db_run(op, &replacement_left_q, &rows, P_STR(plan_id));

	if (r < 0)
		return r;
	*ret = (struct replacement_left){ .to_grant = db_i64(&rows, 0, 0), .to_read_only = db_i64(&rows, 0, 1), .to_revoke = db_i64(&rows, 0, 2),
		                          .waiting = db_i64(&rows, 0, 3), .unmapped = db_i64(&rows, 0, 4) };
	return 0;
}
