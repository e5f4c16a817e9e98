/*
 * keeper.h: keeps the entries of units of a directory, in a thread: all of them at the start, every hour and at midnight, and
 * those that have changed within a second.  Of several provisioners one does it, by a lease.
 */
#pragma once

#include "provisioning/units/turn.h"

/* As the database has it; all provisioners tell the same. */
struct unit_keeper_stats {
	atomic_int_least64_t age_s, waiting, failing, held, entries, strangers, made, changed, raced, refused;
};

struct unit_keeper {
	struct db *db;
	const struct connector_config *config;
	int64_t platform_id;
	const atomic_bool *is_stopping;
	struct unit_keeper_stats stats;
};

bool unit_keeper_is_wanted(const struct connector_config *config);
void *unit_keeper_main(void *keeper);
