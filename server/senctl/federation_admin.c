#include "server/senctl/federation_admin.h"

#include "common/model/audit.h"

DB_QUERY(federation_put_q, DB_WRITE,
         "INSERT INTO sen.federation_subordinate AS s (entity_id, jwks, metadata_policy, enabled)"
         " VALUES ($1, $2::jsonb, $3::jsonb, $4::boolean)"
         " ON CONFLICT (entity_id) DO UPDATE SET (jwks, metadata_policy, enabled, updated_at)"
         "  = (excluded.jwks, excluded.metadata_policy, excluded.enabled, now())"
         " WHERE (s.jwks, s.metadata_policy, s.enabled) IS DISTINCT FROM (excluded.jwks, excluded.metadata_policy, excluded.enabled)"
         " RETURNING entity_id");
DB_QUERY(federation_remove_q, DB_WRITE, "DELETE FROM sen.federation_subordinate WHERE entity_id = $1 RETURNING entity_id");
DB_QUERY(federation_all_q, DB_READ,
         "SELECT entity_id, jwks, metadata_policy, enabled FROM sen.federation_subordinate ORDER BY entity_id");

int federation_admin_put(struct op *op, const struct subordinate *s, struct str operator, bool *ret_changed)
{
	const struct audit_record record = { .actor = operator, .action = "federation.put", .object = s->entity_id };
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &federation_put_q, &rows, P_STR(s->entity_id), P_STR(s->jwks), P_STR(s->metadata_policy), P_BOOL(s->enabled));
	r = audit_commit(op, r, rows.n > 0 ? &record : NULL);
	if (r >= 0)
		*ret_changed = rows.n > 0;
	return r;
}

int federation_admin_remove(struct op *op, struct str entity_id, struct str operator)
{
	const struct audit_record record = { .actor = operator, .action = "federation.remove", .object = entity_id };
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &federation_remove_q, &rows, P_STR(entity_id));
	if (r >= 0 && rows.n == 0)
		r = op_fail(op, ERR_UNKNOWN_ENTITY, "there is no subordinate of this identifier");
	return audit_commit(op, r, &record);
}

int federation_admin_list(struct op *op, const struct subordinate **ret_lines, size_t *ret_n)
{
	struct subordinate *lines;
	struct db_rows rows;
	int r = db_run(op, &federation_all_q, &rows);

	if (r < 0)
		return r;
	lines = ARENA_ARRAY(op->arena, struct subordinate, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		lines[i] = (struct subordinate){
			.entity_id = db_str(&rows, i, 0),
			.jwks = db_str(&rows, i, 1),
			.metadata_policy = db_str(&rows, i, 2),
			.enabled = db_bool(&rows, i, 3),
		};
	*ret_lines = lines;
	*ret_n = rows.n;
	return 0;
}
