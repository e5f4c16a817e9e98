/*
 * dry_run_store.h: the accounts that a dry run woke, what stands about them, and which of them the caller may see.
 *
 * A change that matters to platforms puts its accounts into the dirty set by trigger (0006).  Rows of the dirty set that are seen
 * although their transaction is still under way are this one's own: that is how they are told from everybody else's.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/dry_run.h"
#include "server/governance/principal.h"

/* Within the dry run.  At most limit ids; *ret_total: how many there are. */
int dry_run_woken(struct op *op, size_t limit, const struct str **ret_ids, size_t *ret_n, size_t *ret_total) _must_check_;

/* Within the dry run.  The bindings of these accounts that are due by it though nothing else is wanted; by account, platform. */
int dry_run_dues(struct op *op, const struct str *ids, size_t n, struct dry_dues *ret) _must_check_;

/* What of an account a caller may see. */
struct dry_reach {
	struct str account_id;
	bool any, every;            /* on some platform; on each */
	const int64_t *platforms;
	size_t n_platforms;
};
/* Sorted by account; those that are not there are left out. */
int dry_run_reach(struct op *op, const struct principal *p, const struct str *ids, size_t n, const struct dry_reach **ret_reach,
                  size_t *ret_n) _must_check_;
bool dry_reach_covers(const struct dry_reach *reach, int64_t platform_id) _pure_;

/* Sorted by account, platform. */
int dry_run_bindings(struct op *op, const struct str *ids, size_t n, const struct dry_binding **ret_bindings, size_t *ret_n) _must_check_;

/* Messages of the outbox that it put there: to whom how many. */
struct dry_message {
	struct str kind, destination;
	int64_t n;
};
int dry_run_messages(struct op *op, const struct dry_message **ret_messages, size_t *ret_n) _must_check_;
json_t *dry_messages_json(const struct dry_message *messages, size_t n);

struct dry_platform {
	int64_t id;
	struct str code, name;
};
int dry_run_platforms(struct op *op, const struct dry_platform **ret_platforms, size_t *ret_n) _must_check_;
