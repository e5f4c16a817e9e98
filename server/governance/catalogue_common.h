/* catalogue_common.h: what the files of the catalogue share. */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

/* Rows whose first cell is JSON, as an array. */
int catalogue_rows(struct op *op, const struct db_rows *rows, json_t **ret_array) _must_check_;
/* Ends the transaction of a change whose result is r, with its audit record.  Takes over data (may be NULL). */
int catalogue_commit(struct op *op, const struct principal *p, int r, const char *action, struct str object, json_t *data) _must_check_;
/* {"reason": …}-like: one member, STR_NULL left out. */
json_t *catalogue_data(const char *name, struct str value);

struct catalogue_place {
	int64_t id, version;
	bool may; /* the actor has the right over it */
};
/*
 * The platform, with what the actor may; lock: against other changes until the transaction ends.
 * ERR_UNKNOWN_PLATFORM.
 */
int catalogue_find(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret) _must_check_;
int catalogue_lock(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret) _must_check_;
/* The same with platform zero, the directory, which is in no catalogue. */
int catalogue_find_any(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret) _must_check_;
int catalogue_lock_any(struct op *op, const struct principal *p, const char *right, struct str code, struct catalogue_place *ret) _must_check_;
/* The same as an error: ERR_OUT_OF_SCOPE, then ERR_PRECONDITION_FAILED unless version is as seen (< 0: not asked). */
int catalogue_check(struct op *op, const struct catalogue_place *place, int64_t version) _must_check_;
