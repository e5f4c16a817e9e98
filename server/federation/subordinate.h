/*
 * subordinate.h: the platforms that the province vouches for in a federation, by their entity identifier.
 *
 * Kept by administrators of the whole province (senctl federation).  Entered with their federation keys and what is demanded of their metadata.
 */
#pragma once

#include "common/db/db.h"
#include "server/federation/entity_id.h"

#define SUBORDINATE_FILE_MAX ((size_t)32 << 10)

struct subordinate {
	struct str entity_id;
	struct str jwks;            /* JSON */
	struct str metadata_policy; /* JSON, or STR_NULL */
	bool enabled;
};

/*
 * A file {"entity_id", "jwks", "metadata_policy", "enabled"}; unknown members are mistakes.
 * ERR_INVALID_VALUE, ERR_INVALID_METADATA, ERR_INVALID_TRUST_CHAIN with what is wrong.
 */
int subordinate_read(struct op *op, struct str text, struct subordinate *ret) _must_check_;

/* Who is not there, or not enabled, is nobody: ERR_UNKNOWN_ENTITY. */
int subordinate_find(struct op *op, struct str entity_id, struct subordinate *ret) _must_check_;
/* The enabled ones, as a JSON array of their identifiers; a new reference. */
int subordinate_list(struct op *op, json_t **ret_list) _must_check_;
