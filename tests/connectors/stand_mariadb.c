/* MariaDB.  SEN_TEST_MARIADB_SOCKET: root over the unix socket; SEN_TEST_MARIADB_PORT: the same server on 127.0.0.1. */
#include "tests/connectors/stand_sql.h"

#include <stdio.h>
#include <stdlib.h>

#define DATABASE "sen_test_kit"

static struct str mariadb(struct arena *a, const char *database, const char *sql)
{
	const char *const argv[] = { "mariadb", "--no-defaults", "--default-character-set=utf8mb4", "-S", getenv("SEN_TEST_MARIADB_SOCKET"),
	                             "-u", "root", "-N", "-B", "-r", "-D", database, "-e", sql, NULL };

	return stand_command(a, argv, STR_NULL);
}

static struct str side(struct arena *a, const char *sql)
{
	return mariadb(a, DATABASE, sql);
}

static int begin(struct arena *a, struct connector_config *config)
{
	uint64_t port = 0;

	if (!getenv("SEN_TEST_MARIADB_SOCKET") || !getenv("SEN_TEST_MARIADB_PORT"))
		fail_msg("%s", "SEN_TEST_MARIADB_SOCKET and SEN_TEST_MARIADB_PORT must name a MariaDB server for tests");
	assert_true(str_to_u64(str_c(getenv("SEN_TEST_MARIADB_PORT")), 65535, &port));
	mariadb(a, "mysql", "DROP DATABASE IF EXISTS " DATABASE);
	mariadb(a, "mysql", "CREATE DATABASE " DATABASE " CHARACTER SET utf8mb4 COLLATE utf8mb4_bin");
	mariadb(a, "mysql", "CREATE OR REPLACE USER sen_test_kit@'%' IDENTIFIED BY 'kit-secret-1'");
	stand_sql_tables("integer AUTO_INCREMENT", " ENGINE=InnoDB");
	side(a, "CREATE VIEW all_roles AS SELECT user_id, role FROM user_roles UNION ALL SELECT user_id, 'ADMIN' FROM admins");
	side(a, "GRANT SELECT, INSERT, UPDATE, DELETE ON " DATABASE ".users TO sen_test_kit@'%'");
	side(a, "GRANT SELECT ON " DATABASE ".all_roles TO sen_test_kit@'%'");
	side(a, "GRANT SELECT, INSERT, DELETE ON " DATABASE ".user_roles TO sen_test_kit@'%'");
	side(a, "GRANT SELECT, INSERT, DELETE ON " DATABASE ".admins TO sen_test_kit@'%'");
	stand_sql_config(a, config);
	return (int)port;
}

static void end(void)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);

	mariadb(a, "mysql", "DROP DATABASE " DATABASE);
	mariadb(a, "mysql", "DROP USER sen_test_kit@'%'");
	arena_free(a);
}

const struct sql_stand stand_sql = {
	.side = side, .driver = "mariadb", .database = DATABASE,
	.join_roles = "SELECT group_concat(role ORDER BY role SEPARATOR ',') FROM all_roles r WHERE r.user_id = u.id",
};

static const struct stand stand = {
	.name_path = "name",
	.name = "MariaDB", .keeps_phone = true, .knows_roles = true, .renames = true, .can_lose_id = true, .can_relabel = true,
	.begin = begin, .set_port = stand_sql_set_port, .end = end, .wipe = stand_sql_wipe, .look = stand_sql_look, .act = stand_sql_act,
	.count = stand_sql_count, .spoil_password = stand_sql_spoil_password,
};
const struct stand *const kit_stand = &stand;
