/* governance_audit.h: an audit record in a principal's name. */
#pragma once

#include "common/model/audit.h"
#include "server/governance/principal.h"

struct governance_act {
	const char *action;
	struct str account_id; /* whom it concerns */
	struct str person_id;  /* the same by the person, whose own account it then is */
	struct str object;
};

/* The account that a person works with; STR_NULL: none yet. */
int governance_account_of(struct op *op, struct str person_id, struct str *ret_account_id) _must_check_;

/* Takes over data (may be NULL).  The last statement before commit. */
int governance_audit(struct op *op, const struct principal *p, const struct governance_act *act, json_t *data) _must_check_;
/* Ends the transaction of a change whose result is r: rolls back, or writes the record and commits.  Takes over data. */
int governance_commit(struct op *op, const struct principal *p, int r, const struct governance_act *act, json_t *data) _must_check_;
/* Turns a refusal of delegation.h into the op's error; 0 stays 0. */
int governance_refuse(struct op *op, int refusal) _must_check_;
