/*
 * issue.h: the one function that makes tokens.
 *
 * Grants differ in how they prove an authorization, never in what is checked or issued here.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/oidc.h"

/* The token response (RFC 6749 §5.1, OIDC Core §3.1.3.3): a new reference. */
int issue_tokens(struct op *op, const struct oidc_settings *settings, const struct client *client,
                 const struct authorization *authorization, json_t **ret_response) _must_check_;
