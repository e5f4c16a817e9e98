#include "server/oidc/family.h"

#include "server/oidc/card.h"
#include "server/session/handle.h"
#include "server/session/session.h"

/*
 * The account a active in the same epoch, and still a role on the platform of the client k.  $1 is the account
 * in every statement.
 */
#define LIVE_TABLES ", sen.oauth_client k"
#define MAY_LIVE(account) " a.account_id = " account " AND a.status = 'active' AND k.enabled AND " CARD_ADMITS
#define IS_LIVE MAY_LIVE("$1::uuid") " AND a.epoch = f.epoch AND k.id = f.client_id"
/*
 * The sign-in sessions of these days that live; $2 is the family's day.  One of them is the family's, unless it is one
 * that outlives its session as long as it is used.
 */
#define LIVE_SESSIONS                                                                                              \
	"s AS MATERIALIZED ("                                                                                    \
	"  SELECT s.id, s.last_seen_at < now() - " SESSION_TOUCH_AFTER " AS due FROM sen.session s WHERE s.account_id = $1::uuid"  \
	"  AND " SESSION_NEAR("s.issued_on", "$2::date")                                                        \
	"  AND s.ended_at IS NULL AND s.expires_at > now() AND s.last_seen_at + s.idle_s * interval '1 s' > now()"  \
	")"
#define STILL_LASTS                                                                                                \
	" (CASE WHEN f.offline THEN coalesce(f.rotated_at, f.issued_on) + f.idle_s * interval '1 s' > now()"     \
	"   ELSE EXISTS (SELECT FROM s WHERE s.id = f.session_id) END)"

#define REFRESHED(f, administers)                                                                                  \
	" " f ".scope, " f ".session_id, " DB_EPOCH(f ".auth_time") ", " f ".generation, " administers ", " f ".level, " f ".amr, " f ".extra," \
	" " f ".session_on, (SELECT s.due FROM s WHERE s.id = " f ".session_id AND NOT " f ".offline), "
#define FIRST_CARD_COLUMN 10

/* The session of the family f, which lives.  No join and no EXISTS: those may be planned as reading all sessions there are. */
#define LIVE_SESSION_OF(what, f)                                                                                   \
	"(SELECT " what " FROM sen.session s WHERE s.account_id = " f ".account_id AND s.issued_on = " f ".session_on AND s.id = " f ".session_id"  \
	" AND s.ended_at IS NULL AND s.expires_at > now() AND s.last_seen_at + s.idle_s * interval '1 s' > now())"

DB_GATHERED(family_claim, DB_WRITE, 3,
	"WITH x AS MATERIALIZED ("
	"  SELECT i.n, " DB_EACH("1", "uuid") " AS account_id, " DB_EACH("2", "date") " AS issued_on, " DB_EACH("3", "uuid") " AS id,"
	"   " DB_EACH("4", "text") " AS client_id, " DB_EACH("5", "integer") " AS generation, l.* FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("
	"    SELECT a.epoch, " CARD_ADMINISTERS " AS administers, " CARD_COLUMNS(DB_EACH("8", "text")) " FROM " CARD_PERSON_TABLES LIVE_TABLES
	"    WHERE k.id = " DB_EACH("4", "text") " AND " CARD_PERSON_JOIN " AND" MAY_LIVE(DB_EACH("1", "uuid")) " LIMIT 1) l"
	"), u AS ("
	"  UPDATE sen.token_family f SET generation = f.generation + " DB_EACH("6", "integer") ", rotated_at = now() FROM x i"
	"  WHERE f.account_id = i.account_id AND f.issued_on = i.issued_on AND f.id = i.id AND f.client_id = i.client_id"
	"  AND f.generation = i.generation AND f.revoked_at IS NULL AND f.expires_at > now()"
	"  AND (f.bound_key IS NULL OR f.bound_key = " DB_EACH("7", "text") ") AND f.epoch = i.epoch"
	"  AND CASE WHEN f.offline THEN coalesce(f.rotated_at, f.issued_on) + f.idle_s * interval '1 s' > now()"
	"    ELSE " LIVE_SESSION_OF("true", "f") " END"
	"  RETURNING f.scope, f.session_id, f.auth_time, f.generation AS next, f.level, f.amr, f.extra, f.session_on, f.offline, i.*"
	")"
	"SELECT x.scope, x.session_id, " DB_EPOCH("x.auth_time") ", x.next, x.administers, x.level, x.amr, x.extra, x.session_on,"
	" CASE WHEN NOT x.offline THEN " LIVE_SESSION_OF("s.last_seen_at < now() - " SESSION_TOUCH_AFTER, "x") " END,"
	" " CARD_COLUMNS_OF_X ", x.n FROM u x");

/* Why nothing was claimed: a successor inside the grace time, reuse, or simply no longer alive. */
DB_QUERY(family_after_claim, DB_WRITE,
	"WITH " LIVE_SESSIONS ", g AS ("
	"  SELECT f.*"
	"  FROM sen.token_family f"
	"  WHERE f.account_id = $1::uuid AND f.issued_on = $2::date AND f.id = $3::uuid AND f.client_id = $4::text"
	"  AND f.revoked_at IS NULL AND f.generation > $5::integer"
	"), grace AS ("
	"  SELECT g.* FROM g WHERE g.generation = $5::integer + 1 AND g.rotated_at + $6::bigint * interval '1 s' > now()"
	"  AND (g.bound_key IS NULL OR g.bound_key = $7::text)"
	"), dead AS ("
	"  UPDATE sen.token_family t SET revoked_at = now(), revoke_reason = 'refresh token used twice' FROM g"
	"  WHERE t.account_id = g.account_id AND t.issued_on = g.issued_on AND t.id = g.id AND NOT EXISTS (SELECT FROM grace)"
	"  RETURNING t.account_id, t.id"
	"), l AS ("
	"  INSERT INTO sen.audit (actor, action, account_id, object, request_id)"
	"  SELECT 'system', 'refresh.reuse', dead.account_id, 'family:' || dead.id, $8::text FROM dead"
	")"
	"SELECT" REFRESHED("f", CARD_ADMINISTERS) CARD_COLUMNS("$9::text")
	" FROM grace f, " CARD_PERSON_TABLES LIVE_TABLES " WHERE f.expires_at > now() AND " CARD_PERSON_JOIN " AND" IS_LIVE " AND" STILL_LASTS);

#define LIVE_ROWS                                                                                                  \
	" WHERE f.account_id = $1::uuid AND f.issued_on = $2::date AND f.id = $3::uuid"                          \
	" AND f.revoked_at IS NULL AND f.expires_at > now() AND" IS_LIVE " AND "
/* Gathered.  The client is known: one row, and the planner sees it. */
#define LIVE_ROWS_OF(client)                                                                                       \
	" WHERE f.account_id = " DB_EACH("1", "uuid") " AND f.issued_on = " DB_EACH("2", "date") " AND f.id = " DB_EACH("3", "uuid")  \
	" AND f.client_id = " client " AND f.revoked_at IS NULL AND f.expires_at > now() AND a.epoch = f.epoch AND k.id = " client  \
	" AND" MAY_LIVE(DB_EACH("1", "uuid")) " AND "
#define LIVE_COLUMNS "a.login, a.person_id, " DB_EPOCH("f.auth_time") ", f.level"

DB_QUERY(family_live_select, DB_READ,
	"SELECT " LIVE_COLUMNS ", f.client_id, f.scope, f.generation, " DB_EPOCH("f.expires_at")
	" FROM sen.token_family f, " CARD_TABLES LIVE_TABLES LIVE_ROWS CARD_JOIN);
DB_GATHERED(family_live_of_select, DB_READ, 0,
	"SELECT l.*, i.n FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("
	"  SELECT " LIVE_COLUMNS " FROM sen.token_family f, " CARD_TABLES LIVE_TABLES LIVE_ROWS_OF(DB_EACH("4", "text")) CARD_JOIN " LIMIT 1) l");
DB_GATHERED(family_live_official_select, DB_READ, 0,
	"SELECT l.*, i.n FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("
	"  SELECT f.extra, " CARD_COLUMNS(DB_EACH("4", "text")) " FROM sen.token_family f, " CARD_PERSON_TABLES LIVE_TABLES
	LIVE_ROWS_OF(DB_EACH("5", "text")) CARD_PERSON_JOIN " LIMIT 1) l");

DB_QUERY(family_revoke_one, DB_WRITE,
	"WITH f AS ("
	"  UPDATE sen.token_family SET revoked_at = now(), revoke_reason = $5::text"
	"  WHERE account_id = $1::uuid AND issued_on = $2::date AND id = $3::uuid AND client_id = $4::text AND revoked_at IS NULL"
	"  RETURNING account_id, id"
	"), l AS ("
	"  INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
	"  SELECT 'client:' || $4::text, 'token.revoke', f.account_id, 'family:' || f.id, $6::text, '{}' FROM f"
	")"
	"SELECT FROM sen.token_family WHERE account_id = $1::uuid AND issued_on = $2::date AND id = $3::uuid AND client_id <> $4::text");

static int from_row(struct op *op, const struct handle *h, const struct db_rows *rows, struct authorization *ret)
{
	struct official_facts *facts = ARENA_NEW(op->arena, struct official_facts);

	*ret = (struct authorization){
		.account_id = h->account_id,
		.family_on = h->on,
		.family_id = h->family_id,
		.scope = db_str(rows, 0, 0),
		.session_id = db_str(rows, 0, 1),
		.auth_time_s = db_i64(rows, 0, 2),
		.generation = (uint32_t)db_i64(rows, 0, 3),
		.may_grant = db_bool(rows, 0, 4),
		.level = db_i64(rows, 0, 5),
		.amr = db_str(rows, 0, 6),
		.may_refresh = true,
		.official = card_read(op, rows, FIRST_CARD_COLUMN, h->account_id, facts) ? facts : NULL,
	};
	/* Once a minute; the tokens do not depend on it. */
	if (db_bool(rows, 0, 9) && session_touch(op, h->account_id, db_str(rows, 0, 8), ret->session_id) < 0)
		op_forgive(op);
	return authorization_extra_read(op, db_str(rows, 0, 7), &ret->extra);
}

int family_refresh(struct op *op, const struct oidc_settings *settings, const struct client *client,
                   const struct refresh_request *request, struct authorization *ret_authorization)
{
	static const char refused[] = "the refresh token is not valid";
	struct handle h;
	struct db_rows rows;
	int r;

	if (!handle_read(op, HANDLE_REFRESH, request->token, &h))
		return op_fail_detail(op, ERR_INVALID_GRANT, refused, "not a refresh token of ours");
	r = db_run(op, &family_claim, &rows, P_STR(h.account_id), P_STR(h.on), P_STR(h.family_id), P_STR(client->id),
	           P_I64(h.generation), P_I64(client->rotates_refresh ? 1 : 0), P_STR(request->jkt), P_I64(client->platform_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		r = db_run(op, &family_after_claim, &rows, P_STR(h.account_id), P_STR(h.on), P_STR(h.family_id), P_STR(client->id),
		           P_I64(h.generation), P_I64(settings->refresh_grace_s), P_STR(request->jkt), P_C(op->id), P_I64(client->platform_id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail_detail(op, ERR_INVALID_GRANT, refused, "family, session, key, account or access ended, or reuse");
	return from_row(op, &h, &rows, ret_authorization);
}

static int not_live(struct op *op)
{
	return op_fail_detail(op, ERR_INVALID_TOKEN, "the token is not valid", "family revoked or another client's, account not active, or access ended");
}

static struct family_state state_from_row(const struct db_rows *rows)
{
	return (struct family_state){
		.login = db_str(rows, 0, 0),
		.person_id = db_str(rows, 0, 1),
		.auth_time_s = db_i64(rows, 0, 2),
		.level = db_i64(rows, 0, 3),
	};
}

int family_live(struct op *op, const struct family_key *key, struct family_state *ret_state)
{
	struct db_rows rows;
	int r = db_run(op, &family_live_select, &rows, P_STR(key->account_id), P_STR(key->on), P_STR(key->id));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return not_live(op);
	*ret_state = state_from_row(&rows);
	ret_state->client_id = db_str(&rows, 0, 4);
	ret_state->scope = db_str(&rows, 0, 5);
	ret_state->generation = (uint32_t)db_i64(&rows, 0, 6);
	ret_state->expires_at_s = db_i64(&rows, 0, 7);
	return 0;
}

int family_live_of(struct op *op, const struct family_key *key, struct str client_id, struct family_state *ret_state)
{
	struct db_rows rows;
	int r = db_run(op, &family_live_of_select, &rows, P_STR(key->account_id), P_STR(key->on), P_STR(key->id), P_STR(client_id));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return not_live(op);
	*ret_state = state_from_row(&rows);
	return 0;
}

int family_live_official(struct op *op, const struct family_key *key, const struct client *client, struct family_official *ret)
{
	struct db_rows rows;
	int r = db_run(op, &family_live_official_select, &rows, P_STR(key->account_id), P_STR(key->on), P_STR(key->id),
	               P_I64(client->platform_id), P_STR(client->id));

	if (r < 0)
		return r;
	if (rows.n != 1)
		return not_live(op);
	ret->extra = db_str(&rows, 0, 0);
	if (card_read(op, &rows, 1, key->account_id, &ret->facts))
		return 0;
	return official_facts_get(op, client->platform_id, key->account_id, &ret->facts);
}

int family_revoke(struct op *op, const struct family_key *key, struct str client_id, const char *reason)
{
	struct db_rows rows;
	int r = db_run(op, &family_revoke_one, &rows, P_STR(key->account_id), P_STR(key->on), P_STR(key->id), P_STR(client_id),
	               P_C(reason), P_C(op->id));

	if (r >= 0 && rows.n > 0)
		return op_fail(op, ERR_INVALID_GRANT, "the token was issued to another client");
	return r;
}
