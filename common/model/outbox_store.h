/*
 * outbox_store.h: messages on their way to others (schema/migrations: outbox).
 *
 * Rows come from triggers, in the transaction of what they tell.  Claiming leases them and raises
 * the lease token; a completion with an older token changes nothing, so a sender that slept
 * through its lease does no harm.  A lease that ends makes the row due again: a message may
 * be sent twice, never forgotten.  All statements are set-wise.
 */
#pragma once

#include "common/db/db.h"

#define OUTBOX_LOGOUT "logout" /* the end of a session */
#define OUTBOX_CIBA "ciba"     /* a decision (ciba_ping.h) */
#define OUTBOX_SSF "ssf"       /* a security event (security_event.h); its destination is a stream */

struct outbox_item {
	const char *kind;
	struct str account_id, created_on, id; /* the row's key */
	struct str destination;
	struct str session_id;                 /* STR_NULL: none */
	struct str payload;                    /* JSON; secrets in it are sealed */
	int64_t created_at_s;
	int64_t attempts;                      /* with the one to come */
	int64_t lease_token;
};

/* How many rows one destination may be given. */
struct outbox_quota {
	struct str destination;
	int64_t n;
};

struct outbox_request {
	const struct outbox_quota *quotas;
	size_t n_quotas;
	int64_t limit;      /* of all of them together */
	int64_t lease_s;
};

/* The oldest due rows of each destination, within its quota. */
int outbox_claim(struct op *op, const char *kind, const struct outbox_request *rq, const struct outbox_item **ret_items,
                 size_t *ret_n) _must_check_;

enum outbox_outcome {
	OUTBOX_DELIVERED,
	OUTBOX_REFUSED, /* the destination says that it will never take it: audited */
	OUTBOX_VOID,    /* the destination does not want it any more */
	OUTBOX_RETRY,
};

struct outbox_end {
	const struct outbox_item *item;
	enum outbox_outcome outcome;
	int64_t delay_ms;   /* of OUTBOX_RETRY */
	struct str detail;  /* for operators; never a secret */
};

/* Fenced; *ret_n: how many still held their lease. */
int outbox_complete(struct op *op, const struct outbox_end *ends, size_t n, size_t *ret_n) _must_check_;
/* What has been tried for long enough is dead: audited.  A batch. */
int outbox_give_up(struct op *op, size_t *ret_n) _must_check_;
/* The destination answers again: what waits for it may go at once. */
int outbox_hurry(struct op *op, const char *kind, struct str destination) _must_check_;

/* ---- what a destination fetches itself ---- */

/* What waits for it, the oldest first; nothing is leased. */
int outbox_peek(struct op *op, const char *kind, struct str destination, int64_t limit, const struct outbox_item **ret_items,
                size_t *ret_n) _must_check_;

struct outbox_receipt {
	struct str id;               /* a UUID */
	enum outbox_outcome outcome; /* not OUTBOX_RETRY */
	struct str detail;
};
/* What the destination says of rows of its own; of others, or a second time, it says nothing. */
int outbox_settle(struct op *op, const char *kind, struct str destination, const struct outbox_receipt *receipts, size_t n) _must_check_;

struct outbox_count {
	struct str kind, destination;
	int64_t n, oldest_s;
};
/* What waits: the 60 destinations with the most. */
int outbox_counts(struct op *op, const struct outbox_count **ret_counts, size_t *ret_n) _must_check_;
