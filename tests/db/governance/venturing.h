/*
 * venturing.h: people of govdb.h's authority who try things, all drawn from a seed: who administers what and until when, what is tried,
 * with which ends, and how much time passes in between.  What comes of each try is judged by oracle.sql.
 *
 *   E0 to E11  officials with accounts and scopes     E12 to E19  others without     P02: MC, TK, CAO (two stages)     P03: ND
 */
#pragma once

#include "tests/db/governance/govdb.h"

#define N_OFFICIALS 12
#define N_PEOPLE 20
#define N_UNITS 4

extern const char *const venture_units[N_UNITS];

/* The same run for the same seed. */
void roll_from(unsigned seed);
unsigned roll(unsigned n);

/* Group set-up; and once more, for the scopes of another seed. */
int venturing_create(void **state);
void venturing_draw(void);

/* Somebody tries something.  Refusals are fine; what matters is what is there afterwards. */
void venture(void);
/* So many days go by, and what is due by itself is done. */
void days_pass(unsigned days);
/* What a provisioner does within seconds: rules give what was withheld and is not any more. */
void rules_catch_up(void);
/* How often that act (of the audit) succeeded; each of its kind has left a record. */
int64_t ventured(const char *action);
void check_records(void);
