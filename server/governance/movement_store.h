/* movement_store.h: what working_life.h needs to know of a person, and the rows of what follows. */
#pragma once

#include "common/db/db.h"
#include "server/governance/working_life.h"

/* Locks the person until commit: events of one person come one after the other. */
int lc_load(struct op *op, struct str person_id, struct lc_person *ret_person, int64_t *ret_today) _must_check_;
int lc_load_rules(struct op *op, struct lc_rules *ret_rules) _must_check_;

struct lc_write {
	struct str person_id, movement_id, actor;
	const char *stop_kind;
	int64_t today;
	bool hands_over; /* a transfer: posts that end say for how long access goes on */
};
/* All but LC_POST_ADD and LC_ACCOUNT_ADD.  Those at once have happened when this returns. */
int lc_write(struct op *op, const struct lc_write *w, const struct lc_outcome *outcome) _must_check_;
/* Gives accounts their status of this movement as far as it is due: after everything is written. */
int lc_run_due(struct op *op, struct str movement_id) _must_check_;
