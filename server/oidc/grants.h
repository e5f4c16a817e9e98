/*
 * grants.h: the grants of the token endpoint: each proves an authorization in its own way, in a file of
 * its own; what is issued for it is the same for all (issue.h).
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/oidc.h"
#include "server/oidc/snapshot.h"

/* The parameters of a token request, STR_NULL when absent, and what is known of the sender. */
struct token_request {
	const struct oidc_settings *settings;
	const struct snapshot *snapshot;
	const struct client *client; /* authenticated */
	struct str jkt, x5t;         /* keys that were proved with this request: RFC 9449, RFC 8705 */
	struct str grant_type;
	struct str scope;
	struct str resource;         /* several: separated by SP */
	struct str authorization_details;
	struct str code, redirect_uri, code_verifier;
	struct str refresh_token;
	struct str device_code;
	struct str auth_req_id;
	struct str subject_token, subject_token_type, actor_token, actor_token_type, requested_token_type, audience;
};

/* Finds the grant, asks whether the client may use it, and lets it prove. */
int grant_authorize(struct op *op, const struct token_request *rq, struct authorization *ret_authorization) _must_check_;

/* RFC 6749 §4.1.3 */
int grant_code(struct op *op, const struct token_request *rq, struct authorization *ret) _must_check_;
/* RFC 6749 §6 */
int grant_refresh(struct op *op, const struct token_request *rq, struct authorization *ret) _must_check_;
/* RFC 6749 §4.4 */
int grant_client_credentials(struct op *op, const struct token_request *rq, struct authorization *ret) _must_check_;

/* RFC 8628 §3.4 */
int grant_device(struct op *op, const struct token_request *rq, struct authorization *ret) _must_check_;

/* OpenID Connect CIBA Core 1.0 §10.1 */
int grant_ciba(struct op *op, const struct token_request *rq, struct authorization *ret) _must_check_;

/* RFC 8693 */
int grant_exchange(struct op *op, const struct token_request *rq, struct authorization *ret) _must_check_;

/*
 * The scope may be narrowed, never widened; what is asked for of resources and details must have been granted.  What the client may
 * not have any more falls away; ERR_INVALID_GRANT when nothing is left.
 */
int grant_narrow(struct op *op, const struct token_request *rq, struct authorization *auth) _must_check_;
