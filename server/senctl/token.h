/*
 * token.h: the administrator's own tokens, in a file that only its owner reads.
 *
 * Access tokens live for a minute or so; the file is renewed with the refresh token, one
 * process at a time (a lock beside the file), because a refresh token that is used twice ends
 * the whole sign-in.
 */
#pragma once

#include "server/senctl/ctl.h"

struct token_set {
	struct str issuer, token_endpoint;
	struct str access_token, refresh_token;
	int64_t expires_at_s;
};

/* The endpoints of the issuer; each must lie below it. EXIT_OK or printed. */
struct token_endpoints {
	struct str authorization, token;
};
int token_discover(struct ctl *c, struct token_endpoints *ret_endpoints) _must_check_;

/* form: application/x-www-form-urlencoded.  EXIT_OK with what the token endpoint gave, or printed. */
int token_request(struct ctl *c, struct str token_endpoint, struct str form, struct token_set *ret_tokens) _must_check_;
int token_save(struct ctl *c, const struct token_set *tokens) _must_check_;
/* Removes the file; none is no error. */
int token_forget(struct ctl *c) _must_check_;
/* An access token that is good for some seconds.  stale: one that was refused just now, or STR_NULL. */
int token_get(struct ctl *c, struct str stale, struct str *ret_access_token) _must_check_;
const char *token_path(struct ctl *c);
