/*
 * migrate.h: numbered migrations, schema/migrations/NNNN_name.sql, applied in order under an
 * advisory lock, each in one transaction, recorded with the SHA-256 of its text.
 *
 * A file that was applied and has changed since refuses the run.  Idempotent.
 */
#pragma once

#include "common/base/op.h"

struct migrate_report {
	size_t n_applied;
	size_t n_known;
	struct str last; /* "0003_grants" */
};

/* conninfo/password of the owning role.  dry_run: only says what would be applied. */
int migrate_run(struct op *op, struct str conninfo, struct str password, const char *folder, bool dry_run,
                struct migrate_report *ret_report) _must_check_;
