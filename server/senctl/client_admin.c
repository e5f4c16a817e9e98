#include "server/senctl/client_admin.h"

#include "common/crypto/keyring.h"
#include "common/model/audit.h"
#include "common/model/platform_store.h"

/* An update only when something differs: servers reload their clients after each. */
#define CLIENT_VALUES                                                                                                                 \
	"(name, platform_id, auth_method, secret_hash, redirect_uris, post_logout_uris, scopes, pkce_required, subject_type, sector," \
	" may_introspect, access_token_s)"
DB_QUERY(client_admin_put_q, DB_WRITE,
         "INSERT INTO sen.oauth_client AS c (id, name, platform_id, auth_method, secret_hash, redirect_uris, post_logout_uris, scopes,"
         " pkce_required, subject_type, sector, may_introspect, access_token_s)"
         " VALUES ($1, $2, $3::smallint, $4, $5::bytea, $6::text[], $7::text[], $8::text[], $9::boolean, $10, $11, $12::boolean, $13::integer)"
         " ON CONFLICT (id) DO UPDATE SET " CLIENT_VALUES " = (excluded.name, excluded.platform_id, excluded.auth_method,"
         "  excluded.secret_hash, excluded.redirect_uris, excluded.post_logout_uris, excluded.scopes, excluded.pkce_required,"
         "  excluded.subject_type, excluded.sector, excluded.may_introspect, excluded.access_token_s), version = c.version + 1"
         " WHERE (c.name, c.platform_id, c.auth_method, c.secret_hash, c.redirect_uris, c.post_logout_uris, c.scopes, c.pkce_required,"
         "  c.subject_type, c.sector, c.may_introspect, c.access_token_s) IS DISTINCT FROM (excluded.name, excluded.platform_id,"
         "  excluded.auth_method, excluded.secret_hash, excluded.redirect_uris, excluded.post_logout_uris, excluded.scopes,"
         "  excluded.pkce_required, excluded.subject_type, excluded.sector, excluded.may_introspect, excluded.access_token_s)"
         " RETURNING id");
DB_QUERY(client_admin_home_q, DB_WRITE,
         "UPDATE sen.platform SET home_url = $2 WHERE id = $1::smallint AND home_url IS DISTINCT FROM $2 RETURNING id");
DB_QUERY(client_admin_list_q, DB_READ,
         "SELECT c.id, c.name, p.code, c.auth_method, c.redirect_uris, c.enabled FROM sen.oauth_client c"
         " LEFT JOIN sen.platform p ON p.id = c.platform_id ORDER BY c.id");

static int put_row(struct op *op, const struct client_file *f, struct db_param platform, struct str secret, struct db_rows *rows)
{
	struct str hash = STR_NULL;

	if (!str_is_null(secret))
		hash = keyring_hash(op->arena, op->keys, KEY_CLIENT, "client_secret", secret);
	return db_run(op, &client_admin_put_q, rows, P_STR(f->id), P_STR(f->name), platform, P_STR(f->auth_method), P_BYTES(hash),
	              P_STR(db_array(op->arena, f->redirect_uris, f->n_redirect_uris)),
	              P_STR(db_array(op->arena, f->post_logout_uris, f->n_post_logout_uris)),
	              P_STR(db_array(op->arena, f->scopes, f->n_scopes)), P_BOOL(f->pkce_required), P_STR(f->subject_type),
	              P_STR(f->sector), P_BOOL(f->may_introspect), P_I64(f->access_token_s));
}

static int put_in_transaction(struct op *op, const struct client_file *f, struct str secret, bool *ret_changed)
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
	r = db_run(op, &client_admin_home_q, &rows, P_I64(platform.id), P_STR(f->home_url));
	if (r == 0)
		*ret_changed = *ret_changed || rows.n > 0;
	return r;
}

int client_admin_put(struct op *op, const struct client_file *f, struct str secret, struct str operator, bool *ret_changed)
{
	const struct audit_record record = { .actor = operator, .action = "client.put", .object = f->id };
	bool changed = false;
	int r = db_begin(op);

	if (r < 0)
		return r;
	r = put_in_transaction(op, f, secret, &changed);
	if (r == 0 && changed)
		r = audit_add(op, &record);
	if (r < 0) {
		db_rollback(op);
		return r;
	}
	r = db_commit(op);
	if (r == 0)
		*ret_changed = changed;
	return r;
}

int client_admin_list(struct op *op, const struct client_line **ret_lines, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &client_admin_list_q, &rows);

	if (r < 0)
		return r;
	struct client_line *lines = ARENA_ARRAY(op->arena, struct client_line, rows.n);
	for (size_t i = 0; i < rows.n && r == 0; i++) {
		lines[i] = (struct client_line){
			.id = db_str(&rows, i, 0),
			.name = db_str(&rows, i, 1),
			.platform = db_str(&rows, i, 2),
			.auth_method = db_str(&rows, i, 3),
			.enabled = db_bool(&rows, i, 5),
		};
		r = db_array_read(op, db_str(&rows, i, 4), &lines[i].redirect_uris, &lines[i].n_redirect_uris);
	}
	if (r < 0)
		return r;
	*ret_lines = lines;
	*ret_n = rows.n;
	return 0;
}
