/*
 * cataloguing.h: the catalogue of govdb.h's authority, and who writes it.
 *
 * annv administers the province; binhlt and phuongdt too; thuytt has every right in the ward 16690 only.
 */
#pragma once

#include "server/governance/catalogue.h"
#include "tests/db/governance/govdb.h"

struct fixture {
	struct op op;
	struct principal admin, second, third, ward;
};

/* Group set-up; and of each test: no platform N…, P02 in operation, nothing planned, listed or announced. */
int cataloguing_create(void **state);
int cataloguing_set_up(void **state);
int cataloguing_tear_down(void **state);
#define CATALOGUING_TEST(f) cmocka_unit_test_setup_teardown(f, cataloguing_set_up, cataloguing_tear_down)

/* A provincial platform in the hands of unit 40, as the admin enters it. */
struct catalogue_entry entry_for(const char *code);
void add(struct fixture *f, const char *code);
int64_t version_of(struct fixture *f, const char *code);
/* What lifecycle_move() returns. */
int move(struct fixture *f, const struct principal *p, const char *code, const char *to);
void assert_blocked_by(struct fixture *f, const char *names);
/* By the admin; the holder's account. */
struct str grant_on(struct fixture *f, const char *employee, const char *platform, const char *role);

/* NA-S01 below the province, with a division NA-S01.CNTT; once. */
void add_department(void);
