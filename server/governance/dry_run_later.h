/*
 * dry_run_later.h: what follows from a dry run besides operations on accounts: entries of units in the directories that keep them,
 * and work that the provisioner takes up by itself, whose operations nobody can know before it has looked at the platform.
 *
 * Without it a report would say that nothing is sent when much is, an hour later.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"

struct dry_later {
	struct db_rows units, kinds;
	size_t n_units;            /* all of them; rows: as many as are listed */
	struct str not_before;     /* the earliest date on which something of it begins; STR_NULL: none has one */
};

/* Within the dry run. */
int dry_run_later(struct op *op, size_t limit, struct dry_later *ret) _must_check_;
/* Adds units, units_left_off, later. */
void dry_run_later_write(struct op *op, const struct dry_later *later, json_t *report);
