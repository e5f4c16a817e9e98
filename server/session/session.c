#include "server/session/session.h"

#include "common/base/random.h"
#include "server/session/handle.h"

/* What follows from an account (id, epoch, login, person_id, full_name; actor_id: who it is; until_at: when that ends, or NULL). */
#define SESSION_INSERT(account)                                                                                                                       \
	"WITH a AS (" account "), s AS ("                                                                                                             \
	"  INSERT INTO sen.session (account_id, issued_on, id, handle_hash, epoch, idle_s, expires_at, ip)"                                           \
	"  SELECT a.id, $2::date, $3::uuid, $4::bytea, a.epoch, $5::integer, least(now() + $6::bigint * interval '1 s', a.until_at), $7::text FROM a" \
	"  RETURNING account_id, epoch, " DB_EPOCH("auth_time") " AS auth_time, level, amr"                                                           \
	"), t AS ("                                                                                                                                   \
	"  UPDATE sen.sign_in_throttle SET fails = 0, in_flight = greatest(in_flight - 1, 0), next_at = now(), locked_until = NULL"                   \
	"  WHERE name_hash = $8::bytea AND EXISTS (SELECT FROM s)"                                                                                    \
	"), l AS ("                                                                                                                                   \
	"  INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"                                                               \
	"  SELECT 'account:' || a.actor_id, $9::text, s.account_id, 'session:' || $3::text, $10::text, jsonb_build_object('ip', $7::text)"            \
	"  FROM s JOIN a ON a.id = s.account_id"                                                                                                      \
	"), d AS ("                                                                                                                                   \
	"  INSERT INTO sen.account_use AS d (account_id, used_on) SELECT s.account_id, sen.today() FROM s"                                            \
	"  WHERE NOT EXISTS (SELECT FROM sen.account_use u WHERE u.account_id = s.account_id AND u.used_on >= sen.today())"                           \
	"  ON CONFLICT (account_id) DO UPDATE SET used_on = excluded.used_on WHERE d.used_on < excluded.used_on"                                      \
	")"                                                                                                                                           \
	"SELECT s.epoch, s.auth_time, a.login, a.person_id, a.full_name, s.level, s.amr FROM s JOIN a ON a.id = s.account_id"

DB_QUERY(session_insert, DB_WRITE,
	SESSION_INSERT("SELECT a.id, a.epoch, a.login, a.person_id, p.full_name, a.id AS actor_id, NULL::timestamptz AS until_at"
	               " FROM sen.account a JOIN sen.person p ON p.id = a.person_id"
	               " WHERE a.id = $1::uuid AND a.status = 'active' AND a.kind NOT IN ('technical', 'service', 'shared')"));
/* A shared account is used by the member who has it checked out, as long as that lasts, and says so. */
DB_QUERY(session_insert_shared, DB_WRITE,
	SESSION_INSERT("SELECT a.id, a.epoch, a.login, a.person_id, m.full_name || ' (' || a.login || ')' AS full_name, u.member_id AS actor_id, u.until_at"
	               " FROM sen.account a JOIN sen.shared_use u ON u.account_id = a.id AND u.in_at IS NULL AND u.until_at > now()"
	               " JOIN sen.account ma ON ma.id = u.member_id JOIN sen.person m ON m.id = ma.person_id"
	               " WHERE a.id = $1::uuid AND a.status = 'active' AND a.kind = 'shared'"));

DB_GATHERED(session_select, DB_READ, 0,
	"SELECT l.*, i.n FROM " DB_EXECUTIONS("uuid") " CROSS JOIN LATERAL ("
	"SELECT s.id, s.epoch, floor(extract(epoch FROM s.auth_time))::bigint, a.login, a.person_id,"
	" CASE WHEN a.kind = 'shared' THEN coalesce((SELECT m.full_name || ' (' || a.login || ')' FROM sen.shared_use u"
	"  JOIN sen.account ma ON ma.id = u.member_id JOIN sen.person m ON m.id = ma.person_id WHERE u.account_id = a.id AND u.in_at IS NULL),"
	"  a.login) ELSE p.full_name END,"
	" floor(extract(epoch FROM now() - s.last_seen_at))::bigint, s.level, s.amr"
	" FROM sen.session s JOIN sen.account a ON a.id = s.account_id JOIN sen.person p ON p.id = a.person_id"
	" WHERE s.account_id = " DB_EACH("1", "uuid") " AND s.issued_on = " DB_EACH("2", "date") " AND s.handle_hash = " DB_EACH("3", "bytea")
	" AND s.ended_at IS NULL AND s.expires_at > now() AND s.last_seen_at + s.idle_s * interval '1 s' > now()"
	" AND a.status = 'active' AND a.epoch = s.epoch LIMIT 1) l");

DB_QUERY(session_seen, DB_WRITE,
	"UPDATE sen.session SET last_seen_at = now() WHERE account_id = $1::uuid AND issued_on = $2::date AND id = $3::uuid"
	" AND ended_at IS NULL");

/* A trigger revokes the token families and puts logout tokens into the outbox. */
DB_QUERY(session_close, DB_WRITE,
	"WITH s AS ("
	"  UPDATE sen.session SET ended_at = now(), end_reason = $4::text"
	"  WHERE account_id = $1::uuid AND issued_on = $2::date AND id = $3::uuid AND ended_at IS NULL RETURNING account_id"
	"), l AS ("
	"  INSERT INTO sen.audit (actor, action, account_id, object, request_id, data)"
	"  SELECT 'account:' || s.account_id, 'session.end', s.account_id, 'session:' || $3::text, $5::text, jsonb_build_object('reason', $4::text) FROM s"
	")"
	"SELECT DISTINCT f.client_id FROM s JOIN sen.token_family f ON f.account_id = s.account_id AND f.session_id = $3::uuid"
	" AND f.issued_on BETWEEN $2::date - 1 AND $2::date + 2 ORDER BY f.client_id");

int session_begin(struct op *op, const struct session_start *start, struct session *ret_session, struct str *ret_cookie)
{
	char id[UUID_TEXT_LEN + 1];
	struct handle h;
	struct str cookie = handle_new(op, HANDLE_SESSION, start->account_id, &h);
	struct db_rows rows;
	int r;

	random_uuid(id);
	r = db_run(op, start->is_shared ? &session_insert_shared : &session_insert, &rows, P_STR(start->account_id), P_STR(h.on), P_C(id), P_BYTES(h.hash),
	           P_I64(start->limits.idle_s), P_I64(start->limits.absolute_s), P_STR(start->ip),
	           P_BYTES(start->throttle_name_hash), P_C(start->audit_action), P_C(op->id));
	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail_detail(op, ERR_SIGN_IN_FAILED, "sign-in failed", "account is no longer active");
	*ret_session = (struct session){
		.account_id = start->account_id,
		.on = h.on,
		.id = arena_dup_c(op->arena, id),
		.epoch = db_i64(&rows, 0, 0),
		.auth_time_s = db_i64(&rows, 0, 1),
		.login = db_str(&rows, 0, 2),
		.person_id = db_str(&rows, 0, 3),
		.full_name = db_str(&rows, 0, 4),
		.level = db_i64(&rows, 0, 5),
		.amr = db_str(&rows, 0, 6),
	};
	*ret_cookie = cookie;
	return 0;
}

int session_find(struct op *op, struct str cookie, struct session *ret_session)
{
	struct handle h;
	struct db_rows rows;
	int r;

	if (!handle_read(op, HANDLE_SESSION, cookie, &h))
		return op_fail(op, ERR_NOT_FOUND, "no session");
	r = db_run(op, &session_select, &rows, P_STR(h.account_id), P_STR(h.on), P_BYTES(h.hash));
	if (r < 0)
		return r;
	if (rows.n != 1)
		return op_fail(op, ERR_NOT_FOUND, "no session");
	*ret_session = (struct session){
		.account_id = h.account_id,
		.on = h.on,
		.id = db_str(&rows, 0, 0),
		.epoch = db_i64(&rows, 0, 1),
		.auth_time_s = db_i64(&rows, 0, 2),
		.login = db_str(&rows, 0, 3),
		.person_id = db_str(&rows, 0, 4),
		.full_name = db_str(&rows, 0, 5),
		.level = db_i64(&rows, 0, 7),
		.amr = db_str(&rows, 0, 8),
	};
	if (db_i64(&rows, 0, 6) >= SESSION_TOUCH_AFTER_S)
		return session_touch(op, h.account_id, h.on, ret_session->id);
	return 0;
}

int session_touch(struct op *op, struct str account_id, struct str on, struct str id)
{
	struct db_rows rows;

	return db_run(op, &session_seen, &rows, P_STR(account_id), P_STR(on), P_STR(id));
}

int session_end(struct op *op, const struct session *session, const char *reason, struct str_list *ret_clients)
{
	struct db_rows rows;
	struct str *clients;
	int r = db_run(op, &session_close, &rows, P_STR(session->account_id), P_STR(session->on), P_STR(session->id), P_C(reason), P_C(op->id));

	if (r < 0)
		return r;
	clients = ARENA_ARRAY(op->arena, struct str, rows.n);
	for (size_t i = 0; i < rows.n; i++)
		clients[i] = db_str(&rows, i, 0);
	*ret_clients = (struct str_list){ clients, rows.n };
	return 0;
}
