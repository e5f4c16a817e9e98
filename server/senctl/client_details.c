#include "server/senctl/client_details.h"

#include "common/model/audit.h"
#include "server/oidc/details_type.h"

DB_QUERY(client_details_put_q, DB_WRITE,
         "INSERT INTO sen.details_type AS t (type, description, changed_by) VALUES ($1, $2::jsonb, $3)"
         " ON CONFLICT (type) DO UPDATE SET description = excluded.description, changed_by = excluded.changed_by, changed_at = now()"
         " WHERE t.description IS DISTINCT FROM excluded.description RETURNING type");
DB_QUERY(client_details_remove_q, DB_WRITE, "DELETE FROM sen.details_type WHERE type = $1 RETURNING type");
DB_QUERY(client_details_list_q, DB_READ, "SELECT type, description FROM sen.details_type ORDER BY type");

int client_details_read(struct op *op, struct str text, struct client_details *ret_details)
{
	const char *reason = "not a JSON object";
	_json_ json_t *json = json_read(text, DETAILS_DESCRIPTION_DEPTH, &reason);
	struct details_type type;
	struct str name;
	int r;

	if (!json_is_object(json))
		return op_fail(op, ERR_INVALID_VALUE, reason);
	name = arena_dup(op->arena, json_get_str(json, "type"));
	json_object_del(json, "type");
	r = details_type_read(op, name, json, &type);
	if (r >= 0)
		*ret_details = (struct client_details){ name, json_write(op->arena, json, true) };
	return r;
}

int client_details_put(struct op *op, const struct client_details *details, struct str operator, bool *ret_changed)
{
	const struct audit_record record = { .actor = operator, .action = "client.details.put", .object = details->type };
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &client_details_put_q, &rows, P_STR(details->type), P_STR(details->description), P_STR(operator));
	*ret_changed = rows.n > 0;
	return audit_commit(op, r, rows.n > 0 ? &record : NULL);
}

int client_details_remove(struct op *op, struct str type, struct str operator)
{
	const struct audit_record record = { .actor = operator, .action = "client.details.remove", .object = type };
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, &client_details_remove_q, &rows, P_STR(type));
	r = audit_commit(op, r, rows.n > 0 ? &record : NULL);
	return r >= 0 && rows.n == 0 ? op_fail(op, ERR_NOT_FOUND, "this type is not described") : r;
}

int client_details_list(struct op *op, const struct client_details **ret_details, size_t *ret_n)
{
	struct db_rows rows;
	struct client_details *details;
	int r = db_run(op, &client_details_list_q, &rows);

	if (r < 0)
		return r;
	details = ARENA_ARRAY(op->arena, struct client_details, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		details[i] = (struct client_details){ db_str(&rows, i, 0), db_str(&rows, i, 1) };
	*ret_details = details;
	*ret_n = rows.n;
	return 0;
}
