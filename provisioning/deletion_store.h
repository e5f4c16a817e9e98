/*
 * deletion_store.h: what becomes of accounts that are off: on platforms where deleting is switched on, GRACE until delete_at, then
 * counted by the guard and deleted (operate.h), then GONE: remembered, so that whoever comes back is looked for before being
 * created again.  Nothing of a person under legal hold is deleted.
 */
#pragma once

#include "common/db/db.h"

/* A batch of each step; *ret_n: how many bindings moved. */
int deletion_run(struct op *op, size_t *ret_n) _must_check_;
