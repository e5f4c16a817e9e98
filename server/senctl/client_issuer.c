#include "server/senctl/client_issuer.h"

#include "common/crypto/jwk_set.h"
#include "common/model/audit.h"

#define FILE_DEPTH 8
#define ISS_MAX 255

DB_QUERY(client_issuer_put_q, DB_WRITE,
         "INSERT INTO sen.software_issuer AS s (iss, jwks, added_by) VALUES ($1, $2::jsonb, $3)"
         " ON CONFLICT (iss) DO UPDATE SET jwks = excluded.jwks, added_by = excluded.added_by, added_at = now()"
         " WHERE s.jwks IS DISTINCT FROM excluded.jwks RETURNING iss");
DB_QUERY(client_issuer_remove_q, DB_WRITE, "DELETE FROM sen.software_issuer WHERE iss = $1 RETURNING iss");
DB_QUERY(client_issuer_list_q, DB_READ, "SELECT iss, jwks FROM sen.software_issuer ORDER BY iss");

int client_issuer_read(struct op *op, struct str text, struct client_issuer *ret_issuer)
{
	_cleanup_(jwk_set_freep) struct jwk_set *keys = NULL;
	const char *reason = "not a JSON object";
	_json_ json_t *json = json_read(text, FILE_DEPTH, &reason);
	struct str iss = json_get_str(json, "iss"), jwks;

	if (!json_is_object(json))
		return op_fail(op, ERR_INVALID_VALUE, reason);
	if (str_is_empty(iss) || iss.len > ISS_MAX || !str_is_printable_ascii(iss))
		return op_fail(op, ERR_INVALID_VALUE, "iss must be 1 to 255 characters of ASCII");
	if (!json_is_object(json_object_get(json, "jwks")))
		return op_fail(op, ERR_INVALID_VALUE, "jwks must be a JWK Set");
	jwks = json_write(op->arena, json_object_get(json, "jwks"), true);
	if (jwk_set_read(op, jwks, &keys) < 0)
		return op->error.code;
	*ret_issuer = (struct client_issuer){ arena_dup(op->arena, iss), jwks };
	return 0;
}

/* One statement that returns a row when it did something, and the record of it. */
static int run_audited(struct op *op, const struct query *q, const struct client_issuer *issuer, const struct audit_record *record, bool *ret_changed)
{
	struct db_rows rows = { 0 };
	int r = db_begin(op);

	if (r < 0)
		return r;
	if (str_is_null(issuer->jwks))
		r = db_run(op, q, &rows, P_STR(issuer->iss));
	else
		r = db_run(op, q, &rows, P_STR(issuer->iss), P_STR(issuer->jwks), P_STR(record->actor));
	*ret_changed = rows.n > 0;
	return audit_commit(op, r, rows.n > 0 ? record : NULL);
}

int client_issuer_put(struct op *op, const struct client_issuer *issuer, struct str operator, bool *ret_changed)
{
	const struct audit_record record = { .actor = operator, .action = "client.issuer.put", .object = issuer->iss };

	return run_audited(op, &client_issuer_put_q, issuer, &record, ret_changed);
}

int client_issuer_remove(struct op *op, struct str iss, struct str operator)
{
	const struct audit_record record = { .actor = operator, .action = "client.issuer.remove", .object = iss };
	bool changed;
	int r = run_audited(op, &client_issuer_remove_q, &(struct client_issuer){ iss, STR_NULL }, &record, &changed);

	return r >= 0 && !changed ? op_fail(op, ERR_NOT_FOUND, "there is no such issuer") : r;
}

int client_issuer_list(struct op *op, const struct client_issuer **ret_issuers, size_t *ret_n)
{
	struct db_rows rows;
	struct client_issuer *issuers;
	int r = db_run(op, &client_issuer_list_q, &rows);

	if (r < 0)
		return r;
	issuers = ARENA_ARRAY(op->arena, struct client_issuer, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		issuers[i] = (struct client_issuer){ db_str(&rows, i, 0), db_str(&rows, i, 1) };
	*ret_issuers = issuers;
	*ret_n = rows.n;
	return 0;
}
