/*
 * carded.h: a database with facts for cards, and whether the cards say what the facts do.
 *
 *   a1, a2      officials with a role on P02 (begin() of the test gives it); adm gives it
 *   p02         the client that is the platform's; app is no platform's
 *
 * SQL: give, take, post, scope, stop, grace, hang (every grant on the first post), renew.
 */
#pragma once

#include "tests/db/migrated.h"

/* more_sql: facts of the test's own (NULL: none). */
int carded_open(const char *name, const char *more_sql);

/* What the cards say to a token's and a sign-in's statement, beside what the facts say at the same moment. */
int64_t lies(void);
/* Of those whose user name fits the regular expression. */
int64_t lies_of(const char *logins);

/* Bits: the account's card, the person's. */
int64_t freshness(const char *who);
