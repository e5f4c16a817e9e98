/*
 * replacing.h: govdb.h's authority with sixty persons on P02 (MC), half in each ward, and plans that carry them to P03 (ND).
 *
 * annv administers the province; the second too, from 40, with the rights that plans need.  P02 also has XEM, for reading only, P03 QT.
 */
#pragma once

#include "server/governance/replacement.h"
#include "tests/db/governance/govdb.h"

#define N_PERSONS 60

struct fixture {
	struct op op;
	struct principal admin, second;
	struct str id;
};

/* Group set-up; and of each test: nothing planned nor ruled, everybody on P02, P02 under review. */
int replacing_create(void **state);
int replacing_set_up(void **state);
int replacing_tear_down(void **state);
#define REPLACING_TEST(t) cmocka_unit_test_setup_teardown(t, replacing_set_up, replacing_tear_down)

struct principal administrator(struct op *op, const struct principal *by, const char *employee, const char *unit);
void grant(struct fixture *f, const char *employee, const char *platform, const char *role);
/* unit NULL: the whole, without data to hand over. */
struct replacement_new plan_of(const char *unit, const char *cutover);
/* Drawn up and submitted by the admin, approved by the second. */
void approved(struct fixture *f, const struct replacement_new *plan);
int run(struct fixture *f, enum replacement_step step, size_t limit, struct replacement_run *ret);
/* The new platform has everybody who is wanted there. */
void all_seen(void);
/* What P02 and P03 hold. */
#define LIVE_ON(code) "SELECT count(DISTINCT account_id) FROM sen.live_grant g JOIN sen.platform p ON p.id = g.platform_id WHERE p.code = '" code "'"
#define N_LEFT_ON_OLD                                                                                                                          \
	"SELECT count(*) FROM sen.access_grant g JOIN sen.role r ON r.id = g.role_id JOIN sen.platform p ON p.id = r.platform_id WHERE p.code = 'P02' AND g.revoked_at IS NULL"
extern const struct replacement_decision the_decision;
