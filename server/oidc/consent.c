#include "server/oidc/consent.h"

DB_QUERY(consent_select, DB_READ, "SELECT scope FROM sen.consent WHERE account_id = $1::uuid AND client_id = $2::text");
/* The union of both scopes, each word once. */
DB_QUERY(consent_upsert, DB_WRITE,
	"WITH c AS ("
	"  INSERT INTO sen.consent AS c (account_id, client_id, scope) VALUES ($1::uuid, $2::text, $3::text)"
	"  ON CONFLICT (account_id, client_id) DO UPDATE SET given_at = now(), scope ="
	"   (SELECT string_agg(w, ' ' ORDER BY w) FROM (SELECT DISTINCT w FROM unnest(string_to_array(c.scope || ' ' || excluded.scope, ' ')) w) u)"
	"  RETURNING scope"
	")"
	"INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
	" SELECT 'account:' || $1::text, 'consent.give', $1::uuid, 'client:' || $2::text, $4::text, jsonb_build_object('scope', c.scope) FROM c");
DB_QUERY(consent_delete, DB_WRITE,
	"WITH c AS ("
	"  DELETE FROM sen.consent WHERE account_id = $1::uuid AND client_id = $2::text RETURNING client_id"
	"), f AS ("
	"  UPDATE sen.token_family SET revoked_at = now(), revoke_reason = 'consent taken back'"
	"  WHERE account_id = $1::uuid AND client_id = $2::text AND revoked_at IS NULL AND EXISTS (SELECT FROM c)"
	")"
	"INSERT INTO sen.audit (actor, action, account_id, object, request_id)"
	" SELECT 'account:' || $1::text, 'consent.take_back', $1::uuid, 'client:' || $2::text, $3::text FROM c");
DB_QUERY(consent_all, DB_READ,
	"SELECT c.client_id, k.name, c.scope, to_char(c.given_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'DD/MM/YYYY')"
	" FROM sen.consent c JOIN sen.oauth_client k ON k.id = c.client_id WHERE c.account_id = $1::uuid ORDER BY k.name, c.client_id");

int consent_get(struct op *op, struct str account_id, struct str client_id, struct str *ret_scope)
{
	struct db_rows rows;
	int r = db_run(op, &consent_select, &rows, P_STR(account_id), P_STR(client_id));

	if (r < 0)
		return r;
	*ret_scope = rows.n > 0 ? db_str(&rows, 0, 0) : STR_NULL;
	return 0;
}

int consent_give(struct op *op, struct str account_id, struct str client_id, struct str scope)
{
	struct db_rows rows;

	return db_run(op, &consent_upsert, &rows, P_STR(account_id), P_STR(client_id), P_STR(scope), P_C(op->id));
}

int consent_take_back(struct op *op, struct str account_id, struct str client_id)
{
	struct db_rows rows;

	return db_run(op, &consent_delete, &rows, P_STR(account_id), P_STR(client_id), P_C(op->id));
}

int consent_list(struct op *op, struct str account_id, const struct consent **ret_consents, size_t *ret_n)
{
	struct db_rows rows;
	struct consent *list;
	int r = db_run(op, &consent_all, &rows, P_STR(account_id));

	if (r < 0)
		return r;
	list = ARENA_ARRAY(op->arena, struct consent, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		list[i] = (struct consent){ db_str(&rows, i, 0), db_str(&rows, i, 1), db_str(&rows, i, 2), db_str(&rows, i, 3) };
	*ret_consents = list;
	*ret_n = rows.n;
	return 0;
}
