/*
 * decoupled.h: what the grants share in which an official decides at one place while the client waits and
 * asks at another: device codes (RFC 8628 §3.5) and CIBA (CIBA Core §11).
 *
 * Both tables have the columns client_id, scope, extra, bound_key, offline, expires_at, interval_s, polled_at,
 * hasty, decided_at, allowed, account_id, session_id, session_on, auth_time, epoch, level, amr, used_at.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/official.h"
#include "server/session/session.h"

#define DECOUPLED_INTERVAL_S 5
/* Polls may be this much early: networks are not even. */
#define DECOUPLED_EARLY " polled_at + interval_s * interval '1 s' - interval '500 ms' > now()"

/*
 * A poll.  The pace, the claim, the checks, the birth of the token family and the claims of the ID token are one
 * statement, so that of many polls at once one gets the tokens, and each that comes too early counts.  key: the
 * row, of $1 day, $2 hash and from $9 on.  $3 client, $4 key proved with the poll, $5 the same for a public client,
 * $6 and $7 life of an offline family, $8 platform.
 *
 * A second redemption gives nothing and revokes nothing, unlike a code's: what a client polls with has been in no
 * browser, and a client whose answer was lost asks again in good faith.
 */
#define DECOUPLED_CLAIM(table, key)                                                                                         \
	"WITH d AS ("                                                                                                      \
	"  UPDATE " table " SET polled_at = now(), hasty = coalesce(" DECOUPLED_EARLY ", false),"                         \
	"   interval_s = CASE WHEN " DECOUPLED_EARLY " THEN least(interval_s + 5, 60) ELSE interval_s END,"                \
	"   used_at = CASE WHEN allowed AND expires_at > now() THEN now() END"                                             \
	"  WHERE " key " AND client_id = $3::text AND used_at IS NULL RETURNING *"                                         \
	"), f AS ("                                                                                                        \
	"  INSERT INTO sen.token_family (account_id, issued_on, id, client_id, session_id, session_on, scope, auth_time, epoch," \
	"   expires_at, level, amr, bound_key, offline, idle_s, extra)"                                                    \
	"  SELECT d.account_id, d.issued_on, gen_random_uuid(), d.client_id, d.session_id, d.session_on, d.scope, d.auth_time, d.epoch," \
	"   CASE WHEN d.offline THEN now() + $6::bigint * interval '1 s' ELSE s.expires_at END, d.level, d.amr, $5::text, d.offline," \
	"   CASE WHEN d.offline THEN $7::integer END, d.extra"                                                             \
	"  FROM d JOIN sen.account a ON a.id = d.account_id AND a.status = 'active' AND a.epoch = d.epoch"                 \
	"  JOIN sen.session s ON s.account_id = d.account_id AND s.issued_on = d.session_on AND s.id = d.session_id"       \
	"    AND " SESSION_NEAR("s.issued_on", "$1::date")                                                                 \
	"    AND s.ended_at IS NULL AND s.expires_at > now()"                                                              \
	"  JOIN sen.oauth_client k ON k.id = d.client_id AND k.enabled"                                                    \
	"    AND (k.platform_id IS NULL OR EXISTS (SELECT FROM sen.live_grant g WHERE g.account_id = d.account_id AND g.platform_id = k.platform_id))" \
	"  WHERE d.used_at IS NOT NULL AND (d.bound_key IS NULL OR d.bound_key = $4::text)"                                \
	"  FOR SHARE OF s"                                                                                                 \
	"  RETURNING id"                                                                                                   \
	")"                                                                                                                \
	"SELECT d.expires_at <= now(), d.decided_at IS NOT NULL, d.allowed, d.hasty, f.id, d.account_id, d.issued_on, d.scope," \
	" d.session_id, floor(extract(epoch FROM d.auth_time))::bigint,"                                                   \
	" EXISTS (SELECT FROM sen.live_scope s WHERE s.account_id = d.account_id), d.level, d.amr, d.extra,"               \
	OFFICIAL_COLUMNS("$8::smallint", "d.scope", "d.extra")                                                             \
	" FROM d LEFT JOIN sen.account a ON a.id = d.account_id LEFT JOIN sen.person p ON p.id = a.person_id LEFT JOIN f ON true"

/*
 * The decision, once, by a session; audited as what.allow or what.deny.  key: from $10 on.  Gives the row's
 * client, or no row.
 */
#define DECOUPLED_DECIDE(table, key, what)                                                                                  \
	"WITH d AS ("                                                                                                      \
	"  UPDATE " table " SET decided_at = now(), allowed = $1::boolean, account_id = $2::uuid, session_id = $3::uuid,"  \
	"   session_on = $4::date, auth_time = to_timestamp($5::bigint), epoch = $6::bigint, level = $7::smallint, amr = $8::text" \
	"  WHERE " key " AND decided_at IS NULL AND expires_at > now() RETURNING client_id"                                \
	"), l AS ("                                                                                                        \
	"  INSERT INTO sen.audit (actor, action, account_id, object, request_id)"                                          \
	"  SELECT 'account:' || $2::text, '" what "' || CASE WHEN $1::boolean THEN '.allow' ELSE '.deny' END, $2::uuid,"   \
	"   'client:' || d.client_id, $9::text FROM d"                                                                     \
	") SELECT client_id FROM d"
#define DECOUPLED_DECIDE_PARAMS(op, session, allowed)                                                                       \
	P_BOOL(allowed), P_STR((session)->account_id), P_STR((session)->id), P_STR((session)->on),                         \
	P_I64((session)->auth_time_s), P_I64((session)->epoch), P_I64((session)->level), P_STR((session)->amr), P_C((op)->id)

/* What a poll met. */
struct decoupled_state {
	bool expired, decided, allowed;
	bool hasty;      /* came too early */
	bool has_family; /* account, session, key and access fit */
};
/* 0: tokens are due.  Else the error of RFC 8628 §3.5 and CIBA Core §11.  Pure. */
int decoupled_verdict(const struct decoupled_state *state);

/* Reads the answer of a DECOUPLED_CLAIM.  ERR_INVALID_GRANT: no such row of the client, or used. */
int decoupled_read(struct op *op, const struct db_rows *rows, struct authorization *ret_authorization) _must_check_;
