/*
 * dbtest.h: what the tests of common/db share: a database of their own in the cluster that
 * SEN_TEST_PG names (libpq keywords; the role may create databases), a side connection to look
 * at it from outside, and statements run from many threads.
 */
#pragma once

#include "common/base/clock.h"
#include "common/db/db.h"
#include "tests/unit/unit.h"

#include <libpq-fe.h>
#include <pthread.h>

#define DBTEST_PROGRAM "sen-test"

/* Makes the database and runs schema_sql in it; group set-up and tear-down. */
int dbtest_create(const char *name, const char *schema_sql);
int dbtest_drop(void);

/* The same in its parts, for those who copy a database that is made already: migrated.h. */
void dbtest_connect(void);
void dbtest_copy(const char *name, const char *of);
void dbtest_admin(const char *sql);
int64_t dbtest_admin_i64(const char *sql);
void dbtest_conninfo_of(const char *name, char *ret, size_t size);
/* Those of schema/roles.sql, once for the whole cluster, also when another program is at it. */
void dbtest_roles(void);

/* Of the test's database, without the program's settings. */
const char *dbtest_conninfo(void);

/* On the side connection; the statement must succeed. */
void side(const char *sql);
int64_t side_i64(const char *sql);
/* Ends the sessions of the program under test, and waits until they are gone; how many there were. */
int64_t side_kill_sessions(void);
/*
 * A gate, for orders of events that must not depend on the machine's pace: sen.gate() waits
 * while the side connection holds the gate closed.  DBTEST_GATE belongs into the test's schema.
 */
#define DBTEST_GATE \
	"CREATE FUNCTION sen.gate() RETURNS int LANGUAGE plpgsql AS $$" \
	"BEGIN PERFORM pg_advisory_xact_lock_shared(11);" \
	"WHILE NOT pg_try_advisory_xact_lock_shared(10) LOOP PERFORM pg_sleep(0.002); END LOOP;" \
	"RETURN 1; END $$;"
void gate_close(void);
void gate_open(void);
/* Until n sessions stand before the gate. */
void gate_await(int64_t n);
/* Until n statements wait for their lane. */
void queue_await(struct db *db, uint64_t n);

/* While it is away, nobody can connect: for the program this is a server that is down. */
void side_take_away(void);
void side_bring_back(void);

/* conninfo and program are filled in. */
struct db *dbtest_open(struct db_config config);

struct task {
	struct db *db;
	const struct query *query;
	struct db_param params[2];
	size_t n_params;
	bool off_read_lane;

	int code;        /* what db_run() returned */
	int64_t value;   /* first cell */
	int64_t took_ms;
	char detail[256];
	pthread_t thread;
};

struct task task_of(struct db *db, const struct query *q, int64_t value);
/* With an op and an arena of its own. */
void task_run(struct task *t);
void task_start(struct task *t);
void task_join(struct task *t);
/* Runs tasks of one database in one batch, in their order: they wait while the lane stands before the gate.  gate: "SELECT gate()" on that lane. */
void tasks_in_one_batch(const struct query *gate, struct task *tasks, size_t n);
