#include "common/model/signing_key_store.h"

#define SEAL_PURPOSE "signing-key" /* bound to the kid */

DB_QUERY(key_all, DB_READ, "SELECT kid, alg, state, sealed FROM sen.signing_key ORDER BY created_at DESC, kid");
DB_QUERY(key_add_first, DB_WRITE,
	"INSERT INTO sen.signing_key (kid, alg, state, sealed) VALUES ($1::text, $2::text, 'active', $3::text)"
	" ON CONFLICT DO NOTHING");
DB_QUERY(versions_select, DB_READ,
	"SELECT sum(version) FILTER (WHERE name = 'oauth_client')::bigint, sum(version) FILTER (WHERE name = 'signing_key')::bigint"
	" FROM sen.cache_version");

static int load_key(struct op *op, struct keyring *ring, const struct db_rows *rows, size_t i)
{
	struct str kid = db_str(rows, i, 0), der;
	struct jwk *key;
	int r;

	if (!aead_open(op->arena, keyring_key(ring, KEY_AT_REST), SEAL_PURPOSE, kid, db_str(rows, i, 3), &der))
		return op_fail_detail(op, ERR_CONFIG, "a signing key does not open with this master secret", "kid %.*s", STR_ARG(kid));
	r = jwk_from_private_der(op, jws_alg_from_name(db_str(rows, i, 1)), der, &key);
	if (r < 0)
		return r;
	keyring_add_signing(ring, key, str_equal(db_str(rows, i, 2), STR("active")));
	return 0;
}

int signing_keys_load(struct op *op, struct keyring *ring, size_t *ret_n)
{
	struct db_rows rows;
	int r = db_run(op, &key_all, &rows);

	for (size_t i = 0; r >= 0 && i < rows.n; i++)
		r = load_key(op, ring, &rows, i);
	if (r >= 0)
		*ret_n = rows.n;
	return r;
}

int signing_keys_make_first(struct op *op, const struct keyring *ring)
{
	_cleanup_(jwk_freep) struct jwk *key = NULL;
	struct str der, sealed;
	struct db_rows rows;
	int r = jwk_generate(op, JWS_ES256, &key);

	if (r >= 0)
		r = jwk_private_der(op, key, &der);
	if (r < 0)
		return r;
	sealed = aead_seal(op->arena, keyring_key(ring, KEY_AT_REST), SEAL_PURPOSE, jwk_kid(key), der);
	return db_run(op, &key_add_first, &rows, P_STR(jwk_kid(key)), P_C(jws_alg_name(JWS_ES256)), P_STR(sealed));
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
