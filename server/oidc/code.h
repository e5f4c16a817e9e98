/*
 * code.h: authorization codes: at most 60 s, redeemed once by one statement.
 *
 * A second redemption gives nothing and revokes what the first gave (RFC 6749 §4.1.2, RFC 9700 §4.5).
 */
#pragma once

#include "server/oidc/authorize.h"
#include "server/oidc/oidc.h"

/* *ret_code is the text for the client. */
int code_issue(struct op *op, const struct oidc_settings *settings, const struct authorize_request *rq, struct str scope,
               const struct session *session, struct str *ret_code) _must_check_;

/* Facts of the authorization behind tokens: from a code or a refresh. */
struct authorization {
	struct str account_id;
	struct str family_on, family_id;
	struct str scope;
	struct str nonce;          /* only from a code */
	struct str session_id;
	int64_t auth_time_s;
	uint32_t generation;       /* of the refresh token to hand out */
	bool may_grant;            /* the person administers: short access tokens */
};

struct code_redemption {
	struct str code;
	struct str redirect_uri;   /* STR_NULL: not sent */
	struct str code_verifier;  /* STR_NULL: not sent */
};

/* ERR_INVALID_GRANT unless the code is the client's, unused and unexpired, and redirect_uri and verifier fit. */
int code_redeem(struct op *op, const struct client *client, const struct code_redemption *redemption,
                struct authorization *ret_authorization) _must_check_;
