/*
 * turn.h: brings the entries of units to what PostgreSQL says: all of them, or those that have been marked, a page at a time;
 * only differences are written.  A unit that is there today gets an entry; an entry of ours is never deleted: after its unit's end
 * it says so.  Entries that are none of ours are counted, and left.
 *
 * The directory is read before PostgreSQL, and a write names what it has read: so nothing older ever takes the place of something
 * newer, whoever else is at it; what was raced for is marked, and looked at again.
 */
#pragma once

#include "provisioning/units/guard.h"

#include <stdatomic.h>

/* Of one directory. */
#define UNITS_MAX 200000

struct units_keeping {
	struct db *db;
	struct ldap_pool *pool;
	const struct connector_config *config;
	const atomic_bool *is_stopping;
};

/*
 * What was done, also after an error; its detail is in a.  What the guard began to hold.  Errors: as store.h; a fault of the directory is
 * ret->fault and none.
 */
int units_turn(const struct units_keeping *k, struct arena *a, const struct units_lease *l, struct units_done *ret, struct units_hold *ret_opened);
