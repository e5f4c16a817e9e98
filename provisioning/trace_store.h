/*
 * trace_store.h: the rows sen.provision_run, sen.provision_target and sen.provision_step: one account on demand, step by step.
 *
 * A run is planned in one transaction, like a batch of the dirty set; its platforms are then claimed one by one under a lease, by
 * whichever provisioner serves them.  What a target leads to is an ordinary claim of its binding.
 */
#pragma once

#include "provisioning/binding_store.h"
#include "provisioning/trace.h"

/* Claims one open run and plans its account; *ret_planned false: there was none. */
int trace_plan_run(struct op *op, struct str mail_domain, bool *ret_planned) _must_check_;

struct trace_target {
	struct str run_id, account_id;
	int64_t platform_id, lease_token, attempt;
};
/* Open targets of these platforms, at most limit. */
int trace_targets_claim(struct op *op, const int64_t *platforms, size_t n_platforms, int64_t lease_s, int64_t limit,
                        const struct trace_target **ret_targets, size_t *ret_n) _must_check_;
/* Whether what is to be done takes access away. */
int binding_takes_away(struct op *op, int64_t platform_id, struct str account_id, bool *ret) _must_check_;
/* The binding of one account, if it is anybody's to claim now; *ret_is_leased: somebody else is at it. */
int binding_claim_one(struct op *op, int64_t platform_id, struct str account_id, int64_t lease_s, const struct work **ret_work,
                      bool *ret_is_leased) _must_check_;
/* How it ended, fenced by the target's token.  outcome: that of the operation, "skipped", or "not_now": nothing is sent there now. */
struct trace_end {
	struct trace_target target;
	const char *outcome, *op;
	struct str operation_id, fault;
	bool again;               /* nothing was tried: the target is open again at once */
	const struct trace *trace; /* NULL: no steps */
};
int trace_target_end(struct op *op, const struct trace_end *end) _must_check_;
/* Forgets runs of more than 14 days ago, some at a time. */
int trace_sweep(struct op *op) _must_check_;
