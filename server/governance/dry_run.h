/*
 * dry_run.h: what a change would send to which platform, computed by the provisioner's own planner from the facts before and
 * after it.  Pure.
 *
 * The operation is the one that the executor begins with: an account that was never there is created, one that is there is
 * updated or disabled; what was to be created and was not yet is only asked about.
 */
#pragma once

#include "common/base/json.h"
#include "common/plan/plan.h"

enum dry_operation { DRY_NOTHING, DRY_CREATE, DRY_UPDATE, DRY_DISABLE, DRY_DELETE, DRY_LOOK_UP, DRY_OPERATIONS_ };
const char *dry_operation_name(enum dry_operation operation) _pure_;

/* What becomes of an operation: held by the guard until a second person releases it, or not allowed on the platform. */
enum dry_fate { DRY_SENT, DRY_HELD, DRY_NOT_ALLOWED };
const char *dry_fate_name(enum dry_fate fate) _pure_;

/* A binding as it stands. */
struct dry_binding {
	struct str account_id;
	int64_t platform_id;
	bool is_there;   /* the platform was seen to hold the account */
	bool is_settled; /* the platform is as wanted */
};

struct dry_item {
	int64_t platform_id;
	enum dry_operation operation;
	struct str account_id, login;
	struct str before, after; /* documents; before is STR_NULL where nothing was wanted */
	bool is_pending;          /* an earlier change is not there yet, and goes with this one */
	bool is_counted;          /* by the guard: nobody's decision about one person by name */
	const struct account_facts *facts_before, *facts_after;
	enum dry_fate fate;
};

/*
 * One account.  before: NULL when the account is new; bindings: at least those of the account, in any order.  Platforms where
 * nothing changes are left out.
 */
void dry_run_account(struct arena *a, struct str mail_domain, const struct account_facts *before, const struct account_facts *after,
                     const struct dry_binding *bindings, size_t n_bindings, const struct dry_item **ret_items, size_t *ret_n);

/* A binding that the change itself makes due: let go by a release, allowed by a switch, asked for again.  The account is not planned anew. */
struct dry_due {
	struct str account_id;
	int64_t platform_id;
	bool is_there, is_in_doubt, is_active, is_deletion;
};

struct dry_dues {
	const struct dry_due *all;
	size_t n;
};

/* By platform, then by login: for qsort(). */
int dry_item_order(const void *a, const void *b);
/* PLATFORM:login, where a page of operations ends. */
bool dry_run_after_is_good(struct str after);

/* Grows account by account; from: where the items of the present one begin. */
struct dry_list {
	struct dry_item *items;
	size_t n, from;
};
/* Appends what is done for the bindings of one account that are due, where no item speaks of the platform yet. */
void dry_run_due(struct arena *a, struct str mail_domain, const struct account_facts *after, struct dry_dues dues, struct dry_list *list);

/* {"before": {…}|null, "after": {…}, "changed": ["post", …]}: attributes without what says whose the document is. */
void dry_run_attributes(json_t *item, struct str before, struct str after);
