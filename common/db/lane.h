/*
 * lane.h (private): one pipelined connection with group commit, and the thread that runs it.
 *
 * Callers queue a statement and sleep.  The thread takes up to batch_max of them, sends them
 * with one Sync, reads up to the Sync and only then wakes the callers; meanwhile the next
 * batch gathers.  When one statement of a batch fails, all were rolled back: the innocent run
 * again together, the guilty one alone, and only it gets its error.
 *
 * Lost connection: what was not sent stays queued; a read that was sent is repeated once; a
 * write that was sent is ERR_OUTCOME_UNKNOWN.  While the server stays away, statements are
 * refused at once (ERR_UNAVAILABLE) after two seconds, and the connection is tried again every
 * 0.1 to 2 s.
 * Thread-safe.
 */
#pragma once

#include "common/db/bind.h"
#include "common/db/conn.h"

struct lane_config {
	const char *thread_name;
	struct conn_settings conn; /* its strings outlive the lane */
	bool is_write;
	size_t batch_max;
	int64_t patience_ms;       /* of a caller in the queue, and of the lane for an answer */
};

struct lane;

/* NULL with a reason. */
struct lane *lane_open(const struct lane_config *config, char ret_reason[CONN_REASON_MAX]);
/* Waits for what was accepted.  Accepts NULL. */
void lane_close(struct lane *l);

/* A caller waits for at most its patience in the queue, the batch before it and its own. */
int lane_run(struct lane *l, struct op *op, const struct bound *b, struct db_rows *ret_rows) _must_check_;
/* Has the server answered since this call, within timeout_ms? */
bool lane_probe(struct lane *l, int64_t timeout_ms);
void lane_stats_add(struct lane *l, struct db_stats *sum);
