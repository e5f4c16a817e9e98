/*
 * replacement.h: carrying accounts over from one platform to another.
 *
 * A plan: role map old -> new (each role of the old platform mapped, or dropped expressly), day of the cut-over, perhaps a
 * role of the old platform that stands for "read only" until then; for the work of a unit's subtree.  Drawn up and
 * submitted by one, approved by another; both hold the rights to grant on the new and to revoke on the old platform there.
 *
 * Steps: (1) grants on the new platform, (2) read-only on the old, (3) revocation on the old from the cut-over on.  Each works in
 * batches, one transaction each; what is left is computed from the grants as they are, so a run that was killed, or a
 * grant made meanwhile, is picked up by the next.  Nobody is cut down before the new grant is there, nor revoked before the
 * account has been seen on the new platform (when it is provisioned there).  A revocation ends sessions and tokens.
 * An automatic plan takes each step by itself when it is due (replacement_work.h); people may run it as well.
 *
 * Birthright rules follow the role map from the first batch on (migration 0054): they give both roles, from the plan's end the new one alone.
 * What is suspended on the old platform is so on the new.  Nothing is revoked before the data are handed over.
 *
 * A plan for the whole province is approved with the decision that puts the old platform from reviewing into replacing, by the rules
 * of lifecycle.h; at its end the platform is stopped, when nobody holds anything on it any more.
 *
 * An approved plan is changed (role map, day of the cut-over) or cancelled by two: one asks, another agrees.  While a cancellation is
 * asked for, nothing runs.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/principal.h"
#include "server/governance/replacement_rules.h"

#define REPLACEMENT_ROLES_MAX 200
#define REPLACEMENT_BATCH_MAX 2000

struct replacement_role {
	struct str old_role, new_role; /* codes; new_role STR_NULL: dropped */
};
struct replacement_new {
	struct str old_platform, new_platform, unit; /* codes; unit STR_NULL: the province, the whole */
	struct str cutover_on, basis;
	struct str read_only_role;                   /* code on the old platform; STR_NULL: without that step */
	struct str read_only_on;                     /* STR_NULL: the day of the cut-over; a person may take the step before */
	struct str handover_on, no_handover;         /* of the data: the day, or why there is none; for the whole one of the two */
	bool is_automatic;
	const struct replacement_role *roles;
	size_t n_roles;
};
/* ERR_UNKNOWN_PLATFORM, _UNIT, _ROLE; ERR_OUT_OF_SCOPE (right catalogue); ERR_INVALID_VALUE (the same platform twice, dates, the hand-over). */
int replacement_draw(struct op *op, const struct principal *p, const struct replacement_new *plan, struct str *ret_id) _must_check_;

/* The decision about the whole; of a part both may be STR_NULL. */
struct replacement_decision {
	struct str no, on;
};
/*
 * submit: ERR_BLOCKED (by: roles that are neither mapped nor dropped, or privileged ones that a birthright rule would come to give).
 * approve: ERR_FOUR_EYES; right approve; for the whole also what lifecycle_move() refuses (right appraise, decision).
 * All: ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_WRONG_STATE, ERR_PRECONDITION_FAILED, ERR_CONFLICT (another plan for the same).
 */
int replacement_submit(struct op *op, const struct principal *p, struct str id, int64_t version) _must_check_;
int replacement_approve(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_decision *decision) _must_check_;
/* Before the approval. */
int replacement_cancel(struct op *op, const struct principal *p, struct str id, int64_t version) _must_check_;

/* What is asked to change about an approved plan; one at a time, the last one counts. */
struct replacement_change {
	bool is_cancel;
	struct str cutover_on, reason;         /* cutover_on STR_NULL: stays */
	const struct replacement_role *roles;  /* mapped now, or otherwise; what a role's grants have become stays */
	size_t n_roles;
};
/* Right catalogue.  ERR_BLOCKED (by: roles of which grants have been carried over), ERR_UNKNOWN_ROLE, ERR_INVALID_VALUE (nothing to change). */
int replacement_ask(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_change *change) _must_check_;
int replacement_withdraw(struct op *op, const struct principal *p, struct str id, int64_t version) _must_check_;
/*
 * Right approve; ERR_FOUR_EYES: who asked.  After a cancellation what was granted and revoked stays, and birthright rules give what they say;
 * the old platform's state is moved on by itself (lifecycle_move.h).
 */
int replacement_agree(struct op *op, const struct principal *p, struct str id, int64_t version) _must_check_;
/* The data have been handed over; right catalogue, once.  ERR_INVALID_VALUE (a day to come). */
struct replacement_handover {
	struct str on, evidence;
};
int replacement_hand_over(struct op *op, const struct principal *p, struct str id, int64_t version, const struct replacement_handover *handover) _must_check_;

struct replacement_left {
	int64_t to_grant, to_read_only, to_revoke, waiting, unmapped;
};
struct replacement_run {
	int64_t done; /* grants dealt with in this batch */
	struct replacement_left left;
	bool is_finished;
};
/*
 * One batch.  ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_WRONG_STATE, ERR_BLOCKED (argument by: replacement_rules.h; "another_run": one at a time).
 */
int replacement_run(struct op *op, const struct principal *p, struct str id, enum replacement_step step, size_t limit, struct replacement_run *ret) _must_check_;

/* step: grant, read_only, revoke (every grant that will be revoked) or waiting; after: account and grant. */
int replacement_preview(struct op *op, const struct principal *p, struct str id, struct str step, const struct str *after, size_t limit,
                        struct json_page *ret) _must_check_;
int replacement_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version) _must_check_; /* ERR_NOT_FOUND */
int replacement_list(struct op *op, const struct principal *p, struct str state, const struct str *after, size_t limit, struct json_page *ret) _must_check_;
