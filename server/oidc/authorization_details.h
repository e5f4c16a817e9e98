/*
 * authorization_details.h: rich authorization requests (RFC 9396): an array of objects whose "type"
 * the client has registered.
 *
 * A type that the operator has described (details_type.h) is held against its description.  Of another the members of RFC 9396
 * §2.2 are checked for their shape, and what else it has is handed on as it came, shown to the official and given to
 * the platform.  Pure.
 */
#pragma once

#include "common/base/json.h"
#include "server/oidc/client.h"

#define DETAILS_MAX 10
#define DETAILS_DEPTH 6

/* ERR_INVALID_AUTHORIZATION_DETAILS. */
int authorization_details_check(struct op *op, const struct client *client, struct str text) _must_check_;
/* Of what was granted, the objects whose type the client still has; STR_NULL: none. */
struct str authorization_details_limit(struct arena *a, const struct client *client, struct str granted);
/*
 * What a token request asks of what was granted: each object must be one of the granted, member for member.
 * STR_NULL requested: all.  ERR_INVALID_AUTHORIZATION_DETAILS.
 */
int authorization_details_narrow(struct op *op, struct str granted, struct str requested, struct str *ret_details) _must_check_;
