/*
 * client_file.h: a relying party as an operator describes it in a JSON file.
 *
 *   {"client_id", "name", "platform", "home_url", "auth_method": "client_secret_basic" |
 *    "client_secret_post" | "none", "secret_file", "redirect_uris": […],
 *    "post_logout_redirect_uris": […], "scopes": […], "pkce_required", "subject_type", "sector",
 *    "may_introspect", "access_token_s"}
 *
 * Redirect URIs are compared byte for byte, so only plain ones are taken: https, or http to a
 * loopback address literal; no user info, fragment, wildcard or "..", at most 512 bytes of ASCII.
 */
#pragma once

#include "common/base/json.h"

struct client_file {
	struct str id, name;
	struct str platform;    /* code; STR_NULL: not a platform's */
	struct str home_url;    /* STR_NULL: left as it is */
	struct str auth_method;
	struct str secret_file; /* STR_NULL with auth_method none only */
	const struct str *redirect_uris, *post_logout_uris, *scopes;
	size_t n_redirect_uris, n_post_logout_uris, n_scopes;
	bool pkce_required, may_introspect;
	struct str subject_type, sector;
	int64_t access_token_s;
};

/* Strings are copied into a.  false with an English reason in *ret_reason. */
bool client_file_read(struct arena *a, struct str text, struct client_file *ret_client, const char **ret_reason) _must_check_;
bool client_redirect_uri_is_plain(struct str uri) _must_check_;
