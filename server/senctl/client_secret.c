#include "server/senctl/client_secret.h"

#include "common/crypto/keyring.h"
#include "common/model/audit.h"
#include "server/oidc/client.h"

/* Locked: two operators at once do not put two second ones. */
DB_QUERY(client_secret_select_q, DB_WRITE,
         "SELECT secret_hash, secret_hash_next, secret_sealed IS NOT NULL FROM sen.oauth_client WHERE id = $1 FOR UPDATE");
DB_QUERY(client_secret_rotate_q, DB_WRITE,
         "UPDATE sen.oauth_client SET secret_hash_next = $2::bytea, secret_sealed_next = $3, version = version + 1 WHERE id = $1");
DB_QUERY(client_secret_finish_q, DB_WRITE,
         "UPDATE sen.oauth_client SET secret_hash = secret_hash_next, secret_sealed = secret_sealed_next, secret_hash_next = NULL,"
         " secret_sealed_next = NULL, version = version + 1 WHERE id = $1 AND secret_hash_next IS NOT NULL RETURNING id");
DB_QUERY(client_secret_cancel_q, DB_WRITE,
         "UPDATE sen.oauth_client SET secret_hash_next = NULL, secret_sealed_next = NULL, version = version + 1"
         " WHERE id = $1 AND secret_hash_next IS NOT NULL RETURNING id");

static int rotate(struct op *op, struct str id, struct str secret, bool *ret_changed)
{
	struct str hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "client_secret", secret), sealed = STR_NULL, next;
	struct db_rows rows;
	int r = db_run(op, &client_secret_select_q, &rows, P_STR(id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "there is no such client");
	if (db_is_null(&rows, 0, 0))
		return op_fail(op, ERR_CONFLICT, "this client has no secret");
	next = db_bytes(op->arena, &rows, 0, 1);
	if (str_equal(hash, db_bytes(op->arena, &rows, 0, 0)))
		return op_fail(op, ERR_CONFLICT, "this is the secret that the client has");
	if (!str_is_null(next))
		return str_equal(hash, next) ? 0 : op_fail(op, ERR_CONFLICT, "the client is going over to a secret already: finish or cancel that first");
	if (db_bool(&rows, 0, 2))
		sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), CLIENT_SECRET_PURPOSE, id, secret);
	*ret_changed = true;
	return db_run(op, &client_secret_rotate_q, &rows, P_STR(id), P_BYTES(hash), P_STR(sealed));
}

int client_secret_rotate(struct op *op, struct str id, struct str secret, struct str operator, bool *ret_changed)
{
	const struct audit_record record = { .actor = operator, .action = "client.secret_rotate", .object = id };
	bool changed = false;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = rotate(op, id, secret, &changed);
	r = audit_commit(op, r, changed ? &record : NULL);
	if (r == 0)
		*ret_changed = changed;
	return r;
}

static int settle(struct op *op, const struct query *query, struct str id, const struct audit_record *record)
{
	struct db_rows rows;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = db_run(op, query, &rows, P_STR(id));
	if (r >= 0 && rows.n == 0)
		r = op_fail(op, ERR_NOT_FOUND, "there is no such client, or it has no second secret");
	return audit_commit(op, r, record);
}

int client_secret_finish(struct op *op, struct str id, struct str operator)
{
	return settle(op, &client_secret_finish_q, id, &(struct audit_record){ .actor = operator, .action = "client.secret_finish", .object = id });
}

int client_secret_cancel(struct op *op, struct str id, struct str operator)
{
	return settle(op, &client_secret_cancel_q, id, &(struct audit_record){ .actor = operator, .action = "client.secret_cancel", .object = id });
}
