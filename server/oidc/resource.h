/*
 * resource.h: resource indicators (RFC 8707): for whom an access token is meant.
 *
 * Several in a request are separated by SP, which no URI contains.  Without one a token is for this
 * issuer's own endpoints.  A token has one audience.  Pure.
 */
#pragma once

#include "server/oidc/client.h"

/* ERR_INVALID_TARGET: not an absolute URI without fragment, or none that the client may name. */
int resource_check(struct op *op, const struct client *client, struct str resources) _must_check_;
/* Of what was granted, what the client may still name; STR_NULL: nothing. */
struct str resource_limit(struct arena *a, const struct client *client, struct str granted);
/*
 * The audience of one token: what is asked for now must be among what was granted; else the
 * first granted.  STR_NULL: the issuer.  ERR_INVALID_TARGET.
 */
int resource_narrow(struct op *op, struct str granted, struct str requested, struct str *ret_audience) _must_check_;
