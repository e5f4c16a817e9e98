/*
 * bulk_rows.h: many changes in one transaction, each with a result of its own.  One that is refused leaves nothing behind and
 * does not hinder the others, unless all or nothing is wanted; whatever happens in the middle, nothing is half done.
 *
 * What is looked up for hundreds of rows is more than a request may use: rows run in memory of their own, and keep() copies
 * from it what the answer shows.
 */
#pragma once

#include "common/db/db.h"
#include "server/governance/principal.h"

struct bulk_rows {
	size_t n;
	bool all_or_nothing;
	int (*row)(struct op *op, const struct principal *p, void *context, size_t i);
	int (*record)(struct op *op, const struct principal *p, void *context); /* of what was done: the end of the transaction */
	void (*keep)(struct arena *a, void *context);                           /* NULL: nothing */
	void *context;
	struct error *errors; /* of each row; code 0: done */
};
/* Negative only for what concerns all of them (the database is gone).  *ret_committed false: nothing was done. */
int bulk_rows_run(struct op *op, const struct principal *p, const struct bulk_rows *rows, bool *ret_committed) _must_check_;

/* What says nothing of the one row, but that nothing works. */
bool bulk_rows_is_fatal(int code);
void bulk_rows_keep_error(struct arena *a, struct error *error);
