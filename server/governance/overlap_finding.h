/*
 * overlap_finding.h: findings of overlap between an entry of the catalogue and what exists, and who may close them.
 *
 * An entry is provincial, of a sector or proposed.  Compared are central platforms (function and scope alike: a finding
 * that blocks) and provincial ones that live (one platform per function: blocks too); what is only alike informs.
 * A finding stays closed as long as neither text nor tags of the two change.
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/overlap.h"
#include "server/governance/principal.h"

/*
 * Within the transaction of whoever creates or edits entries: remembers the author, who may not close their findings, and
 * compares.  author STR_NULL: nobody's, only compares.
 */
int overlap_entered(struct op *op, const int64_t *platform_ids, size_t n, struct str author) _must_check_;
/*
 * Before an entry goes into a state of investment (approved, building, completed, deploying), in that transaction: compares first
 * when anything changed since the last comparison.  The database refuses such a state too (SQLSTATE SN001, ERR_BLOCKED).
 */
int overlap_is_blocking(struct op *op, int64_t platform_id, bool *ret_blocking) _must_check_;

/* ERR_UNKNOWN_PLATFORM, ERR_OUT_OF_SCOPE (right catalogue), ERR_WRONG_STATE (a central platform is not compared). */
int overlap_present(struct op *op, const struct principal *p, struct str platform_code) _must_check_;

struct overlap_closing {
	struct str id;
	int64_t version;
	struct str because, evidence;
};
/* ERR_NOT_FOUND, ERR_OUT_OF_SCOPE (right appraise), ERR_FOUR_EYES (an author), ERR_WRONG_STATE, ERR_PRECONDITION_FAILED. */
int overlap_close(struct op *op, const struct principal *p, const struct overlap_closing *closing) _must_check_;

struct overlap_filter {
	struct str state, kind, platform; /* STR_NULL: any */
	const struct str *after;          /* 2 keys */
	size_t limit;
};
int overlap_list(struct op *op, const struct principal *p, const struct overlap_filter *filter, struct json_page *ret) _must_check_;
/* ERR_NOT_FOUND, also for what is out of reach. */
int overlap_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version) _must_check_;

/* Common solutions that exist, for what a commune has or wants; the best first, with reasons. */
struct overlap_ranking {
	json_t *solutions; /* [{platform, name, score, same_function, reasons}]; the caller's */
	int64_t best_id;   /* 0: none */
	int best_score;
};
#define OVERLAP_RANKED_MAX 5
/* The same for n of them, with one look at the platforms: ret[n]. */
int overlap_rank_all(struct op *op, const struct overlap_subject *subjects, size_t n, struct overlap_ranking *ret) _must_check_;
int overlap_rank(struct op *op, const struct overlap_subject *subject, struct overlap_ranking *ret) _must_check_;
