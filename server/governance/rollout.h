/*
 * rollout.h: the roll-out matrix platform × unit, and guidance with its acknowledgements.
 *
 * Cells are written by who has right "catalogue" over the platform, or over the unit whose cell it is (a commune reports
 * for itself).  Everybody sees the cells of units within a scope with right "read"; who keeps the platform sees all of them.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/governance/json_rows.h"
#include "server/governance/principal.h"

struct rollout_cell {
	struct str platform, unit; /* codes */
	struct str state;          /* planned, in_progress, done, not_applicable */
	struct str planned_on, started_on, done_on, note;
};
/* version 0: there is no row yet.  ERR_UNKNOWN_PLATFORM, _UNIT, ERR_OUT_OF_SCOPE, ERR_PRECONDITION_FAILED. */
int rollout_set(struct op *op, const struct principal *p, const struct rollout_cell *cell, int64_t version, int64_t *ret_version) _must_check_;
/* Plans every unit of a kind within the platform's province that has no row yet. */
int rollout_plan(struct op *op, const struct principal *p, struct str platform, struct str unit_kind, struct str planned_on,
                 int64_t *ret_n) _must_check_;

struct rollout_filter {
	struct str state; /* "none": without a row */
	struct str after; /* code of a unit */
	size_t limit;
};
/* Cells of a platform by unit; one more than limit when there are more. */
int rollout_of_platform(struct op *op, const struct principal *p, struct str platform, const struct rollout_filter *filter, json_t **ret_array) _must_check_;
/* Counts over all cells of the platform, with "percent" done. */
int rollout_summary(struct op *op, struct str platform, json_t **ret_summary) _must_check_;
/* Each platform that admits accounts or is planned somewhere, with its counts; one more than limit when there are more. */
int rollout_by_platform(struct op *op, struct str after, size_t limit, json_t **ret_array) _must_check_;
/* Each unit with its counts over the platforms that admit accounts. */
int rollout_by_unit(struct op *op, const struct principal *p, const struct rollout_filter *filter, json_t **ret_array) _must_check_;
/* Cells of one unit by platform.  ERR_UNKNOWN_UNIT also beyond the scope. */
int rollout_of_unit(struct op *op, const struct principal *p, struct str unit, json_t **ret_array) _must_check_;

struct guidance {
	struct str platform, code, role; /* role STR_NULL: for everybody there */
	struct str kind;                 /* document, video, contact */
	struct str title, url, body;
};
/* A further version where there is one of that code: it has to be acknowledged anew. */
int guidance_publish(struct op *op, const struct principal *p, const struct guidance *guidance, struct str *ret_id, int64_t *ret_version) _must_check_;
/* By code, of each the latest version first: these are its keys. */
int guidance_list(struct op *op, struct str platform, bool all_versions, const struct page_ask *ask, struct json_page *ret) _must_check_;
/* By somebody of the unit with right "read" over it: a post there, or a scope that is the unit's.  *ret_added false: it had.  ERR_NOT_FOUND, ERR_UNKNOWN_UNIT, ERR_OUT_OF_SCOPE, ERR_WRONG_STATE. */
int guidance_acknowledge(struct op *op, const struct principal *p, struct str platform, struct str id, struct str unit, bool *ret_added) _must_check_;
/* By unit: who has, and when; or which units of the roll-out have not. */
int guidance_report(struct op *op, const struct principal *p, struct str platform, struct str id, bool missing, struct str after, size_t limit,
                    json_t **ret_array) _must_check_;
