/*
 * observer.h: looks at what platforms really hold, and lets differences be repaired.
 *
 * A run lists a platform page by page (listing.h), gives each account a situation and compares it with what is wanted
 * (judge_store.h).  It changes nothing at the platform: what is to be repaired becomes due, and the worker does it, with
 * its own look at the platform first.  Runs are claimed under leases; a run whose holder died goes on where it stood.
 */
#pragma once

#include "common/db/db.h"
#include "provisioning/observe/run_store.h"
#include "provisioning/worker.h"

#include <stdatomic.h>

/* One platform, and who paces the calls to it. */
struct observed_connector {
	const struct connector_config *config;
	int64_t platform_id;
	struct worker *worker; /* NULL: nobody */
};

struct observer_stats {
	atomic_uint_least64_t pages, accounts, runs[3], lost; /* runs: complete, incomplete or held, failed */
};

struct observer {
	struct db *db;
	const struct observed_connector *connectors;
	size_t n_connectors;
	struct str mail_domain;
	const atomic_bool *is_stopping;
	struct observer_stats stats;
};

/* Plans of what is looked at how often, where there are none.  At the start. */
int observer_prepare(struct op *op, const struct observer *o) _must_check_;
/* Claims a run and takes it as far as it goes.  *ret_did: there was one. */
int observer_step(struct observer *o, struct arena *arena, bool *ret_did) _must_check_;
void *observer_main(void *observer);
