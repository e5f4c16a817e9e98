#include "server/login/throttle.h"

#include "common/base/clock.h"
#include "common/crypto/keyring.h"

#define WAIT_MS 3000
#define WAIT_STEP_MS 25
#define NAME_MAX_BYTES 256

/*
 * The counters as they are at this moment: a lock that has run out, or silence for as long as
 * a lock, forgets failures; reservations older than 30 s belonged to something that died and count as
 * failures, since nobody knows their outcome.
 */
#define EFFECTIVE                                                                                              \
	"CASE WHEN t.locked_until <= now() OR t.reserved_at < now() - $3::bigint * interval '1 s' THEN 0"   \
	" WHEN t.reserved_at < now() - interval '30 s' THEN t.fails + t.in_flight ELSE t.fails END"
#define UNDER_WAY "CASE WHEN t.reserved_at < now() - interval '30 s' THEN 0 ELSE t.in_flight END"

/*
 * A wait is compared with the clock and not with now(): statements of a lane share a transaction, which may have begun before
 * another one made the counter, and right passwords would be told to wait.
 */
DB_QUERY(throttle_take, DB_WRITE,
	"WITH taken AS ("
	"  INSERT INTO sen.sign_in_throttle AS t (name_hash, in_flight) VALUES ($1::bytea, 1)"
	"  ON CONFLICT (name_hash) DO UPDATE SET fails = " EFFECTIVE ", in_flight = " UNDER_WAY " + 1, reserved_at = now(),"
	"   locked_until = NULL"
	"  WHERE (t.locked_until IS NULL OR t.locked_until <= now()) AND t.next_at <= clock_timestamp()"
	"   AND " EFFECTIVE " + " UNDER_WAY " < $2::bigint"
	"  RETURNING 1"
	")"
	"SELECT EXISTS (SELECT FROM taken), x.* FROM (SELECT 1) o LEFT JOIN (" SIGN_IN_ACCOUNT("$4::text") ") x ON true");

/* Nothing was reserved: is it the name's failures, or only others under way? */
DB_QUERY(throttle_is_busy, DB_READ,
	"SELECT (t.locked_until IS NULL OR t.locked_until <= now()) AND t.next_at <= clock_timestamp() AND " EFFECTIVE " < $2::bigint"
	" FROM sen.sign_in_throttle t WHERE t.name_hash = $1::bytea");

/* From the third failure on the next attempt must wait 2, 4, 8 … s. */
DB_QUERY(throttle_count, DB_WRITE,
	"WITH t AS ("
	"  UPDATE sen.sign_in_throttle t SET fails = t.fails + 1, in_flight = greatest(t.in_flight - 1, 0),"
	"   next_at = now() + CASE WHEN t.fails < 2 THEN 0 ELSE least(power(2, t.fails - 1), 60) END * interval '1 s',"
	"   locked_until = CASE WHEN t.fails + 1 >= $2::bigint THEN now() + $3::bigint * interval '1 s' END"
	"  WHERE t.name_hash = $1::bytea RETURNING t.fails, t.locked_until IS NOT NULL AS locked"
	")"
	"INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
	" SELECT 'anonymous', $5::text, $4::uuid, 'sign-in', $6::text,"
	"  jsonb_build_object('ip', $7::text, 'fails', t.fails, 'locked', t.locked) FROM t");

DB_QUERY(throttle_give_back, DB_WRITE,
	"UPDATE sen.sign_in_throttle SET in_flight = greatest(in_flight - 1, 0) WHERE name_hash = $1::bytea");
DB_QUERY(throttle_reset, DB_WRITE, "DELETE FROM sen.sign_in_throttle WHERE name_hash = $1::bytea");

struct str throttle_name_hash(struct op *op, struct str typed_name)
{
	struct str name = sign_in_name(op->arena, typed_name);

	if (name.len > NAME_MAX_BYTES)
		name.len = NAME_MAX_BYTES;
	return keyring_hash(op->arena, op->keys, KEY_LOOKUP, "sign_in_name", name);
}

static int is_busy(struct op *op, const struct throttle_policy *policy, struct str name_hash, bool *ret_busy)
{
	struct db_rows rows;
	int r = db_run(op, &throttle_is_busy, &rows, P_BYTES(name_hash), P_I64(policy->lock_after), P_I64(policy->lock_s));

	if (r < 0)
		return r;
	/* No row: cleared in between; the next try makes it anew. */
	*ret_busy = rows.n == 0 || db_bool(&rows, 0, 0);
	return 0;
}

int throttle_reserve(struct op *op, const struct throttle_policy *policy, struct str name_hash, struct str login,
                     struct throttle_answer *ret_answer)
{
	int64_t give_up = clock_mono_ms() + WAIT_MS;
	struct db_rows rows;
	bool busy;
	int r;

	for (;;) {
		r = db_run(op, &throttle_take, &rows, P_BYTES(name_hash), P_I64(policy->lock_after), P_I64(policy->lock_s), P_STR(login));
		if (r < 0)
			return r;
		*ret_answer = (struct throttle_answer){ db_bool(&rows, 0, 0), sign_in_account_from_row(&rows, 0, 1) };
		if (ret_answer->admitted)
			return 0;
		r = is_busy(op, policy, name_hash, &busy);
		if (r < 0 || !busy || clock_mono_ms() >= give_up)
			return r;
		nanosleep(&(struct timespec){ .tv_nsec = WAIT_STEP_MS * 1000000L }, NULL);
	}
}

int throttle_fail(struct op *op, const struct throttle_policy *policy, const struct throttle_failure *f)
{
	struct db_rows rows;

	return db_run(op, &throttle_count, &rows, P_BYTES(f->name_hash), P_I64(policy->lock_after), P_I64(policy->lock_s),
	              P_STR(f->account_id), P_C(f->action), P_C(op->id), P_STR(f->ip));
}

int throttle_release(struct op *op, struct str name_hash, int code)
{
	struct error first = op->error;
	struct db_rows rows;

	op_forgive(op);
	/* On failure the reservation counts as a failure after its 30 s: closed, not open. */
	(void)!db_run(op, &throttle_give_back, &rows, P_BYTES(name_hash));
	op->error = first;
	return code;
}

int throttle_clear(struct op *op, struct str name_hash)
{
	struct db_rows rows;

	return db_run(op, &throttle_reset, &rows, P_BYTES(name_hash));
}
