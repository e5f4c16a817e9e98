#include "server/oidc/used_jti.h"

#include "common/crypto/keyring.h"

DB_QUERY(used_jti_insert, DB_WRITE,
	"INSERT INTO sen.used_jti (on_day, hash) VALUES ((to_timestamp($1::bigint) AT TIME ZONE 'UTC')::date, $2::bytea)"
	" ON CONFLICT DO NOTHING RETURNING 1");

int used_jti_claim(struct op *op, const struct used_jti *id, bool *ret_first)
{
	struct str time = arena_printf(op->arena, "%lld", (long long)id->signed_s);
	struct str hash = keyring_mac(op->arena, op->keys, KEY_HANDLE, "used-jti",
	                              (const struct str[]){ str_c(id->kind), id->owner, id->jti, time }, 4);
	struct db_rows rows;
	int r = db_run(op, &used_jti_insert, &rows, P_I64(id->signed_s), P_BYTES(hash));

	if (r < 0)
		return r;
	*ret_first = rows.n == 1;
	return 0;
}
