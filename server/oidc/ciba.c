#include "server/oidc/ciba.h"

#include "common/base/random.h"
#include "common/base/text.h"
#include "common/model/ciba_ping.h"
#include "server/oidc/authorization_details.h"
#include "server/oidc/decoupled.h"
#include "server/oidc/id_token.h"
#include "server/oidc/resource.h"
#include "server/session/handle.h"

#include <string.h>

/* By name or by id; who may sign in, and has a role on the client's platform. */
DB_QUERY(ciba_user_select, DB_READ,
	"SELECT a.id FROM sen.account a WHERE (a.login = lower($1::text) OR a.id = $2::uuid) AND a.status = 'active'"
	" AND ($3::smallint < 0 OR EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = a.id AND g.platform_id = $3::smallint))");

DB_QUERY(ciba_insert, DB_WRITE,
	"WITH his AS ("
	"  SELECT client_id FROM sen.ciba_request WHERE account_id = $1::uuid AND issued_on >= $2::date - 1 AND used_at IS NULL"
	"  AND (decided_at IS NULL AND expires_at > now() OR created_at > now() - interval '1 minute')"
	"), crowd AS ("
	"  SELECT FROM sen.ciba_request WHERE client_id = $5::text AND used_at IS NULL AND expires_at > now()"
	"  AND issued_on >= $2::date - 1 OFFSET $15::bigint - 1 LIMIT 1"
	")"
	"INSERT INTO sen.ciba_request (account_id, issued_on, id_hash, id, client_id, scope, extra, binding_message, ping, bound_key, offline,"
	" expires_at) SELECT $1::uuid, $2::date, $3::bytea, $4::uuid, $5::text, $6::text, $7::jsonb, $8::text, $9::text, $10::text,"
	" $11::boolean, now() + $12::bigint * interval '1 s'"
	" WHERE (SELECT count(*) FROM his WHERE client_id = $5::text) < $13::bigint AND (SELECT count(*) FROM his) < $14::bigint"
	" AND NOT EXISTS (SELECT FROM crowd) RETURNING 1");

#define PENDING_COLUMNS                                                                                            \
	"SELECT c.id, c.client_id, c.scope, c.extra, c.binding_message,"                                         \
	" to_char(c.created_at AT TIME ZONE 'Asia/Ho_Chi_Minh', 'HH24:MI')"                                      \
	" FROM sen.ciba_request c WHERE c.account_id = $1::uuid AND c.issued_on >= $2::date - 1"                 \
	" AND c.decided_at IS NULL AND c.expires_at > now()"
DB_QUERY(ciba_pending_select, DB_READ, PENDING_COLUMNS " ORDER BY c.created_at, c.id LIMIT 50");
DB_QUERY(ciba_one_select, DB_READ, PENDING_COLUMNS " AND c.id = $3::uuid");

DB_QUERY(ciba_decide_one, DB_WRITE,
	DECOUPLED_DECIDE("sen.ciba_request", "account_id = $2::uuid AND issued_on >= $10::date - 1 AND id = $11::uuid", "ciba"));
DB_QUERY(ciba_claim, DB_WRITE,
	DECOUPLED_CLAIM("sen.ciba_request", "account_id = $9::uuid AND issued_on = $1::date AND id_hash = $2::bytea"));

bool ciba_message_is_good(struct str message)
{
	return !str_is_empty(message) && text_is_printable(message) && utf8_length(message) <= CIBA_MESSAGE_MAX;
}

/* RFC 6750 §2.1: b64token, since it comes back as one. */
static bool is_bearer(struct str token)
{
	size_t n = 0;

	while (n < token.len && (strchr("-._~+/", token.p[n]) || (token.p[n] >= '0' && token.p[n] <= '9') ||
	                         (token.p[n] >= 'A' && token.p[n] <= 'Z') || (token.p[n] >= 'a' && token.p[n] <= 'z')))
		n++;
	if (n == 0)
		return false;
	while (n < token.len && token.p[n] == '=')
		n++;
	return n == token.len;
}

static int check_hints(struct op *op, const struct ciba_request *rq)
{
	int n = !str_is_null(rq->login_hint) + !str_is_null(rq->id_token_hint) + !str_is_null(rq->login_hint_token);

	if (n != 1)
		return op_fail(op, ERR_INVALID_REQUEST, "exactly one of login_hint and id_token_hint is needed");
	if (!str_is_null(rq->login_hint_token))
		return op_fail(op, ERR_INVALID_REQUEST, "login_hint_token is not supported");
	return 0;
}

static bool wants_ping(const struct client *client)
{
	return str_equal(client->ciba_mode, STR("ping"));
}

static int64_t expiry_s(const struct ciba_request *rq)
{
	uint64_t s;

	if (str_is_null(rq->requested_expiry) || !str_to_u64(rq->requested_expiry, INT64_MAX, &s))
		return CIBA_EXPIRY_S;
	return s < CIBA_EXPIRY_MAX_S ? (int64_t)s : CIBA_EXPIRY_MAX_S;
}

/* What the client registered for. */
static int check_policy(struct op *op, const struct client *client, const struct ciba_request *rq)
{
	if (!client_may(client, GRANT_CIBA))
		return op_fail(op, ERR_UNAUTHORIZED_CLIENT, "the client has not registered this grant type");
	if (wants_ping(client) && !is_bearer(rq->client_notification_token))
		return op_fail(op, ERR_INVALID_REQUEST, "client_notification_token must be a bearer token");
	return 0;
}

static int check_scope(struct op *op, const struct client *client, const struct ciba_request *rq)
{
	int r;

	if (str_is_null(rq->scope))
		return op_fail(op, ERR_INVALID_REQUEST, "scope is missing");
	if (!scope_has(client_narrow_scope(op->arena, client, rq->scope), STR("openid")))
		return op_fail(op, ERR_INVALID_SCOPE, "scope must contain openid");
	r = resource_check(op, client, rq->resource);
	return r < 0 ? r : authorization_details_check(op, client, rq->authorization_details);
}

int ciba_check(struct op *op, const struct client *client, const struct ciba_request *rq)
{
	uint64_t s = 1;
	int r = check_policy(op, client, rq);

	if (r >= 0)
		r = check_scope(op, client, rq);
	if (r >= 0)
		r = check_hints(op, rq);
	if (r < 0)
		return r;
	if (!str_is_null(rq->binding_message) && !ciba_message_is_good(rq->binding_message))
		return op_fail(op, ERR_INVALID_BINDING_MESSAGE, "binding_message must be 1 to 64 printable characters");
	if (!str_is_null(rq->requested_expiry) && (!str_to_u64(rq->requested_expiry, INT64_MAX, &s) || s == 0))
		return op_fail(op, ERR_INVALID_REQUEST, "requested_expiry must be a positive number of seconds");
	return 0;
}

/* The account that a hint names: by login, or by the subject of an ID token that this client was given. */
static int find_user(struct op *op, const struct oidc_settings *settings, const struct client *client,
                     const struct ciba_request *rq, struct str *ret_account_id)
{
	static const char unknown[] = "the hint names no user of this client";
	struct str account_id = STR_NULL;
	struct id_token_hint hint;
	struct db_rows rows;
	int r;

	if (!str_is_null(rq->id_token_hint)) {
		if (!id_token_hint_read(op, settings->issuer, rq->id_token_hint, &hint) || !str_equal(hint.aud, client->id))
			return op_fail(op, ERR_INVALID_REQUEST, "id_token_hint is not an ID token for this client");
		account_id = id_token_hint_account(op, client, &hint);
		if (str_is_null(account_id))
			return op_fail_detail(op, ERR_UNKNOWN_USER_ID, unknown, "pairwise subject");
	}
	r = db_run(op, &ciba_user_select, &rows, P_STR(rq->login_hint), P_STR(account_id), P_I64(client->platform_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_USER_ID, unknown);
	*ret_account_id = db_str(&rows, 0, 0);
	return 0;
}

int ciba_begin(struct op *op, const struct oidc_settings *settings, const struct client *client,
               const struct ciba_request *rq, struct ciba_offer *ret_offer)
{
	const struct authorization_extra extra = { .resource = rq->resource, .details = rq->authorization_details };
	struct str scope = client_narrow_scope(op->arena, client, rq->scope), account_id, text;
	struct str ping = STR_NULL;
	char id[UUID_TEXT_LEN + 1];
	struct handle h;
	struct db_rows rows;
	int r = find_user(op, settings, client, rq, &account_id);

	if (r < 0)
		return r;
	text = handle_new(op, HANDLE_CIBA, account_id, &h);
	if (wants_ping(client))
		ping = ciba_ping_seal(op, client->id, &(struct ciba_ping){ text, rq->client_notification_token });
	random_uuid(id);
	r = db_run(op, &ciba_insert, &rows, P_STR(account_id), P_STR(h.on), P_BYTES(h.hash), P_C(id), P_STR(client->id), P_STR(scope),
	           P_STR(authorization_extra_write(op, &extra)), P_STR(rq->binding_message), P_STR(ping), P_STR(rq->jkt),
	           P_BOOL(scope_has(scope, STR(SCOPE_OFFLINE))), P_I64(expiry_s(rq)), P_I64(settings->ciba_pending_max),
	           P_I64(settings->ciba_pending_max * CIBA_PENDING_FACTOR), P_I64(CIBA_PENDING_CLIENT_MAX));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_ACCESS_DENIED, "too many requests wait for this user or of this client");
	*ret_offer = (struct ciba_offer){ .auth_req_id = text, .expires_s = expiry_s(rq) };
	return 0;
}

static int pending_from_row(struct op *op, const struct db_rows *rows, size_t i, struct ciba_pending *p)
{
	struct authorization_extra extra;
	int r = authorization_extra_read(op, db_str(rows, i, 3), &extra);

	if (r < 0)
		return r;
	*p = (struct ciba_pending){
		.id = db_str(rows, i, 0),
		.client_id = db_str(rows, i, 1),
		.scope = db_str(rows, i, 2),
		.details = extra.details,
		.binding_message = db_str(rows, i, 4),
		.asked_at = db_str(rows, i, 5),
	};
	return 0;
}

int ciba_list(struct op *op, struct str account_id, const struct ciba_pending **ret_list, size_t *ret_n)
{
	struct ciba_pending *list;
	struct db_rows rows;
	int r = db_run(op, &ciba_pending_select, &rows, P_STR(account_id), P_STR(handle_today(op)));

	if (r < 0)
		return r;
	list = ARENA_ARRAY(op->arena, struct ciba_pending, rows.n);
	for (size_t i = 0; i < rows.n; i++) {
		r = pending_from_row(op, &rows, i, &list[i]);
		if (r < 0)
			return r;
	}
	*ret_list = list;
	*ret_n = rows.n;
	return 0;
}

int ciba_find(struct op *op, struct str account_id, struct str id, struct ciba_pending *ret_pending)
{
	static const char gone[] = "there is no such request any more";
	struct db_rows rows;
	int r;

	if (!uuid_is_valid(id))
		return op_fail(op, ERR_NOT_FOUND, gone);
	r = db_run(op, &ciba_one_select, &rows, P_STR(account_id), P_STR(handle_today(op)), P_STR(id));
	if (r >= 0 && rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, gone);
	return r < 0 ? r : pending_from_row(op, &rows, 0, ret_pending);
}

int ciba_decide(struct op *op, const struct session *session, struct str id, bool allowed)
{
	struct db_rows rows;
	int r = db_run(op, &ciba_decide_one, &rows, DECOUPLED_DECIDE_PARAMS(op, session, allowed), P_STR(handle_today(op)), P_STR(id));

	if (r >= 0 && rows.n == 0)
		return op_fail(op, ERR_NOT_FOUND, "there is no such request any more");
	return r;
}

int ciba_redeem(struct op *op, const struct oidc_settings *settings, const struct client *client,
                const struct ciba_poll *poll, struct authorization *ret_authorization)
{
	struct handle h;
	struct db_rows rows;
	int r;

	if (!handle_read(op, HANDLE_CIBA, poll->auth_req_id, &h))
		return op_fail_detail(op, ERR_INVALID_GRANT, "the auth_req_id is not valid", "not one of ours");
	/* Only confidential clients come here: their refresh tokens are bound by their authentication. */
	r = db_run(op, &ciba_claim, &rows, P_STR(h.on), P_BYTES(h.hash), P_STR(client->id), P_STR(poll->jkt), P_NULL,
	           P_I64(settings->offline_absolute_s), P_I64(settings->offline_idle_s), P_I64(client->platform_id), P_STR(h.account_id));
	if (r >= 0)
		r = decoupled_read(op, &rows, ret_authorization);
	if (r >= 0)
		ret_authorization->auth_req_id = poll->auth_req_id;
	return r;
}
