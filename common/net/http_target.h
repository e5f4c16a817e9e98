/*
 * http_target.h (private to common/net): where an outgoing request would go, and whether it may.
 */
#pragma once

#include "common/net/egress.h"

struct http_target {
	const char *url;         /* NUL-terminated, printable ASCII */
	const char *resolve;     /* "+host:port:address,…" for CURLOPT_RESOLVE; NULL for an address literal */
	const char *protocols;   /* "https", or "http" to loopback */
};

/*
 * Resolves the name once and checks every address: one that is not allowed refuses the whole
 * name, since a connection could be made to any of them.  ERR_CONFIG: URL or address not
 * allowed; ERR_UNAVAILABLE: not resolved.
 */
int http_target_find(struct op *op, const struct egress *egress, struct str url, int timeout_ms,
                     struct http_target *ret_target) _must_check_;
