/*
 * reorg_store.h: reorganisations as rows: drawn up, planned, approved, withdrawn; each change is one statement with version,
 * state, scope and persons among its conditions.
 */
#pragma once

#include "server/governance/reorg_plan.h"
#include "common/db/db.h"

struct reorg {
	struct str id, title, decision_no, decision_on, effective_on, execute_at;
	struct str steps;                         /* JSON */
	struct str state;                         /* draft, planned, approved, running, done, stale, withdrawn */
	int64_t version;
	struct str drawn_up_by, drawn_up_at, edited_by, planned_by, planned_at, approved_by, approved_at; /* user names, ISO 8601 */
	struct str drawn_up_id, edited_id, planned_id; /* accounts */
	struct str plan_hash, base;               /* STR_NULL: no plan */
	int64_t n_blocking, n_ops, done_n;
	struct str started_at, ended_at, report;  /* JSON */
	int64_t effective_day, execute_at_s;
};

struct reorg_draft {
	struct str title, decision_no, decision_on;
	struct str effective_on; /* STR_NULL: the day of execute_at */
	struct str execute_at;
	struct str steps_json;
	const struct reorg_steps *steps;
};

/* In a transaction.  ERR_OUT_OF_SCOPE: not every unit that the steps name is within actor's right "organise"; ERR_UNKNOWN_UNIT: none is there. */
int reorg_add(struct op *op, const struct reorg_draft *draft, struct str actor, struct str *ret_id) _must_check_;
/* *ret_changed false: another version, or a state in which it is not edited. */
int reorg_edit(struct op *op, const struct reorg *r, const struct reorg_draft *draft, struct str actor, bool *ret_changed) _must_check_;
/* ERR_NOT_FOUND, also when it is beyond viewer's scope. */
int reorg_get(struct op *op, struct str id, struct str viewer, struct reorg *ret) _must_check_;
int reorg_list(struct op *op, struct str viewer, struct str state, const struct str after[2], size_t limit, const struct reorg **ret, size_t *ret_n) _must_check_;

int reorg_base(struct op *op, const struct reorg *r, struct str *ret_base) _must_check_;
/* Replaces the plan; *ret_changed as above. */
int reorg_set_plan(struct op *op, const struct reorg *r, const struct reorg_plan *plan, struct str base, struct str actor, bool *ret_changed) _must_check_;
int reorg_approve(struct op *op, const struct reorg *r, struct str plan_hash, struct str actor, bool *ret_changed) _must_check_;
/* Its facts have changed since it was planned. */
int reorg_mark_stale(struct op *op, const struct reorg *r) _must_check_;
int reorg_withdraw(struct op *op, const struct reorg *r, struct str actor, bool *ret_changed) _must_check_;
/* Would actor's own scopes reach further by it? */
int reorg_profits(struct op *op, struct str id, struct str actor, bool *ret_profits) _must_check_;
bool reorg_may_be_edited(struct str state);

/* reorg_facts_store.c: what a plan is made of, in memory of scratch. ERR_LIMIT beyond a million grants. */
int reorg_facts_load(struct op *op, struct arena *scratch, const struct reorg *r, struct reorg_facts *ret) _must_check_;
/* reorg_ops_store.c: its rows. */
int reorg_ops_write(struct op *op, struct str id, const struct reorg_plan *plan) _must_check_;
int reorg_ops_delete(struct op *op, struct str id) _must_check_;
