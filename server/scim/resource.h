/*
 * resource.h: resources in canonical form: JSON with names as the schema writes them, values of their types, extensions under
 * their URNs, nothing that is null, empty, unknown or read-only.
 *
 * Read leniently where clients are known to differ: names in any case, "True" for true, one value where several may
 * stand.  SCIM_INVALID_SYNTAX: a shape that is none; SCIM_INVALID_VALUE: a value that cannot be; SCIM_MUTABILITY.
 */
#pragma once

#include "server/scim/fault.h"
#include "server/scim/schema.h"

#define SCIM_VALUES_MAX 1000   /* of one attribute */
#define SCIM_TEXT_MAX 1000     /* bytes */
#define SCIM_BLOB_MAX 20000    /* references and binaries */

/* The body of a POST or PUT; what is required is there.  A new reference. */
int scim_resource_read(struct op *op, const struct scim_type *type, const json_t *body, json_t **ret_resource) _must_check_;
/* What the resource becomes by a PUT; read-only stays, immutable is checked, active, posts and the like stay when left out.  A new reference. */
int scim_resource_replace(struct op *op, const struct scim_type *type, const json_t *now, const json_t *body, json_t **ret_resource) _must_check_;
/* A value of the attribute as a whole; *ret NULL: it is null or empty.  A new reference. */
int scim_value_read(struct op *op, const struct scim_attr *attr, const json_t *value, json_t **ret) _must_check_;
/* One of its values. */
int scim_element_read(struct op *op, const struct scim_attr *attr, const json_t *value, json_t **ret) _must_check_;
int scim_check_required(struct op *op, const struct scim_type *type, const json_t *resource) _must_check_;
/* At most one value is the primary one. */
bool scim_has_two_primaries(const json_t *values);
/* Nothing was changed: what a PUT leaves out because it follows from the rest counts for nothing. */
bool scim_is_unchanged(const json_t *before, const json_t *after);
/* "schemas" of a canonical resource: the core, and extensions that have something. */
json_t *scim_schemas_of(const struct scim_type *type, const json_t *resource);

#define SCIM_SELECTED_MAX 100  /* names in attributes or excludedAttributes */

/* Which attributes an answer shows (RFC 7644 §3.9).  Both lists STR_NULL: all that are returned by default. */
struct scim_selection {
	struct str attributes, excluded; /* names, separated by commas */
	/* The same, as they are resolved for one type: once, not for each value that is shown. */
	const struct scim_type *type;
	const struct scim_ref *refs;
	size_t n_refs;
};
/* SCIM_INVALID_VALUE: both are given, or more than SCIM_SELECTED_MAX names. */
int scim_selection_check(struct op *op, const struct scim_selection *selection) _must_check_;
/* Takes out of the resource what is not to be shown; unknown names select nothing. */
void scim_select(struct arena *a, const struct scim_type *type, struct scim_selection *selection, json_t *resource);
/* Whether "members" and the like need to be read at all. */
bool scim_selects(struct arena *a, const struct scim_type *type, struct scim_selection *selection, const char *attribute);
