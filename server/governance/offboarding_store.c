#include "server/governance/offboarding_store.h"

#include "common/base/base64.h"
#include "common/crypto/digest.h"
#include "server/governance/json_rows.h"

DB_QUERY(offboarding_may_see_q, DB_READ,
         "SELECT p.id, EXISTS (SELECT FROM sen.unit u WHERE u.id = sen.home_unit(p.id) AND sen.scope_covers($2::uuid, 'read', u.path, NULL))"
         " FROM sen.person p WHERE p.employee_code = $1 AND sen.may_see_person($2::uuid, 'read', p.id)");

/* An account that the observer has seen there, which may be this person's. */
#define IS_ALIVE "s.active AND s.situation <> 'missing' AND s.decision IS DISTINCT FROM 'ignore'"

/*
 * A session and a family of tokens live as long as they are not ended, not run out and of the account's present epoch.  A token in
 * somebody's hands may be taken for good, by a platform that looks only at its signature, until its own end: at most that of the
 * family and the client's lifetime for access tokens.
 */
DB_QUERY(offboarding_read_q, DB_READ,
	"WITH a AS MATERIALIZED (SELECT * FROM sen.account WHERE person_id = $1::uuid),"
	" s AS (SELECT count(*) FILTER (WHERE s.ended_at IS NULL AND s.expires_at > now() AND s.epoch = a.epoch) AS open, max(s.ended_at) AS ended_at"
	"  FROM a JOIN sen.session s ON s.account_id = a.id),"
	" f AS (SELECT f.revoked_at IS NULL AND f.expires_at > now() AND f.epoch = a.epoch AS is_open,"
	"  coalesce(f.revoked_at, CASE WHEN f.expires_at <= now() THEN f.expires_at WHEN f.epoch < a.epoch AND a.status <> 'active' THEN a.status_since"
	"   ELSE now() END) AS ended_at, coalesce((k.metadata ->> 'sen_access_token_s')::integer, 600) AS token_s"
	"  FROM a JOIN sen.token_family f ON f.account_id = a.id LEFT JOIN sen.oauth_client k ON k.id = f.client_id),"
	" t AS (SELECT count(*) FILTER (WHERE is_open OR ended_at + token_s * interval '1 s' > now()) AS open, max(ended_at) AS ended_at,"
	"  max(ended_at + token_s * interval '1 s') AS valid_until FROM f),"
	" w AS (SELECT a.id, x.platform_id FROM a JOIN sen.binding x ON x.account_id = a.id"
	"  UNION SELECT a.id, g.platform_id FROM a JOIN sen.live_grant g ON g.account_id = a.id WHERE a.status IN ('pending', 'active')"
	"  UNION SELECT a.id, s.platform_id FROM a JOIN sen.shadow s ON s.owner_account = a.id WHERE " IS_ALIVE "),"
	" pl AS (SELECT coalesce(jsonb_agg(jsonb_build_object('platform', p.code, 'name', p.name, 'login', a.login,"
	"   'is_bound', b.account_id IS NOT NULL, 'want_active', coalesce(b.want_active, true), 'state', coalesce(b.state, -1),"
	"   'is_planning', EXISTS (SELECT FROM sen.dirty_account d WHERE d.account_id = a.id),"
	"   'is_as_wanted', b.want_hash IS NOT DISTINCT FROM b.seen_hash AND b.want_active IS NOT DISTINCT FROM b.seen_active,"
	"   'proof', coalesce(e.kind, 'none'), 'read', e.what, 'ext_id', e.ext_id, 'operation', e.operation_id,"
	"   'gone_at', sen.iso(e.gone_at), 'verified_at', sen.iso(e.verified_at), 'fault', b.err_class, 'alive', v.ext_ids)"
	"   ORDER BY p.id, a.login), '[]') AS list"
	"  FROM w JOIN a ON a.id = w.id JOIN sen.platform p ON p.id = w.platform_id"
	"  LEFT JOIN sen.binding b ON b.account_id = w.id AND b.platform_id = w.platform_id"
	"  LEFT JOIN LATERAL sen.access_ended(b.account_id, b.platform_id, b.want_gen) e ON b.account_id IS NOT NULL"
	/* What the binding speaks of is judged by it, and so is a deleted account that has not been listed since. */
	"  CROSS JOIN LATERAL (SELECT coalesce(jsonb_agg(s.ext_id ORDER BY s.ext_id), '[]') AS ext_ids FROM sen.shadow s"
	"   WHERE s.owner_account = w.id AND s.platform_id = w.platform_id AND " IS_ALIVE
	"   AND s.ext_id IS DISTINCT FROM b.ext_id AND s.ext_id IS DISTINCT FROM e.ext_id"
	"   AND NOT (b.account_id IS NOT NULL AND b.ext_id IS NULL AND s.situation = 'linked' AND s.changed_at < coalesce(e.verified_at, '-infinity'))) v)"
	" SELECT jsonb_build_object("
	" 'read_at', floor(extract(epoch FROM now()))::bigint,"
	" 'person', jsonb_build_object('employee_code', p.employee_code, 'full_name', p.full_name, 'state', sen.person_state(p.id),"
	"  'unit', u.code, 'unit_name', u.name, 'title', (SELECT o.title FROM sen.post o WHERE o.person_id = p.id"
	"   ORDER BY o.valid @> sen.today() DESC, o.kind = 'main' DESC, lower(o.valid) DESC, o.id LIMIT 1)),"
	" 'accounts', (SELECT coalesce(jsonb_agg(jsonb_build_object('login', a.login, 'kind', a.kind, 'status', a.status,"
	"  'since', sen.iso(a.status_since)) ORDER BY a.login), '[]') FROM a),"
	" 'platforms', pl.list,"
	" 'sessions', jsonb_build_object('open', s.open, 'ended_at', sen.iso(s.ended_at)),"
	" 'tokens', jsonb_build_object('open', t.open, 'ended_at', sen.iso(t.ended_at), 'valid_until', sen.iso(t.valid_until)),"
	" 'administration', jsonb_build_object('open', (SELECT count(*) FROM a JOIN sen.admin_scope c ON c.account_id = a.id"
	"  WHERE c.revoked_at IS NULL AND (c.valid_to IS NULL OR c.valid_to > now()))),"
	" 'shared', jsonb_build_object('open', (SELECT count(*) FROM a JOIN sen.shared_member m ON m.member_id = a.id WHERE m.removed_at IS NULL)"
	"  + (SELECT count(*) FROM a JOIN sen.shared_use m ON m.member_id = a.id WHERE m.in_at IS NULL)))"
	" FROM sen.person p LEFT JOIN sen.unit u ON u.id = sen.home_unit(p.id), s, t, pl WHERE p.id = $1::uuid");

DB_QUERY(offboarding_number_q, DB_WRITE,
         "INSERT INTO sen.offboarding_number AS n (year, last) VALUES (extract(year FROM sen.today())::integer, 1)"
         " ON CONFLICT (year) DO UPDATE SET last = n.last + 1 RETURNING year, last,"
         " (SELECT p.full_name FROM sen.account a JOIN sen.person p ON p.id = a.person_id WHERE a.id = $1::uuid)");
DB_QUERY(offboarding_add_q, DB_WRITE,
         "INSERT INTO sen.offboarding_certificate (year, number, id, person_id, issued_by, complete, kid, jwk, jws)"
         " VALUES ($1::integer, $2::integer, $3::uuid, $4::uuid, $5::uuid, $6::boolean, $7, $8::jsonb, $9) RETURNING sen.iso(issued_at)");
DB_QUERY(offboarding_get_q, DB_READ,
         "SELECT c.id, c.number || '/' || c.year, sen.iso(c.issued_at), c.complete, c.kid, c.jws, c.jwk FROM sen.offboarding_certificate c"
         " WHERE c.person_id = $1::uuid AND ($2::text IS NULL OR c.number || '/' || c.year = $2) ORDER BY c.year DESC, c.number DESC LIMIT 1");
DB_QUERY(offboarding_all_q, DB_READ,
         "SELECT coalesce(jsonb_agg(jsonb_build_object('number', c.number || '/' || c.year, 'issued_at', sen.iso(c.issued_at), 'issued_by', a.login,"
         " 'complete', c.complete, 'kid', c.kid) ORDER BY c.year DESC, c.number DESC), '[]')"
         " FROM (SELECT * FROM sen.offboarding_certificate WHERE person_id = $1::uuid ORDER BY year DESC, number DESC LIMIT 50) c"
         " JOIN sen.account a ON a.id = c.issued_by");

int offboarding_may_see(struct op *op, const struct principal *p, struct str employee_code, struct str *ret_person_id)
{
	struct db_rows rows;
	int r = db_run(op, &offboarding_may_see_q, &rows, P_STR(employee_code), P_STR(p->account_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	if (!db_bool(&rows, 0, 1))
		return op_fail(op, ERR_OUT_OF_SCOPE, "not within your scope");
	*ret_person_id = db_str(&rows, 0, 0);
	return 0;
}

int offboarding_read(struct op *op, struct str person_id, json_t **ret_state)
{
	struct db_rows rows;
	int r = db_run(op, &offboarding_read_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_PERSON, "no such person");
	*ret_state = json_cell(op, &rows, 0, 0);
	return 0;
}

int offboarding_number(struct op *op, const struct principal *p, int64_t *ret_year, int64_t *ret_number, struct str *ret_issuer)
{
	struct db_rows rows;
	int r = db_run(op, &offboarding_number_q, &rows, P_STR(p->account_id));

	if (r < 0)
		return r;
	*ret_year = db_i64(&rows, 0, 0);
	*ret_number = db_i64(&rows, 0, 1);
	*ret_issuer = db_str(&rows, 0, 2);
	return 0;
}

int offboarding_add(struct op *op, const struct principal *p, struct str person_id, int64_t year, int64_t number, struct off_certificate *c)
{
	struct db_rows rows;
	int r = db_run(op, &offboarding_add_q, &rows, P_I64(year), P_I64(number), P_STR(c->id), P_STR(person_id), P_STR(p->account_id),
	              P_BOOL(c->complete), P_STR(c->kid), P_STR(c->jwk), P_STR(c->jws));

	if (r == 0)
		c->issued_at = db_str(&rows, 0, 0);
	return r;
}

json_t *offboarding_record(struct op *op, struct str employee_code, const struct off_certificate *c)
{
	json_t *data = json_new_object();
	uint8_t digest[SHA256_LEN];

	sha256(c->jws, digest);
	json_set_str(data, "employee_code", employee_code);
	json_set_bool(data, "complete", c->complete);
	json_set_str(data, "sha256", hex_encode(op->arena, str_n((const char *)digest, sizeof(digest))));
	return data;
}

int offboarding_get(struct op *op, struct str person_id, struct str number, struct off_certificate *ret)
{
	struct db_rows rows;
	int r = db_run(op, &offboarding_get_q, &rows, P_STR(person_id), P_STR(number));

	if (r < 0)
		return r;
	if (rows.n == 0)
		return op_fail(op, ERR_UNKNOWN_CERTIFICATE, "no such certificate has been issued");
	*ret = (struct off_certificate){
		.id = db_str(&rows, 0, 0), .number = db_str(&rows, 0, 1), .issued_at = db_str(&rows, 0, 2), .complete = db_bool(&rows, 0, 3),
		.kid = db_str(&rows, 0, 4), .jws = db_str(&rows, 0, 5), .jwk = db_str(&rows, 0, 6),
	};
	return 0;
}

int offboarding_all(struct op *op, struct str person_id, json_t **ret_list)
{
	struct db_rows rows;
	int r = db_run(op, &offboarding_all_q, &rows, P_STR(person_id));

	if (r < 0)
		return r;
	*ret_list = json_cell(op, &rows, 0, 0);
	return 0;
}
