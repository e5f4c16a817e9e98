/*
 * dry_run_guard.h: what would not be sent although it is planned: operations that are switched off on a platform, and what the guard
 * would hold there.
 *
 * The judgement is the guard's own (common/plan/guard.h); its counts are of this moment, so another mass change in between may tip them.
 * What the provisioner's configuration file forbids is not known here.
 */
#pragma once

#include "common/db/db.h"
#include "common/plan/guard.h"
#include "server/governance/dry_run.h"

/* In force on one platform, and how it stands there. */
struct dry_rule {
	int64_t platform_id;
	unsigned ops;              /* 1 create, 2 update, 4 disable, 8 delete */
	int64_t grace_days;        /* after which what is off is deleted, if that is on */
	bool is_open;
	struct str on_removal;     /* of a closed platform */
	bool has_hold;             /* one is open: what the guard counts joins it */
	int64_t n_live, n_passed;  /* of the platform; passed: taken away within the hour without being held */
	int64_t n_memberships, n_passed_roles; /* likewise of roles of accounts that stay; only of whom so much is taken that it is counted */
	struct guard_limits limits;
};

/* How many a unit, or a role, has on a platform. */
struct dry_census {
	int64_t platform_id;
	bool is_role;
	struct str code;
	int64_t n_live, n_passed;
};

/* The fate of all operations on one platform.  *ret_why: by which limit some are held; scope alone when a hold is open or the platform closes. Pure. */
struct dry_held {
	const char *reason;        /* "platform", "unit", "role", "memberships", "removal"; NULL: none is held */
	struct str about;          /* code of the unit or role, or STR_NULL */
};
struct dry_held dry_run_judge(struct arena *a, const struct dry_rule *rule, const struct dry_census *census, size_t n_census, struct dry_item *items, size_t n);

int dry_run_rules(struct op *op, struct dry_rule **ret_rules, size_t *ret_n) _must_check_;
/* Memberships of the platforms where these operations take more of them than max_n. */
int dry_run_memberships(struct op *op, struct dry_rule *rules, size_t n_rules, const struct dry_item *items, size_t n) _must_check_;
/* Of the units and roles from which these operations take something away. */
int dry_run_census(struct op *op, const struct dry_item *items, size_t n, const struct dry_census **ret_census, size_t *ret_n) _must_check_;
/* Within the dry run: are its accounts counted by the guard? */
int dry_run_is_mass(struct op *op, bool *ret) _must_check_;
