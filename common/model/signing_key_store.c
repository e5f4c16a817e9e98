#include "common/model/signing_key_store.h"

DB_QUERY(signing_key_all_q, DB_READ,
         "SELECT kid, alg, state, sealed, extract(epoch FROM published_at)::bigint, extract(epoch FROM activated_at)::bigint,"
         " extract(epoch FROM retiring_at)::bigint, extract(epoch FROM destroyed_at)::bigint, extract(epoch FROM now())::bigint"
         " FROM (SELECT) AS always LEFT JOIN sen.signing_key ON true ORDER BY created_at DESC, kid");
DB_QUERY(signing_key_lock_q, DB_WRITE, "SELECT pg_try_advisory_xact_lock(7301993)");
DB_QUERY(signing_key_add_q, DB_WRITE,
         "INSERT INTO sen.signing_key (kid, alg, state, sealed, activated_at)"
         " VALUES ($1, $2, $3, $4, CASE WHEN $3 = 'active' THEN now() END)");
DB_QUERY(signing_key_move_q, DB_WRITE,
         "UPDATE sen.signing_key SET state = $3,"
         " activated_at = CASE WHEN $3 = 'active' THEN now() ELSE activated_at END,"
         " retiring_at = CASE WHEN $3 = 'retiring' THEN now() ELSE retiring_at END,"
         " destroyed_at = CASE WHEN $3 = 'destroyed' THEN now() END,"
         " sealed = CASE WHEN $3 <> 'destroyed' THEN sealed END"
         " WHERE kid = $1 AND state = $2 RETURNING kid");

DB_QUERY(versions_select, DB_READ,
         "SELECT sum(version) FILTER (WHERE name = 'oauth_client')::bigint, sum(version) FILTER (WHERE name = 'signing_key')::bigint,"
         " sum(version) FILTER (WHERE name = 'ssf_stream')::bigint"
         " FROM sen.cache_version");

static bool state_of(struct str name, enum key_state *ret_state)
{
	for (enum key_state state = KEY_PUBLISHED; state <= KEY_DESTROYED; state++) {
		if (!str_equal(name, str_c(key_state_name(state))))
			continue;
		*ret_state = state;
		return true;
	}
	return false;
}

static bool key_from_row(const struct db_rows *rows, size_t i, struct signing_key *key)
{
	key->kid = db_str(rows, i, 0);
	key->facts.alg = jws_alg_from_name(db_str(rows, i, 1));
	key->sealed = db_str(rows, i, 3);
	key->published_s = db_i64(rows, i, 4);
	key->activated_s = db_i64(rows, i, 5);
	key->retiring_s = db_i64(rows, i, 6);
	key->destroyed_s = db_i64(rows, i, 7);
	if (key->facts.alg == JWS_ALG_NONE_ || !state_of(db_str(rows, i, 2), &key->facts.state))
		return false;
	key->facts.since_s = (const int64_t[]){ key->published_s, key->activated_s, key->retiring_s, key->destroyed_s }[key->facts.state];
	return true;
}

int signing_key_all(struct op *op, const struct signing_key **ret_keys, size_t *ret_n, int64_t *ret_now_s)
{
	struct db_rows rows;
	struct signing_key *keys;
	int r = db_run(op, &signing_key_all_q, &rows);

	if (r < 0)
		return r;
	*ret_now_s = db_i64(&rows, 0, 8);
	if (rows.n == 1 && db_is_null(&rows, 0, 0)) /* no key, but the time */
		rows.n = 0;
	keys = ARENA_ARRAY(op->arena, struct signing_key, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		if (!key_from_row(&rows, i, &keys[i]))
			return op_fail_detail(op, ERR_CONFIG, "a signing key is of a kind that this version does not know", "kid %.*s",
			                      STR_ARG(keys[i].kid));
	*ret_keys = keys;
	*ret_n = rows.n;
	return 0;
}

int signing_key_lock(struct op *op, bool *ret_is_mine)
{
	struct db_rows rows;
	int r = db_run(op, &signing_key_lock_q, &rows);

	if (r == 0)
		*ret_is_mine = db_bool(&rows, 0, 0);
	return r;
}

int signing_key_add(struct op *op, struct str kid, enum jws_alg alg, enum key_state state, struct str sealed)
{
	struct db_rows rows;

	assert(state == KEY_PUBLISHED || state == KEY_ACTIVE);
	return db_run(op, &signing_key_add_q, &rows, P_STR(kid), P_C(jws_alg_name(alg)), P_C(key_state_name(state)), P_STR(sealed));
}

int signing_key_move(struct op *op, struct str kid, enum key_state from, enum key_state to)
{
	struct db_rows rows;
	int r = db_run(op, &signing_key_move_q, &rows, P_STR(kid), P_C(key_state_name(from)), P_C(key_state_name(to)));

	if (r == 0 && rows.n != 1)
		return op_fail_detail(op, ERR_CONFLICT, "the signing key is not in that state any more", "kid %.*s", STR_ARG(kid));
	return r;
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
	ret_versions->streams = db_i64(&rows, 0, 2);
	return 0;
}
