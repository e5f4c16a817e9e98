/*
 * gates.h: the three gates before deployment, and the reference documents that they refer to.
 *
 * A gate is submitted by one person (right "catalogue") and decided by another (right "appraise"), who has not created the
 * entry either.  Where it stands follows from its last decision, its document and its dates (sen.gate_now): a new
 * version of the document expires every gate that referred to the old one.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct gate_submission {
	struct str platform;
	struct str kind;              /* architecture, strategy, security */
	struct str document;          /* code of a reference document in force: the province's, or above; STR_NULL only for security */
	struct str item;              /* component, or item of the plan */
	struct str approval_no, approval_on, checked_on; /* security; the level is the entry's */
	struct str valid_to, evidence;
};
/* ERR_INVALID_VALUE (argument field), ERR_CONFLICT (one of the kind waits for its decision), ERR_OUT_OF_SCOPE, ERR_UNKNOWN_PLATFORM. */
int gate_submit(struct op *op, const struct principal *p, const struct gate_submission *submission, struct str *ret_id) _must_check_;
/* ERR_NOT_FOUND, ERR_FOUR_EYES, ERR_OUT_OF_SCOPE, ERR_WRONG_STATE (decided before), ERR_BLOCKED (its document was superseded meanwhile). */
int gate_decide(struct op *op, const struct principal *p, struct str platform, struct str id, bool passed, struct str note) _must_check_;
/* All of a platform, the latest first: new reference. */
/* The latest first; keys: when it was submitted, id. */
int gate_list(struct op *op, struct str platform, const struct page_ask *ask, struct json_page *ret) _must_check_;

struct reference_document {
	struct str unit; /* whose: code */
	struct str code, kind, number, title, issued_on, url;
	struct str replaces;      /* version in force that it supersedes, as digits; STR_NULL: it is the first */
	struct str replaces_code; /* of that version; STR_NULL: the same */
};
/*
 * Right "appraise" over the unit.  ERR_CONFLICT (there is one in force that was not named: of the code, or the architecture of the unit),
 * ERR_PRECONDITION_FAILED, ERR_UNKNOWN_UNIT, ERR_INVALID_VALUE (argument field).
 */
int document_add(struct op *op, const struct principal *p, const struct reference_document *document, int64_t *ret_version,
                 int64_t *ret_expired) _must_check_;
/* By code and version; after: both of the last one seen.  in_force: only those. */
struct document_filter {
	struct str kind;
	bool in_force;
	struct str after_code, after_version;
	size_t limit;
};
int document_list(struct op *op, const struct document_filter *filter, json_t **ret_array) _must_check_;
