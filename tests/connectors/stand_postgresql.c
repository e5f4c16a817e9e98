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
	stand_sql_tables("integer GENERATED ALWAYS AS IDENTITY", "");
	side(a, "CREATE VIEW all_roles AS SELECT user_id, role FROM user_roles UNION ALL SELECT user_id, 'ADMIN' FROM admins");
	side(a, "GRANT SELECT, INSERT, UPDATE, DELETE ON users TO sen_test_kit");
	side(a, "GRANT SELECT ON all_roles TO sen_test_kit");
	side(a, "GRANT SELECT, INSERT, DELETE ON user_roles, admins TO sen_test_kit");
	stand_sql_config(a, config);
	return (int)port;
}

static void end(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	psql(a, "postgres", "DROP DATABASE " DATABASE " WITH (FORCE)");
	psql(a, "postgres", "DROP ROLE sen_test_kit");
	arena_free(a);
}

const struct sql_stand stand_sql = {
	.side = side, .driver = "postgresql", .database = DATABASE,
	.join_roles = "SELECT string_agg(role, ',' ORDER BY role) FROM all_roles r WHERE r.user_id = u.id",
};

static const struct stand stand = {
	.name_path = "name",
	.name = "PostgreSQL", .keeps_phone = true, .knows_roles = true, .renames = true, .can_lose_id = true, .can_relabel = true,
	.begin = begin, .set_port = stand_sql_set_port, .end = end, .wipe = stand_sql_wipe, .look = stand_sql_look, .act = stand_sql_act,
	.count = stand_sql_count, .spoil_password = stand_sql_spoil_password,
};
const struct stand *const kit_stand = &stand;
