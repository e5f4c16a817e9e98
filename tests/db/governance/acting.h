/*
 * acting.h: people who act upon the authority of govdb.h, each with rights in a place.
 *
 *   P2, P3  unit 40: everything; approve, review, rules          WA, W2  unit 16681: nearly everything; approve, grant
 *   AD      the first administrator                              OTHER   unit 16690: everything
 */
#pragma once

#include "server/governance/governed.h"
#include "server/governance/requests.h"
#include "tests/db/governance/govdb.h"

#define N_PARALLEL 50
#define S(text) P_STR(STR(text))

struct fixture {
	struct op op;
	json_t *body; /* of what was done last */
};

/* Group set-up; and of each test: nothing is asked for, granted or ruled. */
int acting_create(void **state);
int acting_set_up(void **state);
int acting_tear_down(void **state);
#define ACTING_TEST(f) cmocka_unit_test_setup_teardown(f, acting_set_up, acting_tear_down)

struct str account_of(struct op *op, const char *code);
struct principal principal_of(struct fixture *f, const char *code);
struct str fresh_id(struct op *op);
/* Of the body. */
struct str member(struct fixture *f, const char *name);
/* A day in Việt Nam, so many from today. */
struct str day(struct fixture *f, int offset);
int64_t live_grants(void);

/* Runs kind as the person with that code: params[actor] becomes the actor. */
int as(struct fixture *f, const char *code, const struct governed_kind *kind, struct db_param *params, size_t n, size_t actor);
#define AS(f, code, kind, ...)                                                                                             \
	as((f), (code), &(kind), (struct db_param[]){ __VA_ARGS__ }, sizeof((struct db_param[]){ __VA_ARGS__ }) / sizeof(struct db_param), 1)

/* On P02, for whom that code names; what they return is what governed_write() does. */
int file(struct fixture *f, const char *who, const char *whom, const char *role, struct str *ret_id);
int decide(struct fixture *f, const char *who, const struct governed_kind *kind, struct str id, int64_t version);
int stand_in(struct fixture *f, const char *who, const char *principal, const char *deputy);
int add_duty(struct fixture *f, const char *severity, const char *within);
int grant_direct(struct fixture *f, const char *whom, const char *role);

struct racer {
	struct str id;
	struct principal who; /* found before: an assertion in another thread would end the program */
	const struct governed_kind *kind;
	struct str item;
	int result;
};

/* N_PARALLEL of them at once: how many won; whoever did not was told a reason that fits. */
int run_race(struct racer *racers);
