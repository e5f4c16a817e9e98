#include "server/parties/client_entry.h"

#include "common/crypto/keyring.h"
#include "common/model/audit.h"
#include "common/model/platform_store.h"
#include "server/oidc/client.h"

/*
 * An update only when something differs: servers reload their clients after each.  A sealed
 * secret is never the same twice, so its hash tells whether it changed.  A client that
 * registered itself is the operator's from then on.  A second secret stays as long as the first does.
 */
#define OTHER_SECRET "(c.secret_hash, c.secret_sealed IS NULL) IS DISTINCT FROM (excluded.secret_hash, excluded.secret_sealed IS NULL)"
DB_QUERY(client_entry_put_q, DB_WRITE,
         "INSERT INTO sen.oauth_client AS c (id, platform_id, secret_hash, secret_sealed, metadata)"
         " VALUES ($1, $2::smallint, $3::bytea, $4, $5::jsonb)"
         " ON CONFLICT (id) DO UPDATE SET (platform_id, secret_hash, secret_sealed, metadata, version, registration_hash, registered_with)"
         "  = (excluded.platform_id, excluded.secret_hash, excluded.secret_sealed, excluded.metadata, c.version + 1, NULL, NULL),"
         "  secret_hash_next = CASE WHEN " OTHER_SECRET " THEN NULL ELSE c.secret_hash_next END,"
         "  secret_sealed_next = CASE WHEN " OTHER_SECRET " THEN NULL ELSE c.secret_sealed_next END"
         " WHERE (c.platform_id, c.secret_hash, c.secret_sealed IS NULL, c.metadata, c.registered_with) IS DISTINCT FROM"
         "  (excluded.platform_id, excluded.secret_hash, excluded.secret_sealed IS NULL, excluded.metadata, NULL)"
         " RETURNING id");
DB_QUERY(client_entry_home_q, DB_WRITE,
         "UPDATE sen.platform SET home_url = $2 WHERE id = $1::smallint AND home_url IS DISTINCT FROM $2 RETURNING id");

static int put_row(struct op *op, const struct client_form *f, struct db_param platform, struct str secret, struct db_rows *rows)
{
	struct str hash = STR_NULL, sealed = STR_NULL;

	if (!str_is_null(secret))
		hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "client_secret", secret);
	if (f->secret_is_used)
		sealed = aead_seal(op->arena, keyring_key(op->keys, KEY_AT_REST), CLIENT_SECRET_PURPOSE, f->id, secret);
	return db_run(op, &client_entry_put_q, rows, P_STR(f->id), platform, P_BYTES(hash), P_STR(sealed),
	              P_STR(json_write(op->arena, f->metadata, true)));
}

static int put_in_transaction(struct op *op, const struct client_form *f, struct str secret, bool *ret_changed)
{
	struct platform platform = { .id = -1 };
	struct db_rows rows;
	int r = str_is_null(f->platform) ? 0 : platform_find(op, f->platform, &platform);

	if (r < 0)
		return r;
	r = put_row(op, f, platform.id < 0 ? P_NULL : P_I64(platform.id), secret, &rows);
	if (r < 0)
		return r;
	*ret_changed = rows.n > 0;
	if (platform.id < 0 || str_is_null(f->home_url))
		return 0;
	r = db_run(op, &client_entry_home_q, &rows, P_I64(platform.id), P_STR(f->home_url));
	if (r == 0)
		*ret_changed = *ret_changed || rows.n > 0;
	return r;
}

int client_entry_put(struct op *op, const struct client_form *f, struct str secret, struct str operator, bool *ret_changed)
{
	const struct audit_record record = { .actor = operator, .action = "client.put", .object = f->id };
	bool changed = false;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = put_in_transaction(op, f, secret, &changed);
	r = audit_commit(op, r, changed ? &record : NULL);
	if (r == 0)
		*ret_changed = changed;
	return r;
}
