/*
 * client_auth.h: client authentication, the same at every endpoint that wants it: RFC 6749 §2.3, RFC 7523,
 * OIDC Core §9, RFC 8705 §2, FAPI 2.0 §5.3.2.1.
 *
 * One method per request, and the one that is registered.  Assertions are for this issuer by name, live ten
 * minutes at most and are used once.
 */
#pragma once

#include "server/oidc/client.h"
#include "server/oidc/oidc.h"
#include "server/oidc/snapshot.h"

/* What a request brought; STR_NULL: not there. */
struct client_credentials {
	struct str client_id, client_secret;                /* parameters */
	bool has_basic;
	struct str basic_id, basic_secret;                  /* Authorization: Basic */
	struct str assertion_type, assertion;
	struct str certificate;                             /* of mutual TLS, by the proxy that is trusted for it */
	struct str endpoint;                                /* address of this endpoint: an old audience of assertions */
	bool endpoint_is_audience;                          /* and here one that must be taken (CIBA §7.1) */
};

struct client_auth_context {
	const struct oidc_settings *settings;
	const struct snapshot *snapshot;
};

/*
 * ret_client is set as soon as it is known who claims to be there, also on failure, for the log.
 * ret_x5t: thumbprint of the certificate, when there is one.  ERR_INVALID_CLIENT, ERR_INVALID_REQUEST for several
 * methods at once; others when it cannot be known.
 */
int client_authenticate(struct op *op, const struct client_auth_context *context, const struct client_credentials *credentials,
                        const struct client **ret_client, struct str *ret_x5t) _must_check_;
