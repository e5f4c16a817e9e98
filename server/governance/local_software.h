/*
 * local_software.h: software that units have of their own, and what is decided about it.
 *
 * Units declare (right catalogue over the unit); somebody else with right appraise decides: stop, replace by a common
 * platform, or keep until a date, after which the software is undecided again in all lists ("keep_over").
 */
#pragma once

#include "server/governance/json_rows.h"
#include "server/governance/overlap.h"
#include "server/governance/principal.h"

struct local_software {
	struct str unit; /* code; not changed by an edit */
	struct str name, description;
	struct str_list functions;
	struct str vendor;        /* STR_NULL: none named */
	struct str users;         /* number of them, digits */
	struct str cost_per_year; /* VND, digits */
	struct str contract_end;  /* date; STR_NULL: none */
};
/* ERR_UNKNOWN_UNIT, ERR_OUT_OF_SCOPE. */
int local_software_declare(struct op *op, const struct principal *p, const struct local_software *software, struct str *ret_id) _must_check_;
/* Compares anew.  ERR_NOT_FOUND, ERR_OUT_OF_SCOPE, ERR_FOUR_EYES (who decided does not edit), ERR_PRECONDITION_FAILED. */
int local_software_edit(struct op *op, const struct principal *p, struct str id, int64_t version, const struct local_software *software) _must_check_;

struct local_software_decision {
	struct str id;
	int64_t version;
	struct str decision;   /* stop, replace, keep */
	struct str replace_by; /* platform code, with replace only */
	struct str until;      /* date: kept until; stopped or replaced by */
	struct str number, note;
};
/* ERR_NOT_FOUND, ERR_OUT_OF_SCOPE (right appraise), ERR_FOUR_EYES (who declared it), ERR_UNKNOWN_PLATFORM, ERR_PRECONDITION_FAILED. */
int local_software_decide(struct op *op, const struct principal *p, const struct local_software_decision *decision) _must_check_;

struct local_software_filter {
	struct str unit;     /* code of the top of a subtree */
	struct str state;    /* undecided, keep, keep_over, stop, replace, overdue */
	struct str platform; /* code of the best common solution */
	const struct str *after; /* 2 keys */
	size_t limit;
};
/*
 * Compares again what was compared with other platforms than are offered today, at most max of them; *ret_n: how many.  Not a change of
 * anybody: versions stay.
 */
int local_software_refresh(struct op *op, size_t max, size_t *ret_n) _must_check_;
int local_software_list(struct op *op, const struct principal *p, const struct local_software_filter *filter, struct json_page *ret) _must_check_;
/* With all solutions. ERR_NOT_FOUND. */
int local_software_get(struct op *op, const struct principal *p, struct str id, json_t **ret_json, int64_t *ret_version) _must_check_;
