/*
 * reorganising.h: the way of a reorganisation: draft -> planned -> approved -> running -> done.
 *
 * Who draws up, edits or plans it needs the right "organise" over every unit that it names; who approves needs "approve" as well, is
 * another person, and gains no scope by it.  What is approved is one plan, by its hash, made of facts that are still so.
 * sen-provisioner carries it out (common/model/reorg_run.h).
 *
 * Errors: ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_PRECONDITION_FAILED (another version), ERR_WRONG_STATE, ERR_FOUR_EYES, ERR_BLOCKED.
 */
#pragma once

#include "server/governance/principal.h"
#include "server/governance/reorg_store.h"

int reorganising_draw_up(struct op *op, const struct principal *p, const struct reorg_draft *draft, struct reorg *ret) _must_check_;
int reorganising_edit(struct op *op, const struct principal *p, const struct reorg *r, const struct reorg_draft *draft, struct reorg *ret) _must_check_;
/* Takes seconds for a province. */
int reorganising_plan(struct op *op, const struct principal *p, const struct reorg *r, struct reorg *ret) _must_check_;
int reorganising_approve(struct op *op, const struct principal *p, const struct reorg *r, struct str plan_hash, struct reorg *ret) _must_check_;
/* An approved one becomes planned again; any other that has not begun is given up. */
int reorganising_withdraw(struct op *op, const struct principal *p, const struct reorg *r, struct str reason, struct reorg *ret) _must_check_;
