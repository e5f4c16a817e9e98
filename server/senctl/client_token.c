#include "server/senctl/client_token.h"

#include "common/base/random.h"
#include "common/crypto/keyring.h"
#include "common/model/audit.h"
#include "common/model/platform_store.h"

#define TOKEN_BYTES 32

DB_QUERY(client_token_insert, DB_WRITE,
         "INSERT INTO sen.initial_access_token (id, token_hash, label, policy, platform_id, uses_left, created_by, expires_at)"
         " VALUES ($1::uuid, $2::bytea, $3, $4::jsonb, $5::smallint, $6::integer, $7, now() + $8::integer * interval '1 day')");
DB_QUERY(client_token_close, DB_WRITE,
         "UPDATE sen.initial_access_token SET revoked_at = now() WHERE id = $1::uuid AND revoked_at IS NULL RETURNING id");
DB_QUERY(client_token_select, DB_READ,
         "SELECT t.id, t.label, p.code, to_char(t.expires_at AT TIME ZONE 'UTC', 'YYYY-MM-DD'), t.policy, t.uses_left,"
         " (SELECT count(*) FROM sen.oauth_client c WHERE c.registered_with = t.id),"
         " t.uses_left > 0 AND t.revoked_at IS NULL AND t.expires_at > now()"
         " FROM sen.initial_access_token t LEFT JOIN sen.platform p ON p.id = t.platform_id ORDER BY t.created_at, t.id");

static int insert_audited(struct op *op, const struct client_token_request *request, struct str id, struct str token)
{
	_json_ json_t *data = json_new_object();
	const struct audit_record record = { .actor = request->operator, .action = "client.token.add", .object = id, .data = data };
	struct platform platform = { .id = -1 };
	struct db_rows rows;
	int r = db_begin(op);

	if (r < 0)
		return r;
	if (!str_is_null(request->platform))
		r = platform_find(op, request->platform, &platform);
	json_set_str(data, "label", request->label);
	json_set_int(data, "uses", request->uses);
	json_set_int(data, "days", request->days);
	json_set_take(data, "policy", json_deep_copy(request->policy));
	if (r >= 0)
		r = db_run(op, &client_token_insert, &rows, P_STR(id), P_BYTES(keyring_hash(op->arena, op->keys, KEY_CLIENT, "initial_access_token", token)),
		           P_STR(request->label), P_STR(json_write(op->arena, request->policy, true)), platform.id < 0 ? P_NULL : P_I64(platform.id),
		           P_I64(request->uses), P_STR(request->operator), P_I64(request->days));
	return audit_commit(op, r, &record);
}

int client_token_add(struct op *op, const struct client_token_request *request, struct str *ret_id, struct str *ret_token)
{
	struct str token = random_token(op->arena, STR("sni_"), TOKEN_BYTES), id;
	char uuid[UUID_TEXT_LEN + 1];
	int r;

	random_uuid(uuid);
	id = arena_dup_c(op->arena, uuid);
	r = insert_audited(op, request, id, token);
	if (r < 0)
		return r;
	*ret_id = id;
	*ret_token = token;
	return 0;
}

int client_token_revoke(struct op *op, struct str id, struct str operator)
{
	const struct audit_record record = { .actor = operator, .action = "client.token.revoke", .object = id };
	struct db_rows rows;
	int r;

	if (!uuid_is_valid(id))
		return op_fail(op, ERR_NOT_FOUND, "there is no such token");
	r = db_begin(op);
	if (r < 0)
		return r;
	r = db_run(op, &client_token_close, &rows, P_STR(id));
	if (r >= 0 && rows.n == 0)
		r = op_fail(op, ERR_NOT_FOUND, "there is no such token, or it is revoked already");
	return audit_commit(op, r, &record);
}

int client_token_list(struct op *op, const struct client_token_line **ret_lines, size_t *ret_n)
{
	struct db_rows rows;
	struct client_token_line *lines;
	int r = db_run(op, &client_token_select, &rows);

	if (r < 0)
		return r;
	lines = ARENA_ARRAY(op->arena, struct client_token_line, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		lines[i] = (struct client_token_line){
			.id = db_str(&rows, i, 0),
			.label = db_str(&rows, i, 1),
			.platform = db_str(&rows, i, 2),
			.expires_on = db_str(&rows, i, 3),
			.policy = db_str(&rows, i, 4),
			.uses_left = db_i64(&rows, i, 5),
			.clients = db_i64(&rows, i, 6),
			.is_live = db_bool(&rows, i, 7),
		};
	*ret_lines = lines;
	*ret_n = rows.n;
	return 0;
}
