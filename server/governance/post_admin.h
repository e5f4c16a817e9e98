/*
 * post_admin.h: posts beside the main one: added, ended, corrected against the version that was seen.  What a
 * post was before stays on record (sen.post_version).  Main posts begin and end by movements (movement.h).
 *
 * ERR_UNKNOWN_PERSON, ERR_UNKNOWN_POST, ERR_UNKNOWN_UNIT; ERR_OUT_OF_SCOPE, ERR_SELF_GRANT; ERR_CONFLICT: overlaps
 * another main post, or the same post; ERR_PRECONDITION_FAILED; ERR_WRONG_STATE; ERR_INVALID_VALUE.
 */
#pragma once

#include "common/model/person_store.h"
#include "server/governance/principal.h"

struct post_record {
	struct post post;
	struct str rank, decision_on, signer;
	struct str replaced_at; /* of a former version */
	bool gone;              /* former version: the post was never taken up */
	int64_t version;
};

struct post_fields {
	struct str unit, title, kind, rank;
	struct str valid_from, valid_to;          /* dates; valid_to STR_NULL: open */
	struct str decision_no, decision_on, signer;
};

struct post_filter {
	struct str employee_code;
	bool former;         /* also what they were before each change */
	struct str after[3]; /* valid_from, id, version of the last one seen; STR_NULL: from the first */
	size_t limit;
};
struct post_page {
	const struct post_record *posts;
	size_t n;
	bool has_more;
};
int post_admin_list(struct op *op, const struct principal *p, const struct post_filter *filter, struct post_page *ret) _must_check_;
int post_admin_add(struct op *op, const struct principal *p, struct str employee_code, const struct post_fields *fields,
                   struct post_record *ret_post) _must_check_;

struct post_change {
	struct str id;
	int64_t version;
	struct str reason;
};
/* What fields leaves out stays; kind is never changed. */
int post_admin_correct(struct op *op, const struct principal *p, struct str employee_code, const struct post_change *change,
                       const struct post_fields *fields, struct post_record *ret_post) _must_check_;
/* on: first day without it, today or later; a post that has not begun by then is gone (*ret_gone). */
int post_admin_end(struct op *op, const struct principal *p, struct str employee_code, const struct post_change *change, struct str on,
                   bool *ret_gone) _must_check_;

/* For movements: a post in the open transaction. */
int post_insert(struct op *op, struct str person_id, struct str actor, const struct post_fields *fields) _must_check_;
