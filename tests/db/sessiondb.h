/*
 * sessiondb.h: for the tests of how sessions end.
 *
 *   a1, a2   officials with roles on P02 (two of them) and P03
 *   p02 p03  relying parties that want logout tokens; quiet: one that does not; app: no platform's
 *
 * SQL: give(who, role), take(who, role), sign_in(who, clients, idle), account(who).
 */
#pragma once

#include "tests/db/migrated.h"

#define N_PARALLEL 50

int sessiondb_setup(void **state);
int sessiondb_begin(void **state); /* of each test: roles as above, nobody signed in */
void sessiondb_clean(void);

int64_t rows_for(const char *client);
/* In the outbox; none for quiet. */
void expect_rows(int64_t p02, int64_t p03, int64_t app);
