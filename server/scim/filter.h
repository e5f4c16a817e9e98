/*
 * filter.h: filters of queries and paths (RFC 7644 §3.4.2.2, ABNF of figure 1), resolved against the schema and typed.
 *
 * Bounded: SCIM_FILTER_MAX_CHARS characters, SCIM_FILTER_MAX_DEPTH levels of brackets, SCIM_FILTER_MAX_TERMS comparisons.  A value has
 * to be of its attribute's type; text of attributes that are not caseExact is kept in lower case, moments as they stand.
 * "a eq null" is "not (a pr)"; "ne" is true of what is absent, and of several values when none of them is equal.
 */
#pragma once

#include "server/scim/fault.h"
#include "server/scim/schema.h"

#define SCIM_FILTER_MAX_CHARS 2048
#define SCIM_FILTER_MAX_DEPTH 10
#define SCIM_FILTER_MAX_TERMS 100

enum scim_op {
	SCIM_AND, SCIM_OR, SCIM_NOT,
	SCIM_VALUE, /* left holds of one and the same value of ref */
	SCIM_PR, SCIM_EQ, SCIM_NE, SCIM_CO, SCIM_SW, SCIM_EW, SCIM_GT, SCIM_GE, SCIM_LT, SCIM_LE, SCIM_OP_COUNT_
};
const char *scim_op_name(enum scim_op op);

struct scim_filter {
	enum scim_op op;
	struct scim_ref ref;
	struct str text;    /* of strings, references, binaries, moments; "true" and "false"; digits */
	int64_t number;     /* of SCIM_INTEGER; microseconds since 1970 of SCIM_DATETIME */
	const struct scim_filter *left, *right;
};

/* A filter with "?" for each value: what was asked, without of whom.  Of any text. */
struct str scim_filter_shape(struct arena *a, struct str text);

/* SCIM_INVALID_FILTER. */
int scim_filter_read(struct op *op, const struct scim_type *type, struct str text, const struct scim_filter **ret_filter) _must_check_;

/*
 * attr[filter].sub, attr.sub, attr, or an extension as a whole (RFC 7644 §3.5.2, figure 7).  SCIM_INVALID_PATH; SCIM_INVALID_FILTER
 * of what stands in the brackets.
 */
struct scim_path {
	struct scim_ref ref;
	const struct scim_filter *filter; /* NULL: none */
};
int scim_path_read(struct op *op, const struct scim_type *type, struct str text, struct scim_path *ret_path) _must_check_;

/* Of a resource in canonical form (resource.h). */
bool scim_filter_holds(struct arena *a, const struct scim_filter *filter, const json_t *resource);
/* Of one value of the attribute in front of the brackets. */
bool scim_filter_holds_of(struct arena *a, const struct scim_filter *filter, const json_t *value);

/* RFC 3339 with Z, an offset or none (UTC), as microseconds since 1970. */
bool scim_moment_read(struct str text, int64_t *ret_us) _must_check_;
