/*
 * run_store.h: the rows sen.observe_run and sen.observe_item: whose turn it is, and what a listing has brought so far.
 *
 * A run is claimed under a lease; every statement behind that names the token, and does nothing with an older one
 * (ERR_CONFLICT): a provisioner that slept through its lease cannot go on with a run that another one has taken over.
 */
#pragma once

#include "provisioning/observe/listing.h"

#define OBSERVE_LEASE_S 90
/* Longer identifiers are received, and not told apart. */
#define EXT_ID_MAX_BYTES 1000

struct observe_run {
	int64_t id, platform_id, lease_token;
	bool is_sample;
	struct str state;   /* "listing", "judging", "concluding" */
	struct str cursor;
	int64_t attempts;
	struct listing listing;
};

/* A platform with a connector here. */
struct observed_platform {
	int64_t platform_id;
	bool can_list;
	int64_t every_s;
	int64_t at_minute; /* -1: at any time */
};

/* Plans for platforms that have none yet. */
int observe_plan_add(struct op *op, const struct observed_platform *platforms, size_t n) _must_check_;
/* Runs whose time has come; of these platforms. */
int observe_run_due(struct op *op, const struct observed_platform *platforms, size_t n) _must_check_;
/* At once, e.g. after a platform answers again; nothing when one was there within the last ten minutes. */
int observe_run_request(struct op *op, int64_t platform_id, const char *reason) _must_check_;
/* *ret: NULL when there is none. */
int observe_run_claim(struct op *op, const struct observed_platform *platforms, size_t n, struct observe_run **ret) _must_check_;

/* Stores a page that was asked for age_ms ago, with the cursor behind it.  *ret_n_new: accounts not seen before. */
int observe_run_page(struct op *op, struct observe_run *run, const struct list_page *page, int64_t age_ms, size_t *ret_n_new) _must_check_;
/* From the beginning. */
int observe_run_restart(struct op *op, struct observe_run *run) _must_check_;
/* All has been listed, as far as it goes. */
int observe_run_listed(struct op *op, struct observe_run *run, const char *fault) _must_check_;
/* The connector cannot list after all. */
int observe_run_cannot_list(struct op *op, struct observe_run *run) _must_check_;
/* Gives it back; it may be claimed after delay_ms. */
int observe_run_release(struct op *op, const struct observe_run *run, int64_t delay_ms, struct str detail) _must_check_;
/* Ends it without any conclusion. */
int observe_run_fail(struct op *op, const struct observe_run *run, const char *fault, struct str detail) _must_check_;
int observe_run_extend(struct op *op, const struct observe_run *run) _must_check_;

struct observe_counts {
	struct str platform;
	int64_t age_s; /* since the last complete run ended; -1: there was none */
	int64_t unlinked, unmatched, disputed, collisions, missing, differing, held;
};
int observe_counts(struct op *op, const struct observe_counts **ret_counts, size_t *ret_n) _must_check_;
