#include "server/governance/idempotency_store.h"

#include "common/base/random.h"

/* A claim lasts for longer than any request may take. */
DB_QUERY(idempotency_claim_q, DB_WRITE,
         "INSERT INTO sen.idempotency AS i (account_id, key, request_hash, claim, claimed_until)"
         " VALUES ($1::uuid, $2, $3, $4::uuid, now() + interval '2 minutes')"
         " ON CONFLICT (account_id, key) DO UPDATE SET request_hash = excluded.request_hash, claim = excluded.claim,"
         "  claimed_until = excluded.claimed_until, made = false, answered = false, answer = NULL, created_at = now()"
         " WHERE i.created_at < now() - interval '24 hours'"
         " OR (NOT i.answered AND NOT i.made AND i.claimed_until < now() AND i.request_hash = excluded.request_hash)"
         " RETURNING claim");
DB_QUERY(idempotency_find_q, DB_READ,
         "SELECT request_hash = $3, answered, made AND claimed_until < now(), answer FROM sen.idempotency"
         " WHERE account_id = $1::uuid AND key = $2");
DB_QUERY(idempotency_mark_q, DB_WRITE,
         "UPDATE sen.idempotency SET made = true WHERE account_id = $1::uuid AND key = $2 AND claim = $3::uuid RETURNING 1");
DB_QUERY(idempotency_answer_q, DB_WRITE,
         "UPDATE sen.idempotency SET answered = true, answer = $4 WHERE account_id = $1::uuid AND key = $2 AND claim = $3::uuid");
DB_QUERY(idempotency_release_q, DB_WRITE,
         "DELETE FROM sen.idempotency WHERE account_id = $1::uuid AND key = $2 AND claim = $3::uuid AND NOT made RETURNING 1");
DB_QUERY(idempotency_sweep_q, DB_WRITE,
         "DELETE FROM sen.idempotency WHERE (account_id, key) IN (SELECT account_id, key FROM sen.idempotency"
         " WHERE created_at < now() - interval '24 hours' ORDER BY created_at LIMIT 500 FOR UPDATE SKIP LOCKED)");

bool idempotency_key_read(struct str header, struct str *ret_key)
{
	struct str key = header;

	if (key.len >= 2 && key.p[0] == '"' && key.p[key.len - 1] == '"')
		key = str_n(key.p + 1, key.len - 2);
	for (size_t i = 0; i < key.len; i++)
		if (key.p[i] <= 0x20 || key.p[i] > 0x7e || key.p[i] == '"' || key.p[i] == '\\')
			return false;
	*ret_key = key;
	return key.len > 0 && key.len <= IDEMPOTENCY_KEY_MAX;
}

int idempotency_claim(struct op *op, struct idempotency_claim *claim, enum idempotency_state *ret_state, struct str *ret_answer)
{
	char id[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	random_uuid(id);
	claim->id = arena_dup_c(op->arena, id);
	*ret_answer = STR_NULL;
	r = db_run(op, &idempotency_claim_q, &rows, P_STR(claim->account_id), P_STR(claim->key), P_BYTES(claim->request_hash),
	           P_STR(claim->id));
	if (r < 0)
		return r;
	*ret_state = IDEMPOTENCY_CLAIMED;
	if (rows.n == 1)
		return 0;
	r = db_run(op, &idempotency_find_q, &rows, P_STR(claim->account_id), P_STR(claim->key), P_BYTES(claim->request_hash));
	if (r < 0)
		return r;
	/* Released between the two statements: the caller asks again. */
	*ret_state = IDEMPOTENCY_AT_WORK;
	if (rows.n == 0)
		return 0;
	*ret_answer = db_str(&rows, 0, 3);
	if (!db_bool(&rows, 0, 0))
		*ret_state = IDEMPOTENCY_OTHER;
	else if (db_bool(&rows, 0, 1))
		*ret_state = str_is_null(*ret_answer) ? IDEMPOTENCY_LOST : IDEMPOTENCY_ANSWERED;
	else if (db_bool(&rows, 0, 2))
		*ret_state = IDEMPOTENCY_LOST;
	return 0;
}

int idempotency_mark(struct op *op, const struct idempotency_claim *claim)
{
	struct db_rows rows;
	int r = db_run(op, &idempotency_mark_q, &rows, P_STR(claim->account_id), P_STR(claim->key), P_STR(claim->id));

	if (r < 0)
		return r;
	return rows.n == 1 ? 0 : op_fail(op, ERR_CONFLICT, "the request took so long that it was begun again");
}

int idempotency_answer(struct op *op, const struct idempotency_claim *claim, struct str sealed)
{
	struct db_rows rows;

	return db_run(op, &idempotency_answer_q, &rows, P_STR(claim->account_id), P_STR(claim->key), P_STR(claim->id), P_STR(sealed));
}

int idempotency_release(struct op *op, const struct idempotency_claim *claim, bool *ret_released)
{
	struct db_rows rows;
	int r = db_run(op, &idempotency_release_q, &rows, P_STR(claim->account_id), P_STR(claim->key), P_STR(claim->id));

	*ret_released = r == 0 && rows.n == 1;
	return r;
}

int idempotency_sweep(struct op *op)
{
	struct db_rows rows;

	return db_run(op, &idempotency_sweep_q, &rows);
}
