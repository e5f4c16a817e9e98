#include "tests/db/carded.h"

#include "server/oidc/card.h"

#include <stdio.h>

/* Told apart from the view by being written from the facts alone: dates, suspension by a review, post with hand-over, stops, grace. */
#define HELD                                                                                                              \
	" FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform q ON q.id = r.platform_id"             \
	" LEFT JOIN sen.post o ON o.person_id = t.person_id AND o.id = g.post_id"                                            \
	" CROSS JOIN LATERAL (SELECT count(*) > 0 AS is_grace FROM sen.account_grace c JOIN sen.account_stop s ON s.account_id = c.account_id" \
	"  AND s.id = c.stop_id WHERE c.account_id = t.id AND c.role_id = g.role_id AND c.until_at > now() AND s.valid_from <= now()) x"        \
	" WHERE g.account_id = t.id AND g.revoked_at IS NULL AND coalesce(g.suspended_at, 'infinity') > now() AND g.valid_from <= now()"        \
	" AND (coalesce(g.valid_to, 'infinity') > now() OR g.origin = 'rule' AND x.is_grace) AND sen.platform_is_open(q.state)"                 \
	" AND (g.post_id IS NULL OR x.is_grace OR coalesce(lower(o.valid) <= sen.today()"                                                      \
	"  AND coalesce(upper(o.valid) + g.handover_days, 'infinity'::date) > sen.today(), false))"                                             \
	" AND (x.is_grace OR NOT EXISTS (SELECT FROM sen.account_stop s WHERE s.account_id = t.id AND s.valid_from <= now()"                     \
	"  AND coalesce(s.valid_to, 'infinity') > now() AND coalesce(s.platform_id, r.platform_id) = r.platform_id)) AND r.platform_id = k.platform_id"
#define ADMINISTERED                                                                                                      \
	"(EXISTS (SELECT FROM sen.admin_scope s WHERE s.account_id = t.id AND s.revoked_at IS NULL"                            \
	"  AND s.valid_from <= now() AND coalesce(s.valid_to, 'infinity') > now()) AND NOT EXISTS (SELECT FROM sen.account_stop s" \
	"  WHERE s.account_id = t.id AND s.platform_id IS NULL AND s.valid_from <= now() AND coalesce(s.valid_to, 'infinity') > now()))"

static const char facts_sql[] =
	FACT_UNIT FACT_P02 FACT_P03
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified)"
	" VALUES (2, 'MC', 'Một cửa', 'normal', true), (2, 'TP', 'Thu phí', 'normal', true), (3, 'ND', 'Người dùng', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM unnest(ARRAY['ADM', 'A1', 'A2']) c;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person;"
	"INSERT INTO sen.oauth_client (id, platform_id, metadata) VALUES ('p02', 2, '{}'), ('p03', 3, '{}'), ('app', NULL, '{}');"
	"CREATE FUNCTION account(who text) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT id FROM sen.account WHERE login = who';"
	"CREATE FUNCTION person(who text) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT id FROM sen.person WHERE employee_code = who';"
	"CREATE FUNCTION give(who text, role text, since timestamptz DEFAULT now(), until timestamptz DEFAULT NULL) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, valid_to, granted_by)"
	" SELECT account(who), gen_random_uuid(), r.id, 1, 'QĐ', since, until, account('adm') FROM sen.role r WHERE r.code = role $$;"
	"CREATE FUNCTION take(who text, role text) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = account('adm') FROM sen.role r"
	" WHERE g.account_id = account(who) AND r.id = g.role_id AND r.code = role AND g.revoked_at IS NULL $$;"
	"CREATE FUNCTION post(who text, since date, until date) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.post (person_id, id, unit_id, title, kind, valid, decision_no)"
	" VALUES (person(who), gen_random_uuid(), 1, 'Chuyên viên ' || since, 'concurrent', daterange(since, until), 'QĐ') $$;"
	"CREATE FUNCTION scope(who text, until timestamptz) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.admin_scope (account_id, id, unit_id, rights, valid_to) VALUES (account(who), gen_random_uuid(), 1, '{read}', until) $$;"
	"CREATE FUNCTION stop(who text, platform integer DEFAULT NULL, since timestamptz DEFAULT now(), until timestamptz DEFAULT NULL) RETURNS uuid"
	" LANGUAGE sql AS $$ INSERT INTO sen.account_stop (account_id, id, platform_id, kind, valid_from, valid_to, movement_id)"
	" VALUES (account(who), gen_random_uuid(), platform::smallint, 'leave', since, until, gen_random_uuid()) RETURNING id $$;"
	"CREATE FUNCTION grace(who text, stop uuid, role text, until timestamptz) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.account_grace (account_id, stop_id, role_id, until_at) SELECT account(who), stop, r.id, until FROM sen.role r WHERE r.code = role $$;"
	/* Every grant hangs on the first post. */
	"CREATE FUNCTION hang(who text, days integer DEFAULT 0) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant SET post_id = (SELECT o.id FROM sen.post o WHERE o.person_id = person(upper(who)) ORDER BY lower(o.valid) LIMIT 1),"
	" handover_days = days WHERE account_id = account(who) $$;"
	"CREATE FUNCTION renew() RETURNS void LANGUAGE sql AS 'SELECT sen.cards_renew(id) FROM sen.account'";

#define LIES                                                                                                              \
	"SELECT count(*) FROM " CARD_PERSON_TABLES ", sen.oauth_client k, sen.account t, sen.person f WHERE " CARD_PERSON_JOIN \
	" AND t.id = a.account_id AND f.id = t.person_id AND (" \
	" (a.login, a.status, a.epoch) IS DISTINCT FROM (t.login, t.status, t.epoch)" \
	" OR " CARD_ADMITS " IS DISTINCT FROM (k.platform_id IS NULL OR EXISTS" \
	"  (SELECT" HELD "))" \
	" OR " CARD_ADMINISTERS " IS DISTINCT FROM " ADMINISTERED \
	" OR " CARD_HAS_ACCESS " IS DISTINCT FROM (" ADMINISTERED \
	"  OR EXISTS (SELECT FROM (SELECT id AS platform_id FROM sen.platform) k CROSS JOIN LATERAL (SELECT" HELD ") h))" \
	" OR " CARD_IS_FRESH " AND a.access -> k.platform_id::text IS DISTINCT FROM (SELECT jsonb_agg(DISTINCT r.code)" HELD ")" \
	" OR " CARD_PERSON_IS_FRESH " AND ((p.full_name, p.ho, p.dem, p.ten) IS DISTINCT FROM (f.full_name, f.ho, f.dem, f.ten)" \
	"  OR (p.unit -> 'posts') IS DISTINCT FROM (SELECT coalesce(jsonb_agg(jsonb_build_object('unit_code', u.code, 'unit_name', u.name," \
	"   'title', po.title, 'kind', po.kind) ORDER BY po.kind DESC, u.code, po.title), '[]') FROM sen.post po" \
	"   JOIN sen.unit u ON u.id = po.unit_id WHERE po.person_id = f.id AND po.valid @> sen.today())))"

int64_t lies_of(const char *logins)
{
	char sql[16384];

	(void)snprintf(sql, sizeof(sql), LIES " AND t.login ~ '%s'", logins);
	return side_i64(sql);
}

int64_t lies(void)
{
	return lies_of("");
}

int64_t freshness(const char *who)
{
	char sql[512];

	(void)snprintf(sql, sizeof(sql), "SELECT " CARD_IS_FRESH "::int + 2 * " CARD_PERSON_IS_FRESH "::int FROM " CARD_PERSON_TABLES
	               " WHERE " CARD_PERSON_JOIN " AND a.login = '%s'", who);
	return side_i64(sql);
}

int carded_open(const char *name, const char *more_sql)
{
	migrated_create(name);
	side(facts_sql);
	if (more_sql)
		side(more_sql);
	migrated_db = dbtest_open((struct db_config){ .pool_size = 2, .statement_timeout_ms = 60000 });
	return 0;
}
