/*
 * access_reviews.h: reviews of permissions and accounts by campaign: items for whoever reviews the unit, keep, revoke or
 * change, a deadline, and what silence means.
 *
 * Building and closing go in batches (review_advance), each a transaction, resumed where the last one ended; the provisioner
 * takes them as well (reviews_run()), and begins what is due.  A grant under review carries the deadline itself (suspended_at):
 * silence suspends it without anybody's doing.  What would suspend many is held until a second person advances it.
 */
#pragma once

#include "server/governance/governed.h"

/* id, actor, code, name, kind, unit, platform, min_sensitivity, deadline, no_answer */
extern const struct governed_kind review_begin;
/* id (of the campaign), actor */
extern const struct governed_kind review_advance;
/* id (of the campaign), actor, item, decision, note, role (of "change") */
extern const struct governed_kind review_decide;
/* Several items of a campaign in one transaction, each answered or refused by itself. */
struct review_answer {
	struct str item, decision, note, role; /* as of review_decide */
};
struct review_answers {
	struct str campaign;
	const struct review_answer *rows;
	size_t n;
	bool all_or_nothing;
};
struct review_answered {
	struct error error; /* code 0: it is answered */
	json_t *body;       /* then, as review_decide answers; the caller's */
};
int review_decide_bulk(struct op *op, const struct principal *p, const struct review_answers *answers, struct review_answered *ret_answered,
                       bool *ret_committed) _must_check_;
/* review_list: actor, after code, limit.  review_one: actor, id.  review_items: actor, campaign, state (open, overdue, done, NULL), after unit,
   after id, limit.  review_overdue: actor, after key, limit: units with items past their deadline. */
extern const struct query *const review_list, *const review_one, *const review_items, *const review_overdue;
