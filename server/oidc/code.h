/*
 * code.h: authorization codes: at most 60 s, redeemed once by one statement.
 *
 * A second redemption gives nothing and revokes what the first gave (RFC 6749 §4.1.2, RFC 9700 §4.5).
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/authorize.h"
#include "server/oidc/oidc.h"

struct code_wish {
	const struct authorize_request *request;
	int64_t platform_id; /* of the client; -1: no platform's */
	struct str scope;
	const struct session *session;
};

/*
 * *ret_code is the text for the client; STR_NULL: the official has no role on the platform at this moment.  A pushed request is used up by
 * the same statement, which does all or nothing: ERR_INVALID_REQUEST_URI when it has been before.
 */
int code_issue(struct op *op, const struct oidc_settings *settings, const struct code_wish *wish, struct str *ret_code) _must_check_;

struct code_redemption {
	struct str code;
	struct str redirect_uri;   /* STR_NULL: not sent */
	struct str code_verifier;  /* STR_NULL: not sent */
	struct str jkt;            /* key of the DPoP proof of this request, or STR_NULL */
};

/* ERR_INVALID_GRANT unless the code is the client's, unused and unexpired, and redirect_uri, verifier and key fit. */
int code_redeem(struct op *op, const struct oidc_settings *settings, const struct client *client,
                const struct code_redemption *redemption, struct authorization *ret_authorization) _must_check_;
