/*
 * flow.h: the state of a sign-in before anybody is signed in: kept in the form, sealed; no row is stored.
 *
 * Sealed to a secret in a cookie, so that a form works only in the browser that was shown it
 * (login CSRF), and only for the authorization request that began it.  A stale page is no dead
 * end: its request is still readable and starts again.
 */
#pragma once

#include "server/oidc/authorize.h"

#define FLOW_COOKIE "__Host-sen-flow"
#define FLOW_MAX_S 600
#define FLOW_SEALED_MAX 49152

struct flow {
	bool has_request; /* otherwise the user came by himself and ends at return_to */
	struct authorize_request request;
	struct str return_to; /* path of a page of ours, with its query and without a space; STR_NULL: home */
	int64_t begun_s;
};

struct str flow_seal(struct op *op, struct str cookie, const struct flow *flow);
/* false: not sealed by us for this browser.  The caller looks at the age. */
bool flow_open(struct op *op, struct str cookie, struct str sealed, struct flow *ret_flow) _must_check_;
bool flow_is_stale(const struct op *op, const struct flow *flow);
