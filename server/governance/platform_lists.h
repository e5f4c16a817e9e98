/*
 * platform_lists.h: promulgated lists of platforms, as versions of one authority: drawn up, signed, in force from a day on, superseded
 * by the next.  Which is in force follows from the dates (sen.platform_list_now).  Entries are copies of the catalogue at the moment when
 * they were put into the draft: what is signed is what was read.
 *
 * Right "catalogue" over the authority's unit draws up; right "appraise" and another person enters the signature.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/principal.h"

struct list_draft {
	struct str unit, title;
	struct str announced_total; /* digits, or STR_NULL */
	struct str_list platforms;  /* codes */
};
#define LIST_PLATFORMS_MAX 500
/* ERR_UNKNOWN_UNIT, ERR_UNKNOWN_PLATFORM, ERR_OUT_OF_SCOPE. */
int list_add(struct op *op, const struct principal *p, const struct list_draft *draft, int64_t *ret_id) _must_check_;
/* The draft anew, with fresh copies; unit stays.  ERR_NOT_FOUND, ERR_PRECONDITION_FAILED, ERR_WRONG_STATE. */
int list_edit(struct op *op, const struct principal *p, int64_t id, int64_t version, const struct list_draft *draft) _must_check_;

struct list_signature {
	struct str decision_no, signed_on, signer, effective_on, file_url;
	struct str file_sha256; /* of what was signed, in hexadecimal; with file_url */
};
/* ERR_NOT_FOUND, ERR_PRECONDITION_FAILED, ERR_WRONG_STATE, ERR_FOUR_EYES, ERR_OUT_OF_SCOPE, ERR_CONFLICT (another takes effect on that day). */
int list_sign(struct op *op, const struct principal *p, int64_t id, int64_t version, const struct list_signature *signature) _must_check_;

/* New references.  With "entries", ordered by code. */
int list_get(struct op *op, int64_t id, json_t **ret_list, int64_t *ret_version) _must_check_;
/* The latest first; before: id, or STR_NULL; one more than limit when there are more. */
int list_list(struct op *op, struct str before, size_t limit, json_t **ret_array) _must_check_;
/* The list in force where this one would be; < 0 as *ret_id: none. */
int list_in_force_beside(struct op *op, int64_t id, int64_t *ret_id) _must_check_;
