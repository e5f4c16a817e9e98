/*
 * metadata_policy.h: what superiors demand of the metadata of those below them (OpenID Federation 1.0 §6.1).
 *
 * A policy is {entity type: {parameter: {operator: value}}}.  The standard operators are known; others are
 * ignored, as §6.1.3.2 asks (a statement that calls one critical is refused in statement.h).  Pure.
 * Errors: ERR_INVALID_METADATA.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"

/* Types of one policy, parameters of a type, values of an operator. */
#define POLICY_MEMBERS_MAX 128
#define POLICY_VALUES_MAX 256

/* Structure, types of values, allowed combinations of operators. */
int metadata_policy_check(struct op *op, const json_t *policy) _must_check_;
/* Merges what a subordinate adds into the policy of its superiors; both have been checked. */
int metadata_policy_merge(struct op *op, json_t *superior, const json_t *subordinate) _must_check_;
/* Checks and changes {entity type: {parameter: value}} in place. */
int metadata_policy_apply(struct op *op, const json_t *policy, json_t *metadata) _must_check_;
