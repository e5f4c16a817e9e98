/*
 * follow.h: platforms that tell of changes as they happen are followed, each by one thread of one provisioner: what somebody else
 * changes there is seen within a second, and judged as a listing would judge it.  Nothing is written there; what differs becomes due.
 *
 * Our own writes are told as well, and found to be as wanted.  What is told while an operation on the account is under way waits
 * for its end.  The cursor is kept once everything before it has been dealt with, so that nothing is missed over a restart.
 */
#pragma once

#include "provisioning/observe/observer.h"

struct follower_stats {
	atomic_uint_least64_t told, repaired, restarts, faults;
	atomic_bool is_connected;
};

struct follower {
	struct observer *observer;
	const struct observed_connector *of;
	struct follower_stats stats;
};

/* Is there somebody to follow it, and a way? */
bool follower_is_wanted(const struct connector_config *config);
void *follower_main(void *follower);
