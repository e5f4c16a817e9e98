/*
 * outbox.h: brings messages of the outbox to where they belong (common/model/outbox_store.h).
 *
 * One dispatcher thread claims, within a quota per destination, makes each message anew and hands it
 * to `concurrency` threads that send it; it writes what came of it in batches.  A breaker per
 * destination keeps one that does not answer from holding the others up.  Keys and destinations
 * follow the database.
 */
#pragma once

#include "common/crypto/keyring.h"
#include "common/db/db.h"
#include "common/model/outbox_store.h"

struct outbox_config {
	struct db *db;
	struct str issuer;
	struct key_source keys;
	struct str egress_allow, ca_file;
	int64_t concurrency;
	int64_t timeout_ms;      /* of one call */
};

#define OUTBOX_OUTCOMES (OUTBOX_RETRY + 1)

struct outbox_stats {
	uint64_t sent[OUTBOX_OUTCOMES];
	uint64_t fenced;         /* ended after their lease */
	uint64_t in_flight;
	uint64_t n_down;         /* destinations whose breaker is open */
};

struct outbox;

/* config is copied; what it points to, and op->arena, outlive the outbox. */
int outbox_start(struct op *op, const struct outbox_config *config, struct outbox **ret_outbox) _must_check_;
/* Claims nothing more; what is in hand is finished. */
void outbox_stop(struct outbox *o);
/* After outbox_stop(). */
void outbox_join(struct outbox *o);

void outbox_stats_get(struct outbox *o, struct outbox_stats *ret);
const char *outbox_outcome_name(enum outbox_outcome outcome) _pure_;
