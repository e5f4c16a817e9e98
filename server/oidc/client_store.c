#include "server/oidc/client_store.h"

#include "server/oidc/client_metadata.h"

DB_QUERY(client_all, DB_READ,
	"SELECT c.id, coalesce(c.platform_id, -1), p.code, p.name, p.home_url, c.secret_hash, c.secret_hash_next, c.secret_sealed, c.metadata"
	" FROM sen.oauth_client c LEFT JOIN sen.platform p ON p.id = c.platform_id WHERE c.enabled ORDER BY c.id COLLATE \"C\"");
DB_QUERY(key_all, DB_READ, "SELECT kid, alg, state, sealed FROM sen.signing_key ORDER BY created_at DESC, kid");
DB_QUERY(key_add_first, DB_WRITE,
	"INSERT INTO sen.signing_key (kid, alg, state, sealed) VALUES ($1::text, $2::text, 'active', $3::text)"
	" ON CONFLICT DO NOTHING");
DB_QUERY(versions_select, DB_READ,
	"SELECT sum(version) FILTER (WHERE name = 'oauth_client')::bigint, sum(version) FILTER (WHERE name = 'signing_key')::bigint"
	" FROM sen.cache_version");

static int client_from_row(struct op *op, const struct db_rows *rows, size_t i, struct client *c)
{
	_json_ json_t *metadata = json_read(db_str(rows, i, 8), CLIENT_METADATA_DEPTH, NULL);
	int r;

	if (!metadata)
		return op_fail(op, ERR_INVALID_CLIENT_METADATA, "the metadata cannot be read");
	c->id = db_str(rows, i, 0);
	c->platform_id = db_i64(rows, i, 1);
	c->platform_code = db_str(rows, i, 2);
	c->platform_name = db_str(rows, i, 3);
	c->home_url = db_str(rows, i, 4);
	c->secret_hash = db_bytes(op->arena, rows, i, 5);
	c->secret_hash_next = db_bytes(op->arena, rows, i, 6);
	c->secret_sealed = db_str(rows, i, 7);
	r = client_metadata_read(op, metadata, c);
	/* Keys of no use to us are no fault of the registration: whoever is then signed for does not verify. */
	if (r >= 0 && !str_is_null(c->jwks) && jwk_set_read(op, c->jwks, &c->keys) < 0)
		op_forgive(op);
	return r;
}

int client_store_all(struct op *op, struct client **ret_clients, size_t *ret_n)
{
	struct db_rows rows;
	struct client *clients;
	size_t n = 0;
	int r = db_run(op, &client_all, &rows);

	if (r < 0)
		return r;
	clients = ARENA_ARRAY(op->arena, struct client, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		if (client_from_row(op, &rows, i, &clients[n]) >= 0) {
			n++;
			continue;
		}
		/* What was registered under older rules and does not pass the present ones is no client; the others go on. */
		op_forgive(op);
		clients[n] = (struct client){ 0 };
	}
	*ret_clients = clients;
	*ret_n = n;
	return 0;
}

int key_store_all(struct op *op, const struct stored_key **ret_keys, size_t *ret_n)
{
	struct db_rows rows;
	struct stored_key *keys;
	int r = db_run(op, &key_all, &rows);

	if (r < 0)
		return r;
	keys = ARENA_ARRAY(op->arena, struct stored_key, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		keys[i] = (struct stored_key){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3) };
	*ret_keys = keys;
	*ret_n = rows.n;
	return 0;
}

int key_store_add_first(struct op *op, const struct stored_key *key)
{
	struct db_rows rows;

	return db_run(op, &key_add_first, &rows, P_STR(key->kid), P_STR(key->alg), P_STR(key->sealed));
}

int cache_versions_get(struct op *op, struct cache_versions *ret_versions)
{
	struct db_rows rows;
	int r = db_run(op, &versions_select, &rows);

	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_INTERNAL, "cache versions are missing");
	ret_versions->clients = db_i64(&rows, 0, 0);
	ret_versions->keys = db_i64(&rows, 0, 1);
	return 0;
}
