#include "server/oidc/device.h"

#include "common/crypto/keyring.h"
#include "server/oidc/authorization_details.h"
#include "server/oidc/decoupled.h"
#include "server/oidc/resource.h"
#include "server/oidc/user_code.h"
#include "server/session/handle.h"

#define USER_CODE_TRIES 3

/* A user code that is waiting, or was given out today, is not given out again: $11 tells the two refusals apart. */
DB_QUERY(device_insert, DB_WRITE,
	"WITH full_up AS ("
	"  SELECT FROM sen.device_code WHERE client_id = $4::text AND used_at IS NULL AND expires_at > now()"
	"  AND issued_on >= $1::date - 1 OFFSET $10::bigint - 1 LIMIT 1"
	"), i AS ("
	"  INSERT INTO sen.device_code (issued_on, code_hash, user_code_hash, client_id, scope, extra, bound_key, offline, expires_at)"
	"  SELECT $1::date, $2::bytea, $3::bytea, $4::text, $5::text, $6::jsonb, $7::text, $8::boolean, now() + $9::bigint * interval '1 s'"
	"  WHERE NOT EXISTS (SELECT FROM full_up) AND NOT EXISTS (SELECT FROM sen.device_code"
	"   WHERE issued_on = $1::date - 1 AND user_code_hash = $3::bytea AND expires_at > now())"
	"  ON CONFLICT DO NOTHING RETURNING 1"
	")"
	"SELECT EXISTS (SELECT FROM i), EXISTS (SELECT FROM full_up)");

/* The counter as it is at this moment: a window that has passed is forgotten. */
#define WRONG_NOW "CASE WHEN t.begun_at > now() - $4::bigint * interval '1 s' THEN t.wrong ELSE 0 END"
#define COUNT_WRONG(account, max, from)                                                                            \
	"  INSERT INTO sen.user_code_throttle AS t (account_id, wrong) SELECT " account ", w.wrong FROM w" from    \
	"  ON CONFLICT (account_id) DO UPDATE SET wrong = " WRONG_NOW " + excluded.wrong,"                         \
	"   begun_at = CASE WHEN t.begun_at > now() - $4::bigint * interval '1 s' THEN t.begun_at ELSE now() END"  \
	"  WHERE " WRONG_NOW " < " max " RETURNING 1"

/*
 * Looks and counts at once.  A right code counts nothing, but passes by the counters all the same: over the limit
 * right and wrong codes get the same answer.  The row locks make parallel guesses wait for each other's count.
 */
DB_QUERY(device_select, DB_WRITE,
	"WITH c AS MATERIALIZED ("
	"  SELECT client_id, scope, extra FROM sen.device_code WHERE issued_on BETWEEN $1::date - 1 AND $1::date"
	"  AND user_code_hash = $2::bytea AND decided_at IS NULL AND expires_at > now()"
	"), w AS ("
	"  SELECT CASE WHEN EXISTS (SELECT FROM c) THEN 0 ELSE 1 END AS wrong"
	"), mine AS (" COUNT_WRONG("$3::uuid", "$5::bigint", "")
	"), everybodys AS (" COUNT_WRONG("'" HANDLE_NOBODY "'::uuid", "$6::bigint", " WHERE EXISTS (SELECT FROM mine)")
	")"
	"SELECT EXISTS (SELECT FROM everybodys), c.client_id, c.scope, c.extra FROM (SELECT) one LEFT JOIN c ON true");

DB_QUERY(device_decide_one, DB_WRITE,
	DECOUPLED_DECIDE("sen.device_code", "issued_on BETWEEN $10::date - 1 AND $10::date AND user_code_hash = $11::bytea", "device"));
DB_QUERY(device_claim, DB_WRITE, DECOUPLED_CLAIM("sen.device_code", "issued_on = $1::date AND code_hash = $2::bytea"));

static struct str user_code_hash(struct op *op, struct str code)
{
	return keyring_hash(op->arena, op->keys, KEY_HANDLE, "user-code", code);
}

static int check(struct op *op, const struct client *client, const struct device_request *rq)
{
	int r;

	if (!client_may(client, GRANT_DEVICE))
		return op_fail(op, ERR_UNAUTHORIZED_CLIENT, "the client has not registered this grant type");
	/* RFC 8628 §3.1: without openid there is no ID token. */
	if (str_is_empty(client_narrow_scope(op->arena, client, rq->scope)))
		return op_fail(op, ERR_INVALID_SCOPE, "scope is missing, or names nothing that this client may have");
	r = resource_check(op, client, rq->resource);
	return r < 0 ? r : authorization_details_check(op, client, rq->authorization_details);
}

int device_begin(struct op *op, const struct client *client, const struct device_request *rq, struct device_offer *ret_offer)
{
	const struct authorization_extra extra = { .resource = rq->resource, .details = rq->authorization_details };
	struct str scope = client_narrow_scope(op->arena, client, rq->scope);
	struct db_rows rows;
	int r = check(op, client, rq);

	for (int i = 0; r >= 0 && i < USER_CODE_TRIES; i++) {
		struct str user_code = user_code_new(op->arena);
		struct handle h;
		struct str code = handle_new(op, HANDLE_DEVICE, STR(HANDLE_NOBODY), &h);

		r = db_run(op, &device_insert, &rows, P_STR(h.on), P_BYTES(h.hash), P_BYTES(user_code_hash(op, user_code)), P_STR(client->id),
		           P_STR(scope), P_STR(authorization_extra_write(op, &extra)), P_STR(rq->jkt),
		           P_BOOL(scope_has(scope, STR(SCOPE_OFFLINE))), P_I64(DEVICE_S), P_I64(DEVICE_PENDING_MAX));
		if (r >= 0 && db_bool(&rows, 0, 0)) {
			*ret_offer = (struct device_offer){ .device_code = code, .user_code = user_code_show(op->arena, user_code) };
			return 0;
		}
		if (r >= 0 && db_bool(&rows, 0, 1)) {
			(void)op_fail(op, ERR_TOO_MANY_REQUESTS, "too many device codes of this client are waiting");
			return op_fail_arg(op, "retry_after_s", STR("60"));
		}
	}
	return r < 0 ? r : op_fail(op, ERR_UNAVAILABLE, "no free user code was found");
}

int device_find(struct op *op, struct str account_id, struct str user_code, struct device_pending *ret_pending)
{
	struct authorization_extra extra;
	struct db_rows rows;
	int r = db_run(op, &device_select, &rows, P_STR(handle_today(op)), P_BYTES(user_code_hash(op, user_code)), P_STR(account_id),
	               P_I64(DEVICE_WRONG_WINDOW_S), P_I64(DEVICE_WRONG_MAX), P_I64(DEVICE_WRONG_ALL_MAX));

	if (r < 0)
		return r;
	if (!db_bool(&rows, 0, 0))
		return op_fail(op, ERR_TOO_MANY_REQUESTS, "too many wrong user codes");
	if (db_is_null(&rows, 0, 1))
		return op_fail(op, ERR_NOT_FOUND, "no device waits with this user code");
	r = authorization_extra_read(op, db_str(&rows, 0, 3), &extra);
	if (r < 0)
		return r;
	*ret_pending = (struct device_pending){ .client_id = db_str(&rows, 0, 1), .scope = db_str(&rows, 0, 2), .details = extra.details };
	return 0;
}

int device_decide(struct op *op, const struct session *session, struct str user_code, bool allowed)
{
	struct db_rows rows;
	int r = db_run(op, &device_decide_one, &rows, DECOUPLED_DECIDE_PARAMS(op, session, allowed), P_STR(handle_today(op)),
	               P_BYTES(user_code_hash(op, user_code)));

	if (r >= 0 && rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "no device waits with this user code any more");
	return r;
}

int device_redeem(struct op *op, const struct oidc_settings *settings, const struct client *client,
                  const struct device_poll *poll, struct authorization *ret_authorization)
{
	/* A confidential client's refresh tokens are bound by its authentication (RFC 9449 §5). */
	struct str bound = client->auth_method == CLIENT_AUTH_NONE ? poll->jkt : STR_NULL;
	struct handle h;
	struct db_rows rows;
	int r;

	if (!handle_read(op, HANDLE_DEVICE, poll->device_code, &h))
		return op_fail_detail(op, ERR_INVALID_GRANT, "the device code is not valid", "not a device code of ours");
	r = db_run(op, &device_claim, &rows, P_STR(h.on), P_BYTES(h.hash), P_STR(client->id), P_STR(poll->jkt), P_STR(bound),
	           P_I64(settings->offline_absolute_s), P_I64(settings->offline_idle_s), P_I64(client->platform_id));
	return r < 0 ? r : decoupled_read(op, &rows, ret_authorization);
}
