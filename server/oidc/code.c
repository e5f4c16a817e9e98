#include "server/oidc/code.h"

#include "common/base/base64.h"
#include "common/base/random.h"
#include "common/crypto/digest.h"
#include "server/oidc/card.h"
#include "server/oidc/pushed_request.h"
#include "server/session/handle.h"

/*
 * For whom has a role on the platform of the client ($15; NULL: the client is no platform's), as the card or the facts say at this
 * moment; others get no row.  claim: a CTE before it, claimed: for whom it did something.
 */
#define CODE_INSERT(claim, claimed)                                                                                                                     \
	"WITH w AS MATERIALIZED ("                                                                                                                      \
	"  SELECT i.n FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("                                                                              \
	"    SELECT FROM " CARD_TABLES " WHERE a.account_id = " DB_EACH("1", "uuid") " AND " CARD_JOIN                                                  \
	"    AND (" DB_EACH("15", "smallint") " IS NULL OR " CARD_HOLDS(DB_EACH("15", "smallint")) ") LIMIT 1) l"                                       \
	"), " claim "c AS ("                                                                                                                            \
	"  INSERT INTO sen.auth_code (account_id, issued_on, code_hash, family_id, client_id, redirect_uri, challenge, nonce, scope,"                   \
	"   session_id, session_on, auth_time, epoch, expires_at, level, amr, bound_key, offline, extra)"                                               \
	"  SELECT " DB_EACH("1", "uuid") ", " DB_EACH("2", "date") ", " DB_EACH("3", "bytea") ", " DB_EACH("4", "uuid") ", " DB_EACH("5", "text") ","   \
	"   " DB_EACH("6", "text") ", " DB_EACH("7", "text") ", " DB_EACH("8", "text") ", " DB_EACH("9", "text") ", " DB_EACH("10", "uuid") ","         \
	"   " DB_EACH("11", "date") ", to_timestamp(" DB_EACH("12", "bigint") "), " DB_EACH("13", "bigint") ","                                         \
	"   now() + " DB_EACH("14", "bigint") " * interval '1 s', " DB_EACH("16", "smallint") ", " DB_EACH("17", "text") ", " DB_EACH("18", "text") "," \
	"   " DB_EACH("19", "boolean") ", " DB_EACH("20", "jsonb") " FROM w i WHERE " claimed                                                           \
	")"                                                                                                                                             \
	"SELECT " claimed ", i.n FROM w i"

DB_GATHERED(code_insert, DB_WRITE, 0, CODE_INSERT("", "true"));
#define CODE_PARAMS 20
/* A pushed request is used up, or nothing happens.  Apart from the other: a statement pays for each partition that it names. */
DB_GATHERED(code_insert_pushed, DB_WRITE, 21,
	CODE_INSERT("p AS ("
	            "  UPDATE sen.pushed_request r SET used_at = now() FROM w i"
	            "  WHERE r.issued_on = " DB_EACH("22", "date") " AND r.id_hash = " DB_EACH("21", "bytea") " AND r.client_id = " DB_EACH("5", "text")
	            "  AND r.used_at IS NULL RETURNING i.n"
	            "), ", "i.n IN (SELECT p.n FROM p)"));

/*
 * The claim, the checks, the birth of the token family and the claims of the ID token are one
 * statement.  The code is used up even when redirect_uri or verifier do not fit: a client does
 * not get a second guess.  The session is held, so that one that is ending at this moment either
 * sees the new family, and tells its relying party of the end, or keeps it from being born.
 */
DB_GATHERED(code_claim, DB_WRITE, 3,
	"WITH x AS MATERIALIZED ("
	"  SELECT i.n, " DB_EACH("1", "uuid") " AS account_id, " DB_EACH("2", "date") " AS issued_on, " DB_EACH("3", "bytea") " AS code_hash,"
	"   " DB_EACH("4", "text") " AS client_id, l.* FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("
	"    SELECT a.status = 'active' AND k.enabled AND " CARD_ADMITS " AS may, a.epoch, " CARD_ADMINISTERS " AS administers,"
	"     " CARD_COLUMNS(DB_EACH("11", "text")) " FROM " CARD_PERSON_TABLES ", sen.oauth_client k"
	"    WHERE a.account_id = " DB_EACH("1", "uuid") " AND " CARD_PERSON_JOIN " AND k.id = " DB_EACH("4", "text") " LIMIT 1) l"
	"), c AS ("
	"  UPDATE sen.auth_code c SET used_at = now() FROM x i"
	"  WHERE c.account_id = i.account_id AND c.issued_on = i.issued_on AND c.code_hash = i.code_hash AND c.client_id = i.client_id"
	"  AND c.used_at IS NULL AND c.expires_at > now()"
	"  RETURNING i.*, c.family_id, c.session_id, c.session_on, c.scope, c.nonce, c.auth_time, c.level, c.amr, c.offline, c.extra,"
	"   i.may AND i.epoch = c.epoch AND c.redirect_uri = " DB_EACH("5", "text") " AND c.challenge IS NOT DISTINCT FROM " DB_EACH("6", "text")
	"   AND (c.bound_key IS NULL OR c.bound_key = " DB_EACH("7", "text") ") AS fits"
	"), f AS ("
	"  INSERT INTO sen.token_family (account_id, issued_on, id, client_id, session_id, session_on, scope, auth_time, epoch,"
	"   expires_at, level, amr, bound_key, offline, idle_s, extra)"
	"  SELECT i.account_id, i.issued_on, i.family_id, i.client_id, i.session_id, i.session_on, i.scope, i.auth_time, i.epoch,"
	"   CASE WHEN i.offline THEN now() + " DB_EACH("9", "bigint") " * interval '1 s' ELSE s.expires_at END, i.level, i.amr, " DB_EACH("8", "text") ","
	"   i.offline, CASE WHEN i.offline THEN " DB_EACH("10", "integer") " END, i.extra"
	"  FROM c i CROSS JOIN LATERAL ("
	"    SELECT s.expires_at FROM sen.session s WHERE s.account_id = i.account_id AND s.issued_on = i.session_on AND s.id = i.session_id"
	"    AND s.ended_at IS NULL AND s.expires_at > now() LIMIT 1 FOR SHARE OF s) s"
	"  WHERE i.fits RETURNING id"
	")"
	"SELECT x.family_id IN (SELECT f.id FROM f), x.family_id, x.scope, x.nonce, x.session_id, " DB_EPOCH("x.auth_time")
	", x.administers, x.level, x.amr, x.extra, " CARD_COLUMNS_OF_X ", x.n FROM c x");
#define FIRST_CARD_COLUMN 10

DB_QUERY(code_reuse, DB_WRITE,
	"WITH f AS ("
	"  UPDATE sen.token_family f SET revoked_at = now(), revoke_reason = 'code used twice' FROM sen.auth_code c"
	"  WHERE c.account_id = $1::uuid AND c.issued_on = $2::date AND c.code_hash = $3::bytea AND c.client_id = $4::text"
	"  AND c.used_at IS NOT NULL AND f.account_id = c.account_id AND f.issued_on = c.issued_on AND f.id = c.family_id"
	"  AND f.revoked_at IS NULL RETURNING f.account_id, f.id"
	")"
	"INSERT INTO sen.audit (actor, action, account_id, object, request_id)"
	" SELECT 'system', 'code.reuse', f.account_id, 'family:' || f.id, $5::text FROM f");

int code_issue(struct op *op, const struct oidc_settings *settings, const struct code_wish *wish, struct str *ret_code)
{
	const struct authorize_request *rq = wish->request;
	const struct session *session = wish->session;
	const struct authorization_extra extra = { .claims = rq->claims, .resource = rq->resource, .details = rq->authorization_details };
	bool offline = scope_has(wish->scope, STR(SCOPE_OFFLINE)), is_pushed = !str_is_null(rq->request_uri);
	struct pushed_handle pushed = { 0 };
	struct handle h;
	struct str code = handle_new(op, HANDLE_CODE, session->account_id, &h);
	char family[UUID_TEXT_LEN + 1];
	struct db_rows rows;
	int r;

	if (is_pushed && !pushed_handle_read(op, rq->request_uri, &pushed))
		return op_fail(op, ERR_INVALID_REQUEST_URI, "request_uri is none of ours");
	random_uuid(family);

	const struct db_param params[] = {
		P_STR(session->account_id), P_STR(h.on), P_BYTES(h.hash), P_C(family), P_STR(rq->client_id), P_STR(rq->redirect_uri),
		P_STR(rq->code_challenge), P_STR(rq->nonce), P_STR(wish->scope), P_STR(session->id), P_STR(session->on),
		P_I64(session->auth_time_s), P_I64(session->epoch), P_I64(settings->code_s),
		wish->platform_id >= 0 ? P_I64(wish->platform_id) : P_NULL, P_I64(session->level), P_STR(session->amr), P_STR(rq->dpop_jkt),
		P_BOOL(offline), P_STR(authorization_extra_write(op, &extra)), P_BYTES(pushed.hash), P_STR(pushed.on),
	};

	r = db_run_params(op, is_pushed ? &code_insert_pushed : &code_insert, params, is_pushed ? ARRAY_LEN(params) : CODE_PARAMS, &rows);
	if (r < 0)
		return r;
	if (rows.n == 1 && !db_bool(&rows, 0, 0))
		return op_fail(op, ERR_INVALID_REQUEST_URI, "the pushed request has been used");
	*ret_code = rows.n == 1 ? code : STR_NULL;
	return 0;
}

/* RFC 7636 §4.1: code-verifier = 43*128unreserved */
static bool verifier_is_wellformed(struct str v)
{
	if (v.len < 43 || v.len > 128)
		return false;
	for (size_t i = 0; i < v.len; i++) {
		char c = v.p[i];
		bool unreserved = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
		                  c == '.' || c == '_' || c == '~';

		if (!unreserved)
			return false;
	}
	return true;
}

static int from_row(struct op *op, const struct handle *h, const struct db_rows *rows, struct authorization *ret)
{
	struct official_facts *facts = ARENA_NEW(op->arena, struct official_facts);

	*ret = (struct authorization){
		.account_id = h->account_id,
		.family_on = h->on,
		.family_id = db_str(rows, 0, 1),
		.scope = db_str(rows, 0, 2),
		.nonce = db_str(rows, 0, 3),
		.session_id = db_str(rows, 0, 4),
		.auth_time_s = db_i64(rows, 0, 5),
		.may_grant = db_bool(rows, 0, 6),
		.level = db_i64(rows, 0, 7),
		.amr = db_str(rows, 0, 8),
		.may_refresh = true,
		.official = card_read(op, rows, FIRST_CARD_COLUMN, h->account_id, facts) ? facts : NULL,
	};
	return authorization_extra_read(op, db_str(rows, 0, 9), &ret->extra);
}

int code_redeem(struct op *op, const struct oidc_settings *settings, const struct client *client,
                const struct code_redemption *redemption, struct authorization *ret_authorization)
{
	static const char refused[] = "the code is not valid";
	struct str challenge = STR_NULL;
	/* A confidential client's refresh tokens are bound by its authentication (RFC 9449 §5). */
	struct str bound = client->auth_method == CLIENT_AUTH_NONE ? redemption->jkt : STR_NULL;
	struct handle h;
	struct db_rows rows;
	int r;

	if (!handle_read(op, HANDLE_CODE, redemption->code, &h))
		return op_fail_detail(op, ERR_INVALID_GRANT, refused, "not a code of ours");
	if (!str_is_null(redemption->code_verifier)) {
		if (!verifier_is_wellformed(redemption->code_verifier))
			return op_fail(op, ERR_INVALID_GRANT, "code_verifier is malformed");
		challenge = base64url_encode(op->arena, sha256_str(op->arena, redemption->code_verifier));
	}
	r = db_run(op, &code_claim, &rows, P_STR(h.account_id), P_STR(h.on), P_BYTES(h.hash), P_STR(client->id),
	           P_STR(redemption->redirect_uri), P_STR(challenge), P_STR(redemption->jkt), P_STR(bound),
	           P_I64(settings->offline_absolute_s), P_I64(settings->offline_idle_s), P_I64(client->platform_id));
	if (r < 0)
		return r;
	if (rows.n == 0) {
		r = db_run(op, &code_reuse, &rows, P_STR(h.account_id), P_STR(h.on), P_BYTES(h.hash), P_STR(client->id), P_C(op->id));
		return r < 0 ? r : op_fail_detail(op, ERR_INVALID_GRANT, refused, "unknown, expired, used or another client's");
	}
	if (!db_bool(&rows, 0, 0))
		return op_fail_detail(op, ERR_INVALID_GRANT, refused,
		                      "redirect_uri, verifier, key, account, session or access do not fit; the code is used up");
	return from_row(op, &h, &rows, ret_authorization);
}
