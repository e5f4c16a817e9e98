/*
 * late_store.h: revocations that were not carried out at once, and since when (sen.revocation_late).
 *
 * A binding's due_at says when it is tried again, not how long it has waited; so who is late is written down when first seen, and taken
 * away with the wait.  What an officer has been handed on a form, and what the guard holds, is told by others.
 */
#pragma once

#include "common/db/db.h"

#define LATE_SEEN_S 10    /* due so long without a claim: late */
#define LATE_OVERDUE_S 60
#define LATE_CALL_S 300

struct late_platform {
	int64_t platform_id;
	int64_t n, oldest_s;          /* that are late now; 0: none */
	int64_t n_overdue, n_called;  /* told now, by us and nobody else */
};
/* Of these platforms, each once. */
int late_run(struct op *op, const int64_t *platform_ids, size_t n_ids, const struct late_platform **ret_late, size_t *ret_n) _must_check_;
