#include "tests/db/sessiondb.h"

#include <stdio.h>

static const char facts_sql[] =
	FACT_UNIT FACT_P02 FACT_P03
	"INSERT INTO sen.role (platform_id, code, name, sensitivity, verified)"
	" VALUES (2, 'MC', 'Một cửa', 'normal', true), (2, 'TP', 'Thu phí', 'normal', true), (3, 'ND', 'Người dùng', 'normal', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM unnest(ARRAY['ADM', 'A1', 'A2']) c;"
	"INSERT INTO sen.account (id, person_id, login, status) SELECT gen_random_uuid(), id, lower(employee_code), 'active' FROM sen.person;"
	"INSERT INTO sen.oauth_client (id, platform_id, metadata) VALUES"
	" ('p02', 2, '{\"backchannel_logout_uri\": \"https://p02.example/logout\"}'),"
	" ('p03', 3, '{\"backchannel_logout_uri\": \"https://p03.example/logout\"}'),"
	" ('quiet', 2, '{}'), ('app', NULL, '{\"backchannel_logout_uri\": \"https://app.example/logout\"}');"
	"CREATE FUNCTION account(who text) RETURNS uuid LANGUAGE sql STABLE AS 'SELECT id FROM sen.account WHERE login = who';"
	"CREATE FUNCTION give(who text, role text) RETURNS void LANGUAGE sql AS $$"
	" INSERT INTO sen.access_grant (account_id, id, role_id, unit_id, basis, valid_from, granted_by)"
	" SELECT account(who), gen_random_uuid(), r.id, 1, 'QĐ', now(), account('adm') FROM sen.role r WHERE r.code = role $$;"
	"CREATE FUNCTION take(who text, role text) RETURNS void LANGUAGE sql AS $$"
	" UPDATE sen.access_grant g SET revoked_at = now(), revoked_by = account('adm') FROM sen.role r"
	" WHERE g.account_id = account(who) AND r.id = g.role_id AND r.code = role AND g.revoked_at IS NULL $$;"
	/* A session with a family of each of these clients. */
	"CREATE FUNCTION sign_in(who text, clients text[], idle integer DEFAULT 900) RETURNS void LANGUAGE sql AS $$"
	" WITH s AS (INSERT INTO sen.session (account_id, issued_on, id, handle_hash, epoch, idle_s, expires_at, ip)"
	"  SELECT id, current_date, gen_random_uuid(), '\\x00', epoch, idle, now() + interval '12 h', '::1' FROM sen.account"
	"  WHERE login = who RETURNING *)"
	" INSERT INTO sen.token_family (account_id, issued_on, id, client_id, session_id, session_on, scope, auth_time, epoch, expires_at)"
	"  SELECT s.account_id, current_date, gen_random_uuid(), c, s.id, s.issued_on, 'openid', now(), s.epoch, s.expires_at"
	"  FROM s, unnest(clients) c $$;";

int sessiondb_setup(_unused_ void **state)
{
	return migrated_open("ends", facts_sql, N_PARALLEL);
}

void sessiondb_clean(void)
{
	side("DELETE FROM sen.access_grant; DELETE FROM sen.session; DELETE FROM sen.token_family; DELETE FROM sen.outbox;"
	     " UPDATE sen.account SET status = 'active', next_eval_at = NULL; UPDATE sen.platform SET state = 'operating' WHERE id > 0;"
	     " SELECT give('a1', 'MC'), give('a1', 'TP'), give('a1', 'ND'), give('a2', 'MC')");
}

int sessiondb_begin(void **state)
{
	unit_arena_setup(state);
	sessiondb_clean();
	return 0;
}

int64_t rows_for(const char *client)
{
	char sql[128];

	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM sen.outbox WHERE destination = '%s'", client);
	return side_i64(sql);
}

void expect_rows(int64_t p02, int64_t p03, int64_t app)
{
	assert_int_equal(rows_for("p02"), p02);
	assert_int_equal(rows_for("p03"), p03);
	assert_int_equal(rows_for("app"), app);
	assert_int_equal(rows_for("quiet"), 0);
}
