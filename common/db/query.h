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

#include <stddef.h>

enum db_lane {
	DB_READ,  /* no side effects: may be repeated once after a lost connection */
	DB_WRITE, /* one durable statement; answered only after its Sync */
};

struct query {
	const char *name; /* also the name of the prepared statement */
	enum db_lane lane;
	const char *sql;
};

#define DB_QUERY(ident, lane_, sql_)                                                          \
	static const struct query ident = { .name = #ident, .lane = (lane_), .sql = (sql_) }; \
	static const struct query *const ident##_entry                                        \
		__attribute__((section("db_queries"), used, retain)) = &ident

/* Whole seconds since 1970 of a timestamptz.  extract() would compute them as numeric, which takes five times as long. */
#define DB_EPOCH(time) "floor(date_part('epoch', " time "))::bigint"

/* All queries linked into this program. */
extern const struct query *const __start_db_queries[] __attribute__((weak, visibility("hidden")));
extern const struct query *const __stop_db_queries[] __attribute__((weak, visibility("hidden")));
