/*
 * A platform without any interface.  Its accounts are the table paper_account; kit_officer() is the person who carries out what the
 * forms ask, line by line, and confirms or refuses; kit_list() hands in the platform's own list.  SEN_TEST_PG and SEN_TEST_MIGRATIONS.
 *
 * What can break is the way to our own database, where lines and confirmations are: the connector has it through the proxy.
 */
#include "tests/connectors/stand_form.h"

#include "tests/db/migrated.h"

#include <stdlib.h>
#include <string.h>

static PGconn *side_conn;
static pthread_mutex_t side_lock = PTHREAD_MUTEX_INITIALIZER;
static struct db *through_proxy;

#define ROLE "sen_test_form"
#define PASSWORD "kit-secret-2"

static const char tables_sql[] =
	FACT_UNIT
	"INSERT INTO sen.platform (id, code, name, name_fold, kind, state, verified) VALUES (9, 'P09', 'Giấy', 'giay', 'central', 'operating', true);"
	"INSERT INTO sen.person (id, employee_code, kind, ho, dem, ten, full_name, name_fold)"
	" SELECT gen_random_uuid(), c, 'cong_chuc', 'Lê', '', 'An', 'Lê An', 'le an' FROM (VALUES ('CANBO'), ('LANHDAO')) x (c);"
	"INSERT INTO sen.account (id, person_id, login) SELECT gen_random_uuid(), id, lower(employee_code) FROM sen.person;"
	"INSERT INTO sen.form_setting (platform_id, officer) SELECT 9, id FROM sen.account WHERE login = 'canbo';"
	"INSERT INTO sen.admin_scope (account_id, id, unit_id, rights) SELECT id, gen_random_uuid(), 1, '{read,approve}' FROM sen.account;"
	/* The kit's officials are on no record of ours. */
	"ALTER TABLE sen.form_line DROP CONSTRAINT form_line_account_id_fkey;"
	"ALTER TABLE sen.form_account DROP CONSTRAINT form_account_account_id_fkey;"
	"CREATE TABLE paper_account (login text PRIMARY KEY, account_id uuid UNIQUE, full_name text NOT NULL, unit text, unit_name text, post text, phone text,"
	" active boolean NOT NULL DEFAULT true, roles text NOT NULL DEFAULT '');"
	"CREATE FUNCTION who(name text) RETURNS uuid LANGUAGE sql AS $$ SELECT id FROM sen.account WHERE login = name $$;"
	"CREATE FUNCTION kit_carry_out(l sen.form_line) RETURNS text LANGUAGE plpgsql AS $$"
	" DECLARE d jsonb := l.document; BEGIN"
	" IF NOT l.active THEN UPDATE paper_account SET active = false, roles = '' WHERE account_id = l.account_id; RETURN NULL; END IF;"
	" IF EXISTS (SELECT FROM paper_account WHERE login = d ->> 'login' AND account_id IS DISTINCT FROM l.account_id) THEN RETURN 'tên đăng nhập đã có người dùng'; END IF;"
	" IF NOT string_to_array(sen.form_role_codes(d), ',') <@ '{MC,TK,LD,ADMIN}' THEN RETURN 'không có vai trò này'; END IF;"
	" INSERT INTO paper_account (login, account_id, full_name, unit, unit_name, post, roles) VALUES (d ->> 'login', l.account_id, d ->> 'full_name', d ->> 'unit',"
	"  d ->> 'unit_name', d ->> 'post', sen.form_role_codes(d)) ON CONFLICT (account_id) DO UPDATE SET login = excluded.login, full_name = excluded.full_name,"
	"  unit = excluded.unit, unit_name = excluded.unit_name, post = excluded.post, roles = excluded.roles, active = true;"
	" RETURN NULL; END $$;"
	"CREATE FUNCTION kit_close() RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN PERFORM FROM sen.form_setting FOR UPDATE;"
	" RETURN (SELECT count(sen.form_close(9::smallint, number, 'officer')) FROM sen.form WHERE closed_at IS NULL); END $$;"
	"CREATE FUNCTION kit_officer() RETURNS bigint LANGUAGE plpgsql AS $$"
	" DECLARE l sen.form_line; fault text; said text; BEGIN"
	" PERFORM kit_close();"
	" FOR l IN SELECT * FROM sen.form_line WHERE state = 'waiting' ORDER BY number, line LOOP"
	"  fault := kit_carry_out(l);"
	"  said := sen.form_decide(9::smallint, l.number, ARRAY[l.line], CASE WHEN fault IS NULL THEN 'done' ELSE 'refused' END, fault, who('canbo'), 'kit');"
	"  IF said <> 'ok' THEN RAISE 'confirming ends in %', said; END IF;"
	" END LOOP; RETURN 1; END $$;"
	/* What was refused may be possible now. */
	"CREATE FUNCTION kit_list() RETURNS bigint LANGUAGE plpgsql AS $$"
	" DECLARE u uuid; said text; l record; BEGIN"
	" INSERT INTO sen.form_upload (platform_id, has_roles, has_names, uploaded_by) VALUES (9, true, true, who('canbo')) RETURNING id INTO u;"
	" INSERT INTO sen.form_upload_row SELECT 9, u, login, NULL, full_name, active, roles FROM paper_account;"
	" said := sen.form_list_end(9::smallint, u, who('canbo'), 'kit');"
	" IF said = 'held' THEN said := sen.form_list_release(9::smallint, u, true, who('lanhdao'), 'kit'); END IF;"
	" IF said NOT IN ('applied', 'ok') THEN RAISE 'the list ends in %', said; END IF;"
	" FOR l IN SELECT number, line FROM sen.form_line WHERE state = 'refused' LOOP"
	"  PERFORM sen.form_decide(9::smallint, l.number, ARRAY[l.line], 'again', NULL, who('canbo'), 'kit');"
	" END LOOP; RETURN 1; END $$;";

/* Rows of one statement; threads of the kit share the connection. */
static PGresult *run(const char *sql, const char *const *params, int n)
{
	PGresult *r;

	pthread_mutex_lock(&side_lock);
	r = PQexecParams(side_conn, sql, n, NULL, params, NULL, NULL, 0);
	pthread_mutex_unlock(&side_lock);
	if (PQresultStatus(r) != PGRES_TUPLES_OK && PQresultStatus(r) != PGRES_COMMAND_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(r));
	return r;
}

static void run_for(const char *sql, const char *login)
{
	PQclear(run(sql, &login, 1));
}

int64_t form_side(const char *sql)
{
	PGresult *r = run(sql, NULL, 0);
	uint64_t value = 0;

	assert_true(PQntuples(r) == 1 && str_to_u64(str_c(PQgetvalue(r, 0, 0)), INT64_MAX, &value));
	PQclear(r);
	return (int64_t)value;
}

void form_goes_out(void)
{
	(void)form_side("SELECT kit_close()");
}

static int begin(struct arena *a, struct connector_config *config)
{
	uint64_t port = 0;

	(void)a;
	if (!getenv("SEN_TEST_PG_PORT"))
		fail_msg("%s", "SEN_TEST_PG_PORT must name a PostgreSQL cluster for tests");
	assert_true(str_to_u64(str_c(getenv("SEN_TEST_PG_PORT")), 65535, &port));
	migrated_open("kit_form", tables_sql, 8);
	dbtest_admin("DROP ROLE IF EXISTS " ROLE);
	dbtest_admin("CREATE ROLE " ROLE " SUPERUSER LOGIN PASSWORD '" PASSWORD "'");
	side_conn = PQconnectdb(dbtest_conninfo());
	config->kind = STR("form");
	config->ca_file = STR("");
	return (int)port;
}

static struct db *our_db(void)
{
	return through_proxy;
}

static void close_way(void)
{
	db_close(through_proxy);
	through_proxy = NULL;
}

/* Of a keyword that is there twice, libpq takes the last. */
static void set_port(struct arena *a, struct connector_config *config, int port)
{
	struct db_config way = { .password = STR(PASSWORD), .program = DBTEST_PROGRAM, .pool_size = 4, .statement_timeout_ms = KIT_TIMEOUT_MS };
	struct str message = STR("");

	(void)config;
	close_way();
	way.conninfo = arena_printf(a, "%s host=127.0.0.1 port=%d user=" ROLE " sslmode=disable", dbtest_conninfo(), port);
	if (db_open(&way, &through_proxy, &message, a) < 0)
		fail_msg("db_open: %.*s", STR_ARG(message));
}

static void end(void)
{
	close_way();
	PQfinish(side_conn);
	dbtest_admin("DROP ROLE " ROLE);
	(void)migrated_drop(NULL);
}

/* Numbers go on. */
static void wipe(void)
{
	side("DELETE FROM paper_account; DELETE FROM sen.form_upload_row; DELETE FROM sen.form_upload; DELETE FROM sen.form_account;"
	     " UPDATE sen.form_line SET state = 'void'");
}

static struct str cell(struct arena *a, const PGresult *r, int column)
{
	return arena_dup_c(a, PQgetvalue(r, 0, column));
}

static struct stand_account look(struct arena *a, const char *login)
{
	PGresult *r = run("SELECT active, full_name, coalesce(unit, ''), coalesce(unit_name, ''), coalesce(post, ''), coalesce(phone, ''), coalesce(account_id::text, ''), roles"
	                  " FROM paper_account WHERE login = $1", &login, 1);
	struct stand_account seen = { .n = (size_t)PQntuples(r) };

	if (seen.n > 0)
		seen = (struct stand_account){ .n = seen.n, .active = strcmp(PQgetvalue(r, 0, 0), "t") == 0, .full_name = cell(a, r, 1), .unit_code = cell(a, r, 2),
			                       .unit_name = cell(a, r, 3), .post = cell(a, r, 4), .phone = cell(a, r, 5), .account_id = cell(a, r, 6),
			                       .roles = cell(a, r, 7) };
	PQclear(r);
	return seen;
}

static void act(enum stand_act what, const char *login)
{
	static const char *const acts[] = {
		[STAND_ADD_FOREIGN] = "INSERT INTO paper_account (login, full_name) VALUES ($1, 'Người Khác')",
		[STAND_RENAME] = "UPDATE paper_account SET full_name = 'Ai đó khác' WHERE login = $1",
		[STAND_TAKE_ROLE] = "UPDATE paper_account SET roles = '' WHERE login = $1",
		[STAND_GIVE_ROLE] = "UPDATE paper_account SET roles = CASE WHEN roles = '' THEN 'TK' ELSE roles || ',TK' END WHERE login = $1",
		[STAND_ENABLE] = "UPDATE paper_account SET active = true WHERE login = $1",
		[STAND_SET_PHONE] = "UPDATE paper_account SET phone = '0238 111 222' WHERE login = $1",
		[STAND_DELETE] = "DELETE FROM paper_account WHERE login = $1",
	};

	run_for(acts[what], login);
	(void)form_side("SELECT kit_list()");
}

static size_t count(void)
{
	return (size_t)form_side("SELECT count(*) FROM paper_account");
}

static void settle(struct arena *a, const struct desired *d)
{
	(void)a;
	(void)d;
	(void)form_side("SELECT kit_officer()");
}

static const struct stand stand = {
	.name = "request forms", .keeps_phone = true, .knows_roles = true, .renames = true, .is_reached_by_paper = true,
	.own = { &scenarios_form },
	.begin = begin, .set_port = set_port, .db = our_db, .end = end, .wipe = wipe, .look = look, .act = act, .count = count, .settle = settle,
};
const struct stand *const kit_stand = &stand;
