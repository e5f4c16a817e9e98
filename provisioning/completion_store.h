/*
 * completion_store.h: how operations ended: the bindings (fenced by the lease token), the log
 * sen.op_log and the audit records, in one transaction.
 */
#pragma once

#include "provisioning/operate.h"

struct completion {
	const struct work *work;
	const struct result *result;
	struct str sent_hash;  /* of the document that was brought there */
	bool sent_active;
	int64_t delay_ms;      /* until the next attempt */
	bool is_charged;       /* the attempt counts for the delay of the next */
	int64_t ms;            /* it took */
	struct str task_id;
	bool was_fenced;       /* out: the lease was lost, nothing was changed */
};

/* Of any platforms.  On an error nothing is written and the leases end by time. */
int completion_add(struct op *op, struct completion *done, size_t n) _must_check_;
