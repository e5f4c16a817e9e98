/*
 * idempotency_store.h: which requests were carried out under an Idempotency-Key, and their answers.
 *
 * The first request with a key claims it in one statement.  What it does and the mark that it was done are committed
 * together (idempotency_mark() runs in the same transaction), so that a claim which lapsed
 * because a server died is taken over only when nothing was done.  Keys are kept for 24 hours.
 */
#pragma once

#include "common/db/db.h"

#define IDEMPOTENCY_KEY_MAX 128

struct idempotency_claim {
	struct str account_id, key;
	struct str request_hash; /* 32 bytes */
	struct str id;           /* set by idempotency_claim() */
};

/* An Item of type String (RFC 8941 §3.3.3), or its bytes alone, as many clients send it.  False: it is no key. */
bool idempotency_key_read(struct str header, struct str *ret_key) _must_check_;

enum idempotency_state {
	IDEMPOTENCY_CLAIMED,  /* this request carries it out */
	IDEMPOTENCY_AT_WORK,  /* another one does, at this moment */
	IDEMPOTENCY_ANSWERED,
	IDEMPOTENCY_LOST,     /* carried out, but its answer is not kept */
	IDEMPOTENCY_OTHER,    /* the key belongs to another request */
};

/* *ret_answer: sealed, for IDEMPOTENCY_ANSWERED. */
int idempotency_claim(struct op *op, struct idempotency_claim *claim, enum idempotency_state *ret_state, struct str *ret_answer) _must_check_;
/* Within the transaction of what the request does.  ERR_CONFLICT when the claim has passed to another. */
int idempotency_mark(struct op *op, const struct idempotency_claim *claim) _must_check_;
/* sealed STR_NULL: that it was answered, but not how. */
int idempotency_answer(struct op *op, const struct idempotency_claim *claim, struct str sealed) _must_check_;
/* *ret_released false: something was done, the key stays taken. */
int idempotency_release(struct op *op, const struct idempotency_claim *claim, bool *ret_released) _must_check_;
/* Forgets some of what is older than 24 hours. */
int idempotency_sweep(struct op *op) _must_check_;
