/*
 * audit.h: records of security decisions, written in the transaction of what they record.
 *
 * The database links records into hash chains (schema/migrations/0002_audit.sql).
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
