/*
 * query.h: a statement as a constant.
 *
 * DB_QUERY(name, lane, "sql") in a *_store.c defines it beside its row mapping.  Every query
 * of a program is found through its own ELF section, so connections prepare all of them when
 * they open, and a test PREPAREs and EXPLAINs each against the migrated schema.  No SQL is
 * ever built from strings.
 */
#pragma once

#include "common/base/cleanup.h"

#include <stdbool.h>
#include <stddef.h>

enum db_lane {
	DB_READ,  /* no side effects: may be repeated once after a lost connection */
	DB_WRITE, /* one durable statement; answered only after its Sync */
};

struct query {
	const char *name; /* also the name of the prepared statement */
	enum db_lane lane;
	const char *sql;
	bool is_gathered; /* DB_GATHERED */
	unsigned key;     /* of a gathered one: the parameter, from 1 on, that no two executions sent together share; 0: none */
};

#define DB_QUERY(ident, lane_, sql_) DB_QUERY_(ident, .name = #ident, .lane = (lane_), .sql = (sql_))
#define DB_QUERY_(ident, ...)                                                                 \
	static const struct query ident = { __VA_ARGS__ };                                    \
	static const struct query *const ident##_entry                                        \
		__attribute__((section("db_queries"), used, retain)) = &ident

/*
 * A statement written for many executions at once (docs/decisions/0016-gathered-statements.md): PostgreSQL pays for what a plan
 * names more than for rows, and a lane sends what waits in it as one.  For the caller nothing is different: parameters
 * and rows are those of one execution.
 *
 * In SQL a parameter is an array of what the executions gave: FROM DB_EXECUTIONS("uuid") has their numbers i.n (the type is
 * that of $1), DB_EACH("2", "date") is what execution i.n gave as $2.  The statement gives at most one row for an execution, whose last
 * column is the number; what one execution does must not depend on the others.  key_ is the number of the parameter that names what an
 * execution changes: two that give the same are sent one after the other.  0 for reads.
 */
#define DB_GATHERED(ident, lane_, key_, sql_) \
	DB_QUERY_(ident, .name = #ident, .lane = (lane_), .sql = (sql_), .is_gathered = true, .key = (key_))
#define DB_EXECUTIONS(type) "(SELECT o.n::integer AS n FROM unnest($1::" type "[]) WITH ORDINALITY o (v, n)) i"
#define DB_EACH(parameter, type) "($" parameter "::" type "[])[i.n]"

/* Whole seconds since 1970 of a timestamptz.  extract() would compute them as numeric, which takes five times as long. */
#define DB_EPOCH(time) "floor(date_part('epoch', " time "))::bigint"

/* All queries linked into this program. */
extern const struct query *const __start_db_queries[] __attribute__((weak, visibility("hidden")));
extern const struct query *const __stop_db_queries[] __attribute__((weak, visibility("hidden")));
