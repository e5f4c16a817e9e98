/*
 * binding_store.h: the rows sen.binding, sen.dirty_account and sen.op_log.
 *
 * A binding's life: IDLE, DUE, LEASED, IN_DOUBT, RETRY, BLOCKED; HELD by the guard (guard_store.h); GRACE, GONE
 * (deletion_store.h); WAITING for a person.  Claiming raises the lease token; a completion with an older token changes
 * nothing, so a worker that slept through its lease does no harm.  All statements are set-wise.
 */
#pragma once

#include "common/base/op.h"
#include "provisioning/operate.h"
#include "common/plan/plan.h"

enum binding_state {
	BINDING_IDLE,
	BINDING_DUE,
	BINDING_LEASED,
	BINDING_IN_DOUBT,
	BINDING_RETRY,
	BINDING_BLOCKED,
	BINDING_HELD,
	BINDING_GRACE,
	BINDING_GONE,
	BINDING_WAITING = 9, /* handed on to a person: not due, no doubt, no fault */
};

/* An account taken out of the dirty set. */
struct woken {
	struct str account_id;
	int64_t prio;
	bool by_name; /* somebody decided about this one: the guard lets it pass */
};

/* Puts accounts whose validity crosses a boundary into the dirty set; where access has ended, its part of their sessions ends too. */
int dirty_add_due(struct op *op, size_t *ret_n) _must_check_;
/* Is anybody there, who may be in somebody else's hands? */
int dirty_waits(struct op *op, bool *ret_any) _must_check_;
/*
 * The transaction under way need not be on disk before it is answered: what a crash takes back is back in the dirty set as well, and
 * is planned again.  Whoever claims what it made due waits for the disk, and so for this.
 */
int plan_is_repeatable(struct op *op) _must_check_;
/* Takes up to limit accounts out; call inside the transaction that plans them. */
int dirty_take(struct op *op, int64_t limit, const struct woken **ret_woken, size_t *ret_n) _must_check_;
/* To be looked at again; the guard takes no account of who asks. */
int dirty_add(struct op *op, const struct str *accounts, size_t n, int64_t prio) _must_check_;

/* What the guard is to do with a change. */
enum plan_guard {
	GUARD_COUNTS,   /* it takes access away: first, it is counted */
	GUARD_FREES,    /* somebody decided about this account by name: what is held of it goes */
	GUARD_KEEPS,    /* takes nothing away: a loss of a role that is held stays held */
	GUARD_FREE,     /* no business of the guard */
};

/* What the planner wants of one binding. */
struct binding_plan {
	struct str account_id;
	int64_t platform_id;
	const char *hash;
	bool active;
	int64_t prio;
	enum plan_guard guard;
};

/* On one platform: rows that were written, the first of them by priority. */
struct plan_change {
	int64_t platform_id, prio;
};
struct plan_changes {
	const struct plan_change *list;
	size_t n_platforms;
	size_t n;           /* rows on all of them */
};

/* Unchanged rows are not written.  *ret: what is due now, but for what the guard counts first. */
int binding_plan_add(struct op *op, const struct binding_plan *plans, size_t n, struct plan_changes *ret) _must_check_;
/* All bindings of these accounts are as planned from what these are the digests of (plan_digest()); in the same transaction. */
int plan_remember(struct op *op, const struct str *accounts, const struct str *digests, size_t n) _must_check_;

struct claim {
	int64_t platform_id;
	int64_t limit;
	int64_t lease_s;
	int64_t max_prio;  /* nothing behind it; INT16_MAX: anything */
	bool is_probe;     /* one of those that failed least, so that an account that never works does not decide for all */
};
struct db_rows;
/* Rows of a claim: all of them. */
struct work *binding_work_of(struct op *op, const struct db_rows *rows, int64_t platform_id);
/* Takes due bindings of one platform under a lease. */
int binding_claim(struct op *op, const struct claim *how, const struct work **ret_work, size_t *ret_n) _must_check_;

/* Leases that ended without an answer: outcome unknown. */
int binding_expire(struct op *op, size_t *ret_n) _must_check_;
/* Idle bindings whose platform is not as wanted: lost hints, drift. */
int binding_sweep(struct op *op, size_t *ret_n) _must_check_;
/* A platform answers again: what waits for it may go at once. */
int binding_hurry(struct op *op, int64_t platform_id) _must_check_;

struct binding_count {
	int64_t platform_id, state, n, oldest_s;
};
/* What is not idle, per platform and state. */
int binding_counts(struct op *op, const struct binding_count **ret_counts, size_t *ret_n) _must_check_;
int partitions_maintain(struct op *op) _must_check_;

/* ERR_UNKNOWN_PLATFORM when there is none of that code. */
int platform_by_code(struct op *op, struct str code, int64_t *ret_id) _must_check_;
