#include "server/oidc/client_store.h"

#include "server/oidc/client_metadata.h"

DB_QUERY(client_all, DB_READ,
	"SELECT c.id, coalesce(c.platform_id, -1), p.code, p.name, p.home_url, c.secret_hash, c.secret_hash_next, c.secret_sealed, c.secret_sealed_next, c.metadata"
	" FROM sen.oauth_client c LEFT JOIN sen.platform p ON p.id = c.platform_id WHERE c.enabled ORDER BY c.id COLLATE \"C\"");

DB_QUERY(details_type_all, DB_READ, "SELECT type, description FROM sen.details_type ORDER BY type COLLATE \"C\"");

static int client_from_row(struct op *op, const struct db_rows *rows, size_t i, struct client *c)
{
	_json_ json_t *metadata = json_read(db_str(rows, i, 9), CLIENT_METADATA_DEPTH, NULL);
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
	c->secret_sealed_next = db_str(rows, i, 8);
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

int details_types_all(struct op *op, struct details_types *ret_types)
{
	struct db_rows rows;
	struct details_type *types;
	int r = db_run(op, &details_type_all, &rows);

	if (r < 0)
		return r;
	types = ARENA_ARRAY(op->arena, struct details_type, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		_json_ json_t *description = json_read(db_str(&rows, i, 1), DETAILS_DESCRIPTION_DEPTH, NULL);

		/* What was described under older rules must not come to be a type of which anything may be said. */
		if (details_type_read(op, db_str(&rows, i, 0), description, &types[i]) < 0) {
			op_forgive(op);
			types[i] = details_type_closed(op->arena, db_str(&rows, i, 0));
		}
	}
	*ret_types = (struct details_types){ types, rows.n };
	return 0;
}
