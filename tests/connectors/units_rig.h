/* units_rig.h: a database with four units, and a folder of a slapd for their entries. */
#pragma once

#include "provisioning/units/turn.h"
#include "tests/db/migrated.h"
#include "tests/ldap/ldap_test.h"

struct units_rig {
	struct db *db;
	struct connector_config config;
	atomic_bool is_stopping;
	struct units_hold opened; /* the last one, of this test */
};
extern struct units_rig units_rig;

/* cmocka fixtures of the group, and of each test; *state: an arena. */
int units_setup(void **state);
int units_teardown(void **state);
int units_begin(void **state);
int units_end_test(void **state);

struct op units_op(struct arena *a);
/* A turn of its own: what is due. */
struct units_done units_turn_now(struct arena *a);
bool units_are_due(struct arena *a);
struct str units_dn(struct arena *a, const char *code);
/* NULL: there is none. */
const struct ldap_entry *units_entry(struct arena *a, const char *code);
/* The first value; NULL: none. */
void assert_unit(struct arena *a, const char *code, const char *attr, const char *value);
/* As somebody else would. */
void units_replace(struct arena *a, const char *code, const char *attr, const char *value);
