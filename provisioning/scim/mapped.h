/*
 * mapped.h: what the rows of a mapping want of a SCIM user.  Pure.
 *
 * null, absent and empty are the same; texts are compared in NFC.  A list is a multi-valued attribute of "value"s.
 * User name and roles are those of the desired state (map.h), whatever their rows are.
 */
#pragma once

#include "common/base/json.h"
#include "provisioning/connector.h"

/* With what is sent at creation only, or without.  A new user has no empty attributes; an old one loses them. */
void scim_mapped_set(json_t *user, const struct desired *want, bool is_new);
/* The operations of a PatchOp for what is ours and differs. */
void scim_mapped_patch(json_t *operations, const json_t *current, const struct desired *want);
/* What is ours is as wanted; a platform may leave out what it does not keep. */
bool scim_mapped_matches(const json_t *user, const struct desired *want);
/* Schemas that rows name are among "schemas". */
void scim_mapped_schemas(json_t *schemas, const struct desired *want);
/* One of the values that stand at a path without filter is text; of several values any. */
struct str scim_path_text(const json_t *user, const struct scim_path *path); /* the first of them, or STR_NULL */
bool scim_path_has(const json_t *user, const struct scim_path *path, struct str text, bool nocase);
