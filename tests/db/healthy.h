/*
 * healthy.h: a platform and the gates that several provisioners hold to it.
 *
 * SQL: P02 (id 2) and P03 (id 3), one account; bindings are made up, nothing is planned.
 */
#pragma once

#include "provisioning/gate.h"
#include "tests/db/migrated.h"

#define N_THREADS 8
#define PLATFORM 2

/* Group set-up; and of each test: nothing is bound, limited or known of the platform's health. */
int healthy_create(void **state);
int healthy_begin(void **state);
#define HEALTH_TEST(f) cmocka_unit_test_setup_teardown(f, healthy_begin, unit_arena_teardown)

/* n bindings of that priority that are due; tries as given. */
void due(int64_t n, int64_t prio, int64_t tries);
/* What an administrator says: members of the row, as SQL. */
void limit(const char *set);

struct op begin_op(struct arena *a);
struct gate new_gate(void);
/* Reads anew, whatever was read a moment ago. */
struct admission admit(struct gate *g, struct arena *a, int64_t wanted, int64_t in_flight);
void used(struct gate *g, struct arena *a, struct admission admission, int64_t n);
/* Whether the breaker closed by it. */
bool note(struct gate *g, struct arena *a, struct gate_event event);
void open_breaker(struct gate *g, struct arena *a);

#define UNREACHABLE ((struct gate_event){ .is_event = true, .event = BREAKER_UNREACHABLE, .class = "down" })
#define ANSWERED ((struct gate_event){ .is_event = true, .event = BREAKER_ANSWERED })
