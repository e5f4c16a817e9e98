/* observed.h: the world of planned.h as its platform shows it, and the observer that compares. */
#pragma once

#include "provisioning/observe/run.h"
#include "tests/db/planned.h"

#define N_ACCOUNTS 40

extern const struct observed_platform observed_p02;

/* Group set-up; and of each test: everybody has the role and was brought there an hour ago, nothing was seen yet. */
int observed_create(void **state);
int observed_begin(void **state);
#define OBSERVE_TEST(f) cmocka_unit_test_setup_teardown(f, observed_begin, unit_arena_teardown)

/* What the platform shows: all accounts that should be there, as they should be. */
struct shown {
	struct listed accounts[N_ACCOUNTS + 10];
	struct desired wants[N_ACCOUNTS + 10];
	size_t n;
};

struct shown *show(struct arena *a);
struct listed *of_login(struct shown *s, const char *login);
void hide(struct shown *s, const char *login);
void add(struct shown *s, const char *ext_id, struct str account_id, const char *login);
/* The same account, with another name. */
void rename_to(struct arena *a, struct shown *s, const char *login, const char *name);

/* A run that is due now, and ours; its pages; and what judges it. */
struct observe_run *begin_run(struct op *op);
void put(struct op *op, struct observe_run *run, const struct shown *s, int64_t total);
struct run held_by_us(struct observe_run *row, struct arena *a);
/* A whole run; total: as the platform says, -1: as many as there are. */
void observe(const struct shown *s, int64_t total);

#define COUNT_BINDINGS(where) side_i64("SELECT count(*) FROM sen.binding WHERE platform_id = 2 AND " where)
#define COUNT_SHADOWS(where) side_i64("SELECT count(*) FROM sen.shadow WHERE platform_id = 2 AND " where)
#define LAST_RUN(column) side_i64("SELECT (" column ")::bigint FROM sen.observe_run ORDER BY id DESC LIMIT 1")
#define NV7 "account_id = (SELECT id FROM sen.account WHERE login = 'nv7')"
