/*
 * import_work.h: the work of imports through the API: checking and applying, one at a time, apart from requests.
 *
 * A check does everything and takes it back; what it found stands in the run's report and rows.  Applying is one transaction, in which
 * the run's state changes too: a program that dies leaves a run that is done again, or one that is done.  What would be done then is compared with what was
 * previewed: where they differ nothing is done, and the file is checked anew for somebody to look.
 */
#pragma once

#include "common/db/db.h"

struct import_work {
	struct db *db;          /* patient, without lanes */
	struct db *progress_db; /* another, for what is said meanwhile */
};

/* Takes the next one, if there is any; *ret_worked.  Errors are of the database; the run is taken up again. */
int import_work_once(struct op *op, const struct import_work *work, bool *ret_worked) _must_check_;

/* Within a dry run: what applying it would write, for as long as that lasts.  One that is held is not applied.  ERR_IMPORT: it would be refused. */
int import_work_try(struct op *op, struct str id) _must_check_;
