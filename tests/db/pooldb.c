#include "tests/db/pooldb.h"

#include <time.h>

static const char schema[] =
	"CREATE SCHEMA sen;"
	DBTEST_GATE
	"CREATE TABLE sen.item (id bigint PRIMARY KEY, n int CHECK (n >= 0));"
	"CREATE FUNCTION sen.doubt() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN RAISE WARNING 'canceling wait for synchronous replication due to user request'; RETURN NULL; END $$;"
	"CREATE TABLE sen.doubtful (id bigint);"
	"CREATE CONSTRAINT TRIGGER doubt AFTER INSERT ON sen.doubtful DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.doubt();"
	"CREATE FUNCTION sen.dawdle() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN PERFORM sen.gate(); RETURN NULL; END $$;"
	"CREATE TABLE sen.slow (id bigint);"
	"CREATE CONSTRAINT TRIGGER dawdle AFTER INSERT ON sen.slow DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.dawdle();"
	"CREATE FUNCTION sen.late_check() RETURNS trigger LANGUAGE plpgsql AS $$"
	"BEGIN IF NEW.id < 0 THEN RAISE 'late'; END IF; RETURN NULL; END $$;"
	"CREATE TABLE sen.late (id bigint);"
	"CREATE CONSTRAINT TRIGGER late_check AFTER INSERT ON sen.late DEFERRABLE INITIALLY DEFERRED"
	"	FOR EACH ROW EXECUTE FUNCTION sen.late_check();"
	"CREATE TABLE sen.needed (id bigint);";

DB_QUERY(pooldb_add, DB_WRITE, "INSERT INTO item (id) VALUES ($1) RETURNING id");
DB_QUERY(pooldb_count, DB_READ, "SELECT count(*) FROM item");
DB_QUERY(pooldb_setting, DB_READ, "SELECT current_setting($1)");

int pooldb_create(void **state)
{
	(void)state;
	return dbtest_create("pool", schema);
}

int pooldb_drop(void **state)
{
	(void)state;
	return dbtest_drop();
}

int pooldb_begin(void **state)
{
	side("TRUNCATE sen.item, sen.doubtful");
	return unit_arena_setup(state);
}

void sleep_ms(int64_t ms)
{
	const struct timespec ts = { .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 };

	nanosleep(&ts, NULL);
}

struct db *open_pool(unsigned size)
{
	for (int i = 0; i < 1000 && side_i64("SELECT count(*) FROM pg_stat_activity WHERE datname = current_database()"
	                                     " AND application_name = '" DBTEST_PROGRAM "'") > 0; i++)
		sleep_ms(5);
	return dbtest_open((struct db_config){ .pool_size = size, .statement_timeout_ms = 2000, .audit_chain = 7 });
}

int add(struct op *op, int64_t id)
{
	struct db_rows rows;

	return db_run(op, &pooldb_add, &rows, P_I64(id));
}

int64_t count_seen_by(struct op *op)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &pooldb_count, &rows), 0);
	return db_i64(&rows, 0, 0);
}

void assert_setting(struct op *op, const char *name, const char *value)
{
	struct db_rows rows;

	assert_int_equal(db_run(op, &pooldb_setting, &rows, P_C(name)), 0);
	assert_str_equal(db_str(&rows, 0, 0), value);
}
