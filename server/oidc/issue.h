/*
 * issue.h: the one function that makes tokens.
 *
 * Grants differ in how they prove an authorization, never in what is checked or issued here.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/oidc.h"

/*
 * What was demanded of the client when it was registered holds for every grant: a key that its tokens are
 * bound to.  Asked before a grant says anything of its state, and again here.  ERR_INVALID_REQUEST.
 */
int issue_check_binding(struct op *op, const struct client *client, struct str jkt, struct str x5t) _must_check_;

/* The token response (RFC 6749 §5.1, OIDC Core §3.1.3.3): a JSON object. */
int issue_tokens(struct op *op, const struct oidc_settings *settings, const struct client *client,
                 const struct authorization *authorization, struct str *ret_response) _must_check_;
