#include "server/oidc/registration_store.h"

#define TOKEN_IS_LIVE " t.token_hash = $1::bytea AND t.uses_left > 0 AND t.expires_at > now() AND t.revoked_at IS NULL"

DB_QUERY(registration_pass_select, DB_READ,
	"SELECT t.policy, r.n >= $2::bigint FROM sen.initial_access_token t, sen.registered_clients r WHERE" TOKEN_IS_LIVE);

/* The lock on the one row of the count comes first: what it reads there is the present number. */
DB_QUERY(registration_insert, DB_WRITE,
	"WITH room AS MATERIALIZED (SELECT n FROM sen.registered_clients FOR UPDATE"
	"), t AS ("
	"  UPDATE sen.initial_access_token t SET uses_left = t.uses_left - 1 FROM room"
	"  WHERE" TOKEN_IS_LIVE " AND room.n < $2::bigint RETURNING t.id, t.platform_id"
	"), c AS ("
	"  INSERT INTO sen.oauth_client (id, platform_id, secret_hash, secret_sealed, registration_hash, registered_with, metadata)"
	"  SELECT $3::text, t.platform_id, $4::bytea, $5::text, $6::bytea, t.id, $7::jsonb FROM t"
	"  RETURNING id, registered_with, created_at, metadata"
	"), l AS ("
	"  INSERT INTO sen.audit (actor, action, object, request_id, data)"
	"  SELECT 'registration:' || c.registered_with, 'client.register', c.id, $8::text,"
	"   jsonb_build_object('name', c.metadata->'client_name', 'redirect_uris', c.metadata->'redirect_uris') FROM c"
	")"
	"SELECT floor(extract(epoch FROM c.created_at))::bigint FROM c");

DB_QUERY(registration_select, DB_READ,
	"SELECT c.metadata, t.policy, c.secret_hash, c.secret_sealed IS NOT NULL, c.version, floor(extract(epoch FROM c.created_at))::bigint"
	" FROM sen.oauth_client c JOIN sen.initial_access_token t ON t.id = c.registered_with"
	" WHERE c.id = $1::text AND c.registration_hash = $2::bytea AND c.enabled");

DB_QUERY(registration_update, DB_WRITE,
	"WITH c AS ("
	"  UPDATE sen.oauth_client c SET metadata = $4::jsonb, version = c.version + 1,"
	"   secret_hash = CASE WHEN $5::boolean THEN c.secret_hash ELSE $6::bytea END,"
	"   secret_hash_next = CASE WHEN $5::boolean THEN c.secret_hash_next END,"
	"   secret_sealed = CASE WHEN $5::boolean THEN c.secret_sealed ELSE $7::text END,"
	"   secret_sealed_next = CASE WHEN $5::boolean THEN c.secret_sealed_next END"
	"  WHERE c.id = $1::text AND c.registration_hash = $2::bytea AND c.version = $3::bigint AND c.enabled RETURNING c.id, c.metadata"
	")"
	"INSERT INTO sen.audit (actor, action, object, request_id, data)"
	" SELECT 'client:' || c.id, 'client.update', c.id, $8::text,"
	"  jsonb_build_object('name', c.metadata->'client_name', 'redirect_uris', c.metadata->'redirect_uris') FROM c RETURNING seq");

DB_QUERY(registration_delete, DB_WRITE,
	"WITH c AS (DELETE FROM sen.oauth_client WHERE id = $1::text AND registration_hash = $2::bytea AND enabled RETURNING id)"
	"INSERT INTO sen.audit (actor, action, object, request_id) SELECT 'client:' || c.id, 'client.remove', c.id, $3::text FROM c RETURNING seq");

DB_QUERY(software_issuer_select, DB_READ, "SELECT jwks FROM sen.software_issuer WHERE iss = $1::text");

static int bad_pass(struct op *op)
{
	return op_fail(op, ERR_INVALID_TOKEN, "the initial access token is wrong, used up, expired or revoked");
}

static int bad_token(struct op *op)
{
	return op_fail(op, ERR_INVALID_TOKEN, "the registration access token is not this client's");
}

int registration_pass_find(struct op *op, struct str token_hash, int64_t clients_max, struct registration_pass *ret_pass)
{
	struct db_rows rows;
	int r = db_run(op, &registration_pass_select, &rows, P_BYTES(token_hash), P_I64(clients_max));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return bad_pass(op);
	*ret_pass = (struct registration_pass){ db_str(&rows, 0, 0), db_bool(&rows, 0, 1) };
	return 0;
}

int registration_row_add(struct op *op, const struct registration_row *row, struct str token_hash, struct str registration_hash,
                         int64_t clients_max, int64_t *ret_created_at_s)
{
	struct db_rows rows;
	int r = db_run(op, &registration_insert, &rows, P_BYTES(token_hash), P_I64(clients_max), P_STR(row->id), P_BYTES(row->secret_hash),
	               P_STR(row->secret_sealed), P_BYTES(registration_hash), P_STR(row->metadata), P_C(op->id));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return bad_pass(op);
	*ret_created_at_s = db_i64(&rows, 0, 0);
	return 0;
}

int software_issuer_find(struct op *op, struct str iss, struct str *ret_jwks)
{
	struct db_rows rows;
	int r = db_run(op, &software_issuer_select, &rows, P_STR(iss));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_UNAPPROVED_SOFTWARE_STATEMENT, "the issuer of the software statement is not known here");
	*ret_jwks = db_str(&rows, 0, 0);
	return 0;
}

int registration_row_find(struct op *op, struct str id, struct str registration_hash, struct registration_found *ret_found)
{
	struct db_rows rows;
	int r = db_run(op, &registration_select, &rows, P_STR(id), P_BYTES(registration_hash));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return bad_token(op);
	*ret_found = (struct registration_found){
		.metadata = db_str(&rows, 0, 0),
		.policy = db_str(&rows, 0, 1),
		.secret_hash = db_bytes(op->arena, &rows, 0, 2),
		.has_sealed_secret = db_bool(&rows, 0, 3),
		.version = db_i64(&rows, 0, 4),
		.created_at_s = db_i64(&rows, 0, 5),
	};
	return 0;
}

int registration_row_replace(struct op *op, const struct registration_row *row, struct str registration_hash, int64_t version,
                             bool keep_secret)
{
	struct db_rows rows;
	int r = db_run(op, &registration_update, &rows, P_STR(row->id), P_BYTES(registration_hash), P_I64(version), P_STR(row->metadata),
	               P_BOOL(keep_secret), P_BYTES(row->secret_hash), P_STR(row->secret_sealed), P_C(op->id));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_CONFLICT, "the registration was changed by another request at the same time");
}

int registration_row_remove(struct op *op, struct str id, struct str registration_hash)
{
	struct db_rows rows;
	int r = db_run(op, &registration_delete, &rows, P_STR(id), P_BYTES(registration_hash), P_C(op->id));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : bad_token(op);
}
