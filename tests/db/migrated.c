#include "tests/db/migrated.h"

#include "common/db/migrate.h"

#include <stdlib.h>

struct db *migrated_db;

int migrated_create(const char *name)
{
	_cleanup_(arena_freep) struct arena *a = arena_new(UNIT_ARENA_BYTES);
	const char *folder = getenv("SEN_TEST_MIGRATIONS");
	struct migrate_report report;
	struct op op;

	if (!folder)
		fail_msg("%s", "SEN_TEST_MIGRATIONS must name schema/migrations");
	/* schema/roles.sql makes them once per cluster; another test may be at it. */
	dbtest_create(name, "DO $$ DECLARE r text; BEGIN"
	              " PERFORM pg_advisory_xact_lock(40);"
	              " FOREACH r IN ARRAY ARRAY['sen_owner', 'sen_server', 'sen_provisioner'] LOOP"
	              " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE 'CREATE ROLE ' || r || ' LOGIN'; END IF;"
	              " END LOOP; END $$");
	op_init(&op, a, NULL, NULL);
	if (migrate_run(&op, str_c(dbtest_conninfo()), STR(""), folder, false, &report) < 0)
		fail_msg("migrate: %s %.*s", op.error.text, STR_ARG(op.error.detail));
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
