/*
 * constraints.h: what a superior allows below a subordinate (OpenID Federation 1.0 §6.2): how deep, under which
 * names, of which types.  Unknown constraints are ignored, as §6.2 says.  Pure.
 */
#pragma once

#include "server/federation/entity_id.h"

#define FEDERATION_ENTITY "federation_entity"

bool constraints_are_valid(const json_t *constraints) _must_check_;

/* NULL constraints allow everything. */
bool constraints_allow_path(const json_t *constraints, size_t n_intermediates) _must_check_;
/* By the host.  RFC 5280 §4.2.1.10: an address that has no name fails every restriction of names. */
bool constraints_allow_name(const json_t *constraints, struct str entity_id) _must_check_;
/* Takes what is not allowed off {entity type: …}; "federation_entity" stays. */
void constraints_strip_types(const json_t *constraints, json_t *metadata);
