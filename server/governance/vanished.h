/*
 * vanished.h: persons whom a feed of the personnel office does not know any more.  They are suspended until
 * somebody decides, never deleted; a feed that lacks too many of them waits for a second person.
 *
 * ERR_HELD; ERR_FOUR_EYES; ERR_UNKNOWN_PERSON; ERR_WRONG_STATE.
 */
#pragma once

#include "server/governance/movement.h"

struct vanished_feed {
	struct str name;
	const struct str *employee_codes; /* those that are missing in it */
	size_t n;
	int64_t n_known;                  /* persons that the feed is answerable for */
	struct str released_by;           /* account of the second person; STR_NULL: nobody yet */
};
/*
 * In the open transaction of the import.  Who is suspended, has left or waits already is left out; *ret_n: how many
 * were suspended now.  The guard counts all that are missing, before any is touched.
 */
int vanished_mark(struct op *op, const struct principal *p, const struct vanished_feed *feed, size_t *ret_n) _must_check_;

struct vanished_entry {
	struct str employee_code, full_name, unit_code, feed, marked_at, movement_id;
};
struct vanished_page {
	const struct vanished_entry *entries;
	size_t n;
	bool has_more;
};
/* Waiting ones; after: marked_at and employee code of the last, or STR_NULL. */
int vanished_list(struct op *op, const struct principal *p, const struct str after[2], size_t limit, struct vanished_page *ret_page) _must_check_;
/* keep: back to work; left: as resigned today. */
int vanished_decide(struct op *op, const struct principal *p, struct str employee_code, bool keep, struct str reason) _must_check_;
