#include "tests/db/dbtest.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

static char database[64];
static char conninfo[512];
static PGconn *admin;
static PGconn *inside;

static void execute(PGconn *pg, const char *sql)
{
	PGresult *res = PQexec(pg, sql);
	ExecStatusType status = PQresultStatus(res);

	if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(res));
	PQclear(res);
}

static void ignore_notice(void *context, const char *message)
{
	(void)context;
	(void)message;
}

static PGconn *connect_to(const char *to)
{
	PGconn *pg = PQconnectdb(to);

	if (PQstatus(pg) != CONNECTION_OK)
		fail_msg("SEN_TEST_PG: %s", PQerrorMessage(pg));
	PQsetNoticeProcessor(pg, ignore_notice, NULL);
	return pg;
}

static int64_t query_i64(PGconn *pg, const char *sql)
{
	PGresult *res = PQexec(pg, sql);

	if (PQresultStatus(res) != PGRES_TUPLES_OK)
		fail_msg("%s: %s", sql, PQresultErrorMessage(res));

	uint64_t value = 0;
	bool is_number = str_to_u64(str_c(PQgetvalue(res, 0, 0)), INT64_MAX, &value);

	PQclear(res);
	assert_true(is_number);
	return (int64_t)value;
}

void dbtest_connect(void)
{
	const char *cluster = getenv("SEN_TEST_PG");

	if (!cluster)
		fail_msg("%s", "SEN_TEST_PG must name a PostgreSQL cluster for tests (libpq keywords)");
	admin = connect_to(cluster);
}

void dbtest_admin(const char *sql)
{
	execute(admin, sql);
}

int64_t dbtest_admin_i64(const char *sql)
{
	return query_i64(admin, sql);
}

void dbtest_roles(void)
{
	/* Advisory locks belong to a database: all ask for this one in the same. */
	execute(admin, "DO $$ DECLARE r text; BEGIN"
	               " PERFORM pg_advisory_xact_lock(40);"
	               " FOREACH r IN ARRAY ARRAY['sen_owner', 'sen_server', 'sen_provisioner'] LOOP"
	               " IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = r) THEN EXECUTE 'CREATE ROLE ' || r || ' LOGIN'; END IF;"
	               " END LOOP; END $$");
}

void dbtest_conninfo_of(const char *name, char *ret, size_t size)
{
	(void)snprintf(ret, size, "%s dbname=%s", getenv("SEN_TEST_PG"), name);
}

void dbtest_copy(const char *name, const char *of)
{
	char sql[256];

	(void)snprintf(database, sizeof(database), "sen_test_%s_%d", name, (int)getpid());
	dbtest_conninfo_of(database, conninfo, sizeof(conninfo));
	(void)snprintf(sql, sizeof(sql), "CREATE DATABASE %s TEMPLATE %s ENCODING 'UTF8'", database, of);
	execute(admin, sql);
	inside = connect_to(conninfo);
}

int dbtest_create(const char *name, const char *schema_sql)
{
	dbtest_connect();
	dbtest_copy(name, "template0");
	execute(inside, schema_sql);
	return 0;
}

int dbtest_drop(void)
{
	char sql[256];

	PQfinish(inside);
	(void)snprintf(sql, sizeof(sql), "DROP DATABASE %s WITH (FORCE)", database);
	execute(admin, sql);
	PQfinish(admin);
	return 0;
}

const char *dbtest_conninfo(void)
{
	return conninfo;
}

void side(const char *sql)
{
	execute(inside, sql);
}

int64_t side_i64(const char *sql)
{
	return query_i64(inside, sql);
}

int64_t side_kill_sessions(void)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql),
	               "SELECT count(pg_terminate_backend(pid, 5000)) FROM pg_stat_activity"
	               " WHERE datname = '%s' AND application_name = '" DBTEST_PROGRAM "'",
	               database);
	return query_i64(admin, sql);
}

/* Far longer than any machine takes for what is waited for. */
#define AWAIT_MS 60000

static void pause_before_next_look(int64_t begin_ms)
{
	const struct timespec pause = { .tv_nsec = 2 * 1000000 };

	assert_true(clock_mono_ms() - begin_ms < AWAIT_MS);
	nanosleep(&pause, NULL);
}

void gate_close(void)
{
	side("SELECT pg_advisory_lock(10)");
}

void gate_open(void)
{
	side("SELECT pg_advisory_unlock(10)");
}

void gate_await(int64_t n)
{
	static const char waiting[] =
		"SELECT count(*) FROM pg_locks WHERE locktype = 'advisory' AND objid = 11"
		" AND database = (SELECT oid FROM pg_database WHERE datname = current_database())";

	for (int64_t begin_ms = clock_mono_ms(); side_i64(waiting) < n;)
		pause_before_next_look(begin_ms);
}

void queue_await(struct db *db, uint64_t n)
{
	struct db_stats stats;

	for (int64_t begin_ms = clock_mono_ms(); db_stats_get(db, &stats), stats.queued < n;)
		pause_before_next_look(begin_ms);
}

static void allow_connections(const char *yes_or_no)
{
	char sql[256];

	(void)snprintf(sql, sizeof(sql), "ALTER DATABASE %s ALLOW_CONNECTIONS %s", database, yes_or_no);
	execute(admin, sql);
}

void side_take_away(void)
{
	allow_connections("false");
	side_kill_sessions();
}

void side_bring_back(void)
{
	allow_connections("true");
}

struct db *dbtest_open(struct db_config config)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	struct db *db = NULL;
	struct str message = STR("");

	config.conninfo = str_c(conninfo);
	config.program = DBTEST_PROGRAM;
	if (db_open(&config, &db, &message, a) < 0)
		fail_msg("db_open: %.*s", STR_ARG(message));
	arena_free(a);
	return db;
}

struct task task_of(struct db *db, const struct query *q, int64_t value)
{
	return (struct task){ .db = db, .query = q, .params = { P_I64(value) }, .n_params = 1 };
}

void task_run(struct task *t)
{
	struct arena *a = arena_new(UNIT_ARENA_BYTES);
	int64_t begin_ms = clock_mono_ms();
	struct db_rows rows;
	struct op op;

	op_init(&op, a, t->db, NULL);
	op.off_read_lane = t->off_read_lane;
	t->code = db_run_params(&op, t->query, t->params, t->n_params, &rows);
	t->took_ms = clock_mono_ms() - begin_ms;
	if (t->code == 0 && rows.n > 0)
		t->value = db_i64(&rows, 0, 0);
	(void)snprintf(t->detail, sizeof(t->detail), "%.*s", STR_ARG(op.error.detail));
	db_op_done(&op);
	arena_free(a);
}

static void *task_main(void *arg)
{
	task_run(arg);
	return NULL;
}

void task_start(struct task *t)
{
	assert_int_equal(pthread_create(&t->thread, NULL, task_main, t), 0);
}

void task_join(struct task *t)
{
	assert_int_equal(pthread_join(t->thread, NULL), 0);
}

void tasks_in_one_batch(const struct query *gate, struct task *tasks, size_t n)
{
	struct task before = { .db = tasks[0].db, .query = gate };

	gate_close();
	task_start(&before);
	gate_await(1);
	for (size_t i = 0; i < n; i++) {
		task_start(&tasks[i]);
		queue_await(tasks[i].db, i + 1);
	}
	gate_open();
	for (size_t i = 0; i < n; i++)
		task_join(&tasks[i]);
	task_join(&before);
	assert_int_equal(before.code, 0);
}
