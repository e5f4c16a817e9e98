#include "tests/db/migrated.h"

#include "common/db/migrate.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

struct db *migrated_db;

/* FNV-1a over all that a file says: another migration, another template. */
static void add_file(uint64_t *hash, const char *path)
{
	FILE *f = fopen(path, "r");
	int c;

	if (!f)
		fail_msg("%s cannot be read", path);
	while ((c = getc(f)) != EOF)
		*hash = (*hash ^ (uint64_t)c) * 0x100000001b3;
	assert_int_equal(fclose(f), 0);
}

static void name_template(const char *folder, char *ret, size_t size)
{
	uint64_t hash = 0xcbf29ce484222325;
	struct dirent **names;
	int n = scandir(folder, &names, NULL, alphasort);

	if (n < 0)
		fail_msg("%s cannot be read", folder);
	for (int i = 0; i < n; i++) {
		char path[512];

		(void)snprintf(path, sizeof(path), "%s/%s", folder, names[i]->d_name);
		if (str_ends(str_c(path), STR(".sql")))
			add_file(&hash, path);
		free(names[i]);
	}
	free(names);
	(void)snprintf(ret, size, "sen_template_%016" PRIx64, hash);
}

/* The migrations one after the other, in a database that nobody connects to afterwards. */
static void make_template(const char *folder, const char *name)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	char conninfo[512], sql[256];
	struct migrate_report report;
	struct op op;

	/* What a killed program left half done. */
	(void)snprintf(sql, sizeof(sql), "DROP DATABASE IF EXISTS %s WITH (FORCE)", name);
	dbtest_admin(sql);
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE template0 ENCODING 'UTF8'", name);
	dbtest_admin(sql);
	dbtest_conninfo_of(name, conninfo, sizeof(conninfo));
	op_init(&op, a, NULL, NULL);
	if (migrate_run(&op, str_c(conninfo), STR(""), folder, false, &report) < 0)
		fail_msg("migrate: %s %.*s", op.error.text, STR_ARG(op.error.detail));
	(void)snprintf(sql, sizeof(sql), "ALTER DATABASE %s IS_TEMPLATE true ALLOW_CONNECTIONS false", name);
	dbtest_admin(sql);
}

int migrated_create(const char *name)
{
	const char *folder = getenv("SEN_TEST_MIGRATIONS");
	char template[64], sql[256];

	if (!folder)
		fail_msg("%s", "SEN_TEST_MIGRATIONS must name schema/migrations");
	name_template(folder, template, sizeof(template));
	dbtest_connect();
	dbtest_roles();
	/* Another program may be at it. */
	dbtest_admin("SELECT pg_advisory_lock(41)");
	(void)snprintf(sql, sizeof(sql), "SELECT count(*) FROM pg_database WHERE datname = '%s' AND datistemplate", template);
	if (dbtest_admin_i64(sql) == 0)
		make_template(folder, template);
	dbtest_admin("SELECT pg_advisory_unlock(41)");
	dbtest_copy(name, template);
	return 0;
}

int migrated_open(const char *name, const char *facts_sql, unsigned pool_size)
{
	migrated_create(name);
	if (facts_sql)
		side(facts_sql);
	migrated_db = dbtest_open((struct db_config){ .pool_size = pool_size, .statement_timeout_ms = 60000 });
	return 0;
}

int migrated_drop(_unused_ void **state)
{
	db_close(migrated_db);
	return dbtest_drop();
}
