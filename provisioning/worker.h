/*
 * worker.h: brings the due bindings of one platform to their desired state.
 *
 * One dispatcher thread claims batches under a lease, reads the desired documents at the moment
 * of sending, and hands them to `concurrency` threads that talk to the platform; the recorder (recorder.h) writes what
 * came of it.  The gate (gate.h) says how many may go.
 *
 * As many wait for the threads as these do in half a second, so that a claim is one of many; what takes access away goes before
 * them, and has places of its own.
 */
#pragma once

#include "common/db/db.h"
#include "provisioning/connector.h"
#include "provisioning/operate.h"
#include "provisioning/retry.h"

struct recorder;
struct urgency;

struct worker_config {
	struct db *db;
	struct recorder *recorder;
	struct urgency *urgency;
	const struct connector_config *connector;
	int64_t platform_id;
	struct str mail_domain;
	int64_t lease_s;
};

enum { WORKER_OP_NONE, WORKER_OP_LOOK_UP, WORKER_OP_CREATE, WORKER_OP_UPDATE, WORKER_OP_DISABLE, WORKER_OP_DELETE, WORKER_OPS };
#define WORKER_OUTCOMES 5 /* OUTCOME_OK … OUTCOME_WAITING */

struct worker_stats {
	uint64_t operations[WORKER_OPS][WORKER_OUTCOMES];
	uint64_t ms_total;
	uint64_t fenced;       /* ended after their lease */
	uint64_t in_flight;
	enum breaker_state breaker;
	int64_t rate_milli;    /* in force; 0: no limit */
};

struct worker;

struct trace_target;
#define WORKER_ASKED_MAX 4

/* Opens the connector, starts the threads.  config is copied; what it points to stays the caller's. */
int worker_start(struct op *op, const struct worker_config *config, struct worker **ret_worker) _must_check_;
/* Something is due: do not wait for the next poll.  is_urgent: it takes access away. */
void worker_nudge(struct worker *w, bool is_urgent);
/* A target of a run on demand, already leased; false: too many wait. */
bool worker_ask(struct worker *w, const struct trace_target *target) _must_check_;
/* Claims nothing more; what is in hand is finished. */
void worker_stop(struct worker *w);
/* After worker_stop(): waits, closes the connector, frees. */
void worker_join(struct worker *w);

/* 1: one more operation may go to the platform now, and is counted; 0: not yet.  For who does not go through bindings. */
int64_t worker_take(struct worker *w);

struct str worker_platform(const struct worker *w);
int64_t worker_platform_id(const struct worker *w);
void worker_stats_get(struct worker *w, struct worker_stats *ret);
const char *worker_op_name(size_t op) _pure_;
