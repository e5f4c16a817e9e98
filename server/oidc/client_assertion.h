/*
 * client_assertion.h: what stands in a client's assertion (RFC 7523 §3, FAPI 2.0 §5.3.2.1), once its signature is known to
 * be the client's: who, for whom, until when, and the number that makes it one that is used once.  Pure.
 */
#pragma once

#include "common/base/json.h"
#include "server/oidc/client.h"
#include "server/oidc/oidc.h"

#define ASSERTION_DEPTH 4

struct assertion_place {
	const struct oidc_settings *settings;
	const struct client *client;
	struct str endpoint;       /* it was shown at: an old audience */
	bool endpoint_is_audience; /* and here one that must be taken (CIBA §7.1) */
};

struct client_assertion {
	struct str jti;
	int64_t exp_s;
};

/* NULL: it is good; otherwise what is wrong with it, a text for the client. */
const char *client_assertion_read(struct op *op, const struct assertion_place *place, struct str payload, struct client_assertion *ret) _must_check_;
