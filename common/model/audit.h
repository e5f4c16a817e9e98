/*
 * audit.h: records of security decisions, written in the transaction of what they record.
 *
 * The database links records into hash chains (schema/migrations/0002_audit.sql).  Writing a
 * record locks its chain until commit: audit_add() is the last statement of a transaction.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"

struct audit_record {
	struct str actor;      /* "account:<uuid>", "operator:<login>", "system" */
	const char *action;    /* "grant.add", "account.activate", … */
	struct str account_id; /* whom it concerns; STR_NULL: nobody */
	struct str object;     /* what, in words that stay valid: "P02:MC_TIEPNHAN" */
	const json_t *data;    /* never a secret, never the personal number; may be NULL */
};

int audit_add(struct op *op, const struct audit_record *record) _must_check_;
/* Several in one statement: the chain is locked no longer than for one. */
int audit_add_many(struct op *op, const struct audit_record *records, size_t n) _must_check_;
/*
 * Ends the transaction of a change whose result is r: rolls back and returns r < 0; else adds the
 * record (NULL: nothing changed) and commits.
 */
int audit_commit(struct op *op, int r, const struct audit_record *record) _must_check_;

/* What the recomputation of one chain found. */
struct audit_verdict {
	int64_t chain;
	int64_t first_seq;  /* > 1: older records were dropped with their partitions */
	int64_t last_seq;   /* by the head */
	size_t n_records;
	const char *fault;  /* NULL: the chain is whole */
	int64_t fault_seq;
};

/*
 * Recomputes every chain with our own SHA-256 and compares with records and heads.  Errors
 * are of the database; a broken chain is a verdict.  Needs the owner's role.
 */
int audit_verify(struct op *op, const struct audit_verdict **ret_verdicts, size_t *ret_n) _must_check_;
