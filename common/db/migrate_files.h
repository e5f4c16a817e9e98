/* migrate_files.h (private): the numbered files of schema/migrations/. */
#pragma once

#include "common/base/op.h"

struct migration {
	uint64_t version;
	struct str name; /* "0003_grants" */
	struct str text; /* NUL-terminated behind its length */
};

/*
 * In order.  ERR_CONFIG when a name is not NNNN_name.sql, a number is missing or there twice,
 * or a file cannot be read as text.  Files that do not end in .sql are none of ours.
 */
int migrate_files_read(struct op *op, const char *folder, struct migration **ret_list, size_t *ret_n) _must_check_;
