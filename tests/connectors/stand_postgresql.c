/*
 * PostgreSQL.  SEN_TEST_PG: libpq keywords of a superuser over the unix socket; SEN_TEST_PG_PORT: the same server on
 * 127.0.0.1, where the connector's own role comes in by password.
 */
#include "tests/connectors/stand_sql.h"

#include <stdio.h>
#include <stdlib.h>

#define DATABASE "sen_test_kit"

static struct str psql(struct arena *a, const char *database, const char *sql)
{
	struct str conninfo = arena_printf(a, "%s dbname=%s", getenv("SEN_TEST_PG"), database);
	const char *const argv[] = { "psql", "-X", "-A", "-t", "-q", "-v", "ON_ERROR_STOP=1", "-d", conninfo.p, "-c", sql, NULL };

	return stand_command(a, argv, STR_NULL);
}

static struct str side(struct arena *a, const char *sql)
{
	return psql(a, DATABASE, sql);
}

static struct str statements(struct arena *a)
{
	const char *const argv[] = { "cat", getenv("SEN_TEST_SQL_STATEMENTS"), NULL };
	struct str common = stand_command(a, argv, STR_NULL);

	/* Pages of a few, so that there are several. */
	return arena_printf(a, "%.*s\n-- name: list\nSELECT id AS ext_id, sen_id AS account_id, login, name AS full_name, unit AS unit_code, post, enabled AS active,"
	                    " (SELECT string_agg(role, ',') FROM all_roles r WHERE r.user_id = u.id) AS roles FROM users u"
	                    " WHERE (id > :after OR :after IS NULL) ORDER BY id LIMIT 7\n-- name: list_count\nSELECT count(*) AS n FROM users\n", STR_ARG(common));
}

static int begin(struct arena *a, struct connector_config *config)
{
	uint64_t port = 0;

	if (!getenv("SEN_TEST_PG") || !getenv("SEN_TEST_PG_PORT"))
		fail_msg("%s", "SEN_TEST_PG and SEN_TEST_PG_PORT must name a PostgreSQL cluster for tests");
	assert_true(str_to_u64(str_c(getenv("SEN_TEST_PG_PORT")), 65535, &port));
	psql(a, "postgres", "DROP DATABASE IF EXISTS " DATABASE " WITH (FORCE)");
	psql(a, "postgres", "DROP ROLE IF EXISTS sen_test_kit");
	psql(a, "postgres", "CREATE ROLE sen_test_kit LOGIN PASSWORD 'kit-secret-1'");
	psql(a, "postgres", "CREATE DATABASE " DATABASE " TEMPLATE template0 ENCODING 'UTF8'");
	stand_sql_tables(side, "integer GENERATED ALWAYS AS IDENTITY", "");
	side(a, "CREATE VIEW all_roles AS SELECT user_id, role FROM user_roles UNION ALL SELECT user_id, 'ADMIN' FROM admins");
	side(a, "GRANT SELECT, INSERT, UPDATE, DELETE ON users TO sen_test_kit");
	side(a, "GRANT SELECT ON all_roles TO sen_test_kit");
	side(a, "GRANT SELECT, INSERT, DELETE ON user_roles, admins TO sen_test_kit");
	config->kind = STR("sql");
	config->driver = STR("postgresql");
	config->host = STR("127.0.0.1");
	config->database = STR(DATABASE);
	config->user = STR("sen_test_kit");
	config->password = STR("kit-secret-1");
	config->ca_file = STR("");
	config->statements = statements(a);
	return (int)port;
}

static void set_port(struct arena *a, struct connector_config *config, int port)
{
	(void)a;
	config->port = port;
}

static void end(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	psql(a, "postgres", "DROP DATABASE " DATABASE " WITH (FORCE)");
	psql(a, "postgres", "DROP ROLE sen_test_kit");
	arena_free(a);
}

static void wipe(void)
{
	stand_sql_wipe(side);
}

static struct stand_account look(struct arena *a, const char *login)
{
	return stand_sql_look(side, a, login, "SELECT string_agg(role, ',' ORDER BY role) FROM all_roles r WHERE r.user_id = u.id");
}

static void act(enum stand_act what, const char *login)
{
	stand_sql_act(side, what, login);
}

static size_t count(void)
{
	return stand_sql_count(side);
}

static void spoil_password(struct arena *a, struct connector_config *config)
{
	(void)a;
	config->password = STR("spoilt");
}

static const struct stand postgresql = {
	.name_path = "name",
	.name = "PostgreSQL", .keeps_phone = true, .knows_roles = true, .renames = true,
	.begin = begin, .set_port = set_port, .end = end, .wipe = wipe, .look = look, .act = act, .count = count,
	.spoil_password = spoil_password,
};
const struct stand *const kit_stand = &postgresql;
