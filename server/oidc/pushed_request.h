/*
 * pushed_request.h: authorization requests that wait for their visit (RFC 9126).
 *
 * request_uri = "urn:ietf:params:oauth:request_uri:" handle; the handle names day and row and is
 * sealed, so that only what was issued reaches the database.  It may be visited until it expires, also
 * more than once (a page that is loaded again); a code uses it up (code.h).
 */
#pragma once

#include "server/oidc/authorize.h"
#include "server/oidc/oidc.h"

#define PUSHED_URI_PREFIX "urn:ietf:params:oauth:request_uri:"

struct pushed_handle {
	struct str on;   /* "2026-11-26" */
	struct str hash; /* 32 bytes */
};
/* false: not made by us. */
bool pushed_handle_read(struct op *op, struct str request_uri, struct pushed_handle *ret_handle) _must_check_;

/* ERR_TOO_MANY_REQUESTS: as many of the client wait as may; ERR_OVERLOADED: as many of all; ERR_LIMIT. */
int pushed_request_add(struct op *op, const struct oidc_settings *settings, const struct authorize_request *rq,
                       const struct authorize_origin *origin, struct str *ret_request_uri) _must_check_;
/* Deletes what expired so long ago that no sign-in that began with it can still be under way; a bounded number at a time. */
int pushed_request_sweep(struct op *op) _must_check_;
/*
 * Replaces *rq by what was pushed, with request_uri set.  ERR_INVALID_REQUEST_URI: unknown, used, expired,
 * or another client's.
 */
int pushed_request_get(struct op *op, const struct client *client, struct str request_uri, struct authorize_request *rq,
                       struct authorize_origin *ret_origin) _must_check_;
