/*
 * staffing.h: officials of govdb.h's authority, and what happens to them.
 *
 * annv (AD) administers the province; AD2 has the rights over personnel too.  VP's account is phuongdt.
 */
#pragma once

#include "server/governance/movement.h"
#include "tests/db/governance/govdb.h"

#define N_PARALLEL 50
#define LIVE(login) "SELECT count(*) FROM sen.live_grant g JOIN sen.account a ON a.id = g.account_id WHERE a.login = '" login "'"

struct fixture {
	struct op op;
	struct principal admin, second;
};

/* Group set-up; and of each test: everybody has the one post of govdb.h, nobody but AD and AD2 an account or a scope. */
int staffing_create(void **state);
int staffing_set_up(void **state);
int staffing_tear_down(void **state);
void staffing_reset(void);
#define STAFFING_TEST(f) cmocka_unit_test_setup_teardown(f, staffing_set_up, staffing_tear_down)

/* So many days from today in Việt Nam. */
struct str on_day(struct fixture *f, int days);
/* By a decision of today; a transfer goes to 16690. */
struct movement_request request(struct fixture *f, enum lc_event_kind kind, const char *code, int days);
/* What movement_apply() returns. */
int apply(struct fixture *f, const struct principal *p, const struct movement_request *m);
/* By the admin; must succeed. */
void move(struct fixture *f, enum lc_event_kind kind, const char *code, int days);
void give(struct fixture *f, const char *code, const char *platform, const char *role, const char *unit);
