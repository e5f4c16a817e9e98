/*
 * audit_checkpoint.h: the heads of all audit chains, signed from time to time.
 *
 * A checkpoint is a JWS (typ "audit-checkpoint+jwt") with the payload
 *   {"n": number, "iat": seconds, "prev": SHA-256 of the JWS before (hex; "" for the first), "records": of all chains,
 *    "heads": [{"chain", "seq", "hash"}], "dropped": [{"chain", "seq", "hash"}]}
 * where "dropped" says behind which record each chain begins.  The public key is kept beside it, and
 * a MAC with the master secret over both, so that neither a signature by a strange key nor the
 * end of our key's life deceives the verifier.
 */
#pragma once

#include "common/db/db.h"

#define AUDIT_CHECKPOINT_TYP "audit-checkpoint+jwt"

struct audit_checkpoint_rule {
	int64_t every_s;       /* at the latest, when there is anything new */
	int64_t every_records;
};
/* Makes one when it is due.  Needs an active signing key. */
int audit_checkpoint_maintain(struct op *op, const struct audit_checkpoint_rule *rule, bool *ret_made) _must_check_;

struct audit_checkpoint_verdict {
	size_t n_checkpoints;
	int64_t last_n;
	struct str last_at;  /* STR_NULL: there is none */
	const char *fault;   /* NULL: they are in order, and the chains agree with them */
	int64_t fault_n;     /* of the checkpoint */
	int64_t fault_chain; /* -1: it is no chain's */
	int64_t fault_seq;
};
/* Of numbers, links, signatures, and of the records against them.  Needs the owner's role and the master secret. */
int audit_checkpoint_verify(struct op *op, struct audit_checkpoint_verdict *ret_verdict) _must_check_;
/*
 * Is this checkpoint, kept elsewhere, among ours?  ERR_NOT_FOUND: it was taken away, or ours are others.
 * ERR_INVALID_VALUE: it is none.
 */
int audit_checkpoint_compare(struct op *op, struct str jws) _must_check_;
