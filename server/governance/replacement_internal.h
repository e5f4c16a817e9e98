/* replacement_internal.h (private): what the files of replacement.h share. */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/replacement.h"

int replacement_wrong_state(struct op *op, struct str state, struct str wanted);
int replacement_blocked(struct op *op, struct str by);

/* The conditions of a change of a plan. */
struct replacement_move {
	const char *right;
	struct str wanted;                         /* states */
	bool other_than_author, other_than_asker;  /* who drew up or submitted; who asked for the change */
};
/* Which of them did not hold; ERR_PRECONDITION_FAILED if all do. */
int replacement_why_not(struct op *op, const struct principal *p, struct str id, const struct replacement_move *move) _must_check_;
/* old_id and new_id of the two roles on their platforms; new_id 0: dropped.  ERR_UNKNOWN_ROLE. */
int replacement_find_role(struct op *op, int64_t old_platform, int64_t new_platform, const struct replacement_role *role, int64_t *ret_old_id,
                          int64_t *ret_new_id) _must_check_;

/* ERR_BLOCKED: by roles that a birthright rule would come to give, and may not. */
int replacement_check_privileged(struct op *op, struct str id) _must_check_;

/* After the plan and before any account is touched: nobody else writes what rules give until the transaction ends, which may take long. */
int replacement_lock_rules(struct op *op) _must_check_;
/* What rules give by the plan as it is now; adds to data how many grants came and went. */
int replacement_follow(struct op *op, struct str id, json_t *data) _must_check_;
