#include "common/model/audit_checkpoint_internal.h"

#include "common/base/log.h"
#include "common/crypto/token_sign.h"

DB_QUERY(audit_checkpoint_last_q, DB_READ,
         "SELECT c.n, c.records, extract(epoch FROM now() - c.at)::bigint, encode(sha256(convert_to(c.jws, 'UTF8')), 'hex'),"
         " (SELECT coalesce(sum(h.seq), 0)::bigint FROM sen.audit_head h)"
         " FROM (SELECT 1) one LEFT JOIN (SELECT * FROM sen.audit_checkpoint ORDER BY n DESC LIMIT 1) c ON true");
DB_QUERY(audit_checkpoint_heads_q, DB_READ, "SELECT chain, seq, encode(hash, 'hex') FROM sen.audit_head ORDER BY chain");
DB_QUERY(audit_checkpoint_dropped_q, DB_READ,
         "SELECT DISTINCT ON (chain) chain, seq, encode(hash, 'hex') FROM sen.audit_dropped ORDER BY chain, seq DESC");
/* Another node may have made the same number meanwhile. */
DB_QUERY(audit_checkpoint_add_q, DB_WRITE,
         "INSERT INTO sen.audit_checkpoint (n, records, jws, jwk, mac) SELECT $1::bigint, $2::bigint, $3, $4, $5"
         " WHERE $1::bigint = (SELECT coalesce(max(n), 0) + 1 FROM sen.audit_checkpoint) ON CONFLICT DO NOTHING RETURNING n");

static json_t *places_json(const struct db_rows *rows, int64_t *ret_sum)
{
	json_t *list = json_new_array();

	for (size_t i = 0; i < rows->n; i++) {
		json_t *place = json_new_object();

		json_set_int(place, "chain", db_i64(rows, i, 0));
		json_set_int(place, "seq", db_i64(rows, i, 1));
		json_set_str(place, "hash", db_str(rows, i, 2));
		json_array_append_new(list, place);
		if (ret_sum)
			*ret_sum += db_i64(rows, i, 1);
	}
	return list;
}

static int payload_of(struct op *op, int64_t n, struct str prev, json_t **ret_payload, int64_t *ret_records)
{
	struct db_rows heads, dropped;
	int r = db_run(op, &audit_checkpoint_heads_q, &heads);

	if (r == 0)
		r = db_run(op, &audit_checkpoint_dropped_q, &dropped);
	if (r < 0)
		return r;
	*ret_records = 0;
	*ret_payload = json_new_object();
	json_set_int(*ret_payload, "n", n);
	json_set_int(*ret_payload, "iat", op->now_s);
	json_set_str(*ret_payload, "prev", prev);
	json_set_take(*ret_payload, "heads", places_json(&heads, ret_records));
	json_set_take(*ret_payload, "dropped", places_json(&dropped, NULL));
	json_set_int(*ret_payload, "records", *ret_records);
	return 0;
}

struct str audit_checkpoint_mac(struct op *op, struct str jws, struct str jwk)
{
	const struct str parts[] = { jws, jwk };

	return keyring_mac(op->arena, op->keys, KEY_LOOKUP, "audit_checkpoint", parts, ARRAY_LEN(parts));
}

static int make(struct op *op, int64_t n, struct str prev, bool *ret_made)
{
	const struct jwk *key = keyring_signing(op->keys, TOKEN_ALG_DEFAULT);
	_json_ json_t *payload = NULL, *public = NULL;
	struct db_rows rows;
	struct str jws, jwk;
	int64_t records;
	int r = payload_of(op, n, prev, &payload, &records);

	if (r == 0)
		r = token_sign(op, JWS_ALG_NONE_, AUDIT_CHECKPOINT_TYP, payload, &jws);
	if (r < 0)
		return r;
	public = jwk_public_json(key);
	jwk = json_write(op->arena, public, true);
	r = db_run(op, &audit_checkpoint_add_q, &rows, P_I64(n), P_I64(records), P_STR(jws), P_STR(jwk),
	           P_BYTES(audit_checkpoint_mac(op, jws, jwk)));
	if (r < 0 || rows.n == 0)
		return r;
	*ret_made = true;
	/* A copy that whoever owns the database does not hold. */
	log_event(LOG_LEVEL_INFO, "audit.checkpoint", L_INT("n", n), L_STR("jws", jws));
	return 0;
}

int audit_checkpoint_maintain(struct op *op, const struct audit_checkpoint_rule *rule, bool *ret_made)
{
	struct db_rows last;
	int64_t n, age_s, fresh;
	int r = db_run(op, &audit_checkpoint_last_q, &last);

	*ret_made = false;
	if (r < 0)
		return r;
	n = db_i64(&last, 0, 0);
	age_s = db_i64(&last, 0, 2);
	fresh = db_i64(&last, 0, 4) - db_i64(&last, 0, 1);
	if (fresh <= 0 || (n > 0 && age_s < rule->every_s && fresh < rule->every_records))
		return 0;
	return make(op, n + 1, n > 0 ? db_str(&last, 0, 3) : STR(""), ret_made);
}
