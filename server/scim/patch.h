/*
 * patch.h: PATCH (RFC 7644 §3.5.2): a list of operations on a canonical resource, all of them or none.
 *
 * As clients differ: "op" in any case; a pathless value may have dotted names and names with URNs; "remove" may say by "value"
 * which values go; "add" behind brackets that match nothing makes the value they describe.
 * Taking out what is required or read-only, changing what is read-only or immutable: SCIM_MUTABILITY.  Brackets that match
 * nothing: SCIM_NO_TARGET.  More than SCIM_PATCH_MAX_OPS operations: SCIM_TOO_MANY.
 */
#pragma once

#include "server/scim/filter.h"
#include "server/scim/resource.h"

#define SCIM_PATCH_MAX_OPS 100
#define SCIM_URN_PATCH "urn:ietf:params:scim:api:messages:2.0:PatchOp"

enum scim_verb { SCIM_ADD, SCIM_REMOVE, SCIM_REPLACE };

/* The operations of a body, one after the other. */
struct scim_patch_op {
	enum scim_verb verb;
	struct str path;       /* STR_NULL: none */
	const json_t *value;   /* NULL: none */
};
int scim_patch_read(struct op *op, const json_t *body, const struct scim_patch_op **ret_ops, size_t *ret_n) _must_check_;
/* resource is changed in place; after an error it is not to be used. */
int scim_patch_apply(struct op *op, const struct scim_type *type, json_t *resource, const json_t *body) _must_check_;

/* What a PATCH does to a group: never the whole of its members (RFC 7644 §3.5.2). */
struct scim_group_step {
	enum { SCIM_MEMBERS_ADD, SCIM_MEMBERS_REMOVE, SCIM_MEMBERS_CLEAR, SCIM_NAME_SET, SCIM_EXTERNAL_ID_SET } what;
	const struct str *ids;
	size_t n_ids;
	struct str text; /* STR_NULL: none any more */
};
#define SCIM_GROUP_STEPS_MAX 300
/* In order.  At most SCIM_VALUES_MAX members in all. */
int scim_group_patch_read(struct op *op, const json_t *body, const struct scim_group_step **ret_steps, size_t *ret_n) _must_check_;
