/* stand_scim_peer.h: a persona of scim_peer.mjs, by its own tool, for scenarios of SCIM alone. */
#pragma once

#include "common/base/json.h"
#include "tests/connectors/kit.h"

/* What the platform holds and was asked: {users, groups, calls, events, tokens}; body: what it shall do, or NULL.  A new reference. */
json_t *peer_control(struct arena *a, const char *body);
/* "{settings: …}" or whatever else; quotes as apostrophes. */
void peer_tell(const char *body);
/* How many requests of a method there were to paths that begin so, since they were forgotten; method NULL: of any. */
size_t peer_calls(const char *method, const char *path);
/* All of these; a new reference. */
json_t *peer_requests(const char *method, const char *path);
bool peer_is(const char *persona);
/* Members of the group of a role. */
size_t peer_members(const char *role);
/* As another instance, with these switches besides those of the profile. */
void peer_switches(const char *switches);

/* On the persona "plain"; on the others. */
extern const struct scenarios scenarios_scim, scenarios_scim_access, scenarios_scim_answers, scenarios_scim_groups, scenarios_scim_later, scenarios_scim_many;
#define SCENARIOS_PLAIN \
	&scenarios_scim, &scenarios_scim_answers, &scenarios_scim_many, &scenarios_scim_later, &scenarios_scim_groups, &scenarios_scim_access
extern const struct scenarios scenarios_persona;
#define SCENARIOS_PERSONA &scenarios_persona
