/* import_units.h (private): what a file may change of units that are there, and what a reorganisation alone does. */
#pragma once

#include "server/governance/import_internal.h"

enum {
	UNITS_CODE, UNITS_NAME, UNITS_NAME_EN, UNITS_KIND, UNITS_PARENT_CODE, UNITS_VALID_FROM, UNITS_VALID_TO, UNITS_VERIFIED, UNITS_IDENT_NEW,
	UNITS_IDENT_OLD, UNITS_N_COLUMNS,
};

/* Before a batch is written: remembers in job->touched what it changes. */
int import_units_note(struct import_job *job, const struct import_batch *batch, struct str json) _must_check_;
/* After all are written, and the tree is whole: what must not have been changed is an error. */
int import_units_keep(struct import_job *job) _must_check_;
