/*
 * client.h: relying parties as registered, and what each may do: the one place where a
 * client's policy is evaluated.  Immutable; lives in a snapshot (snapshot.h).
 */
#pragma once

#include "common/base/op.h"

enum client_auth_method { CLIENT_AUTH_NONE = 1, CLIENT_AUTH_BASIC, CLIENT_AUTH_POST };

struct client {
	struct str id;
	struct str name;
	int64_t platform_id;       /* -1: not a platform's */
	struct str platform_code;
	struct str platform_name;
	struct str home_url;
	enum client_auth_method auth_method;
	struct str secret_hash, secret_hash_next; /* keyed hashes; STR_NULL: none */
	const struct str *redirect_uris;
	size_t n_redirect_uris;
	const struct str *post_logout_uris;
	size_t n_post_logout_uris;
	const struct str *scopes;
	size_t n_scopes;
	bool pkce_required;
	bool pairwise;
	struct str sector;
	bool may_introspect;
	int64_t access_token_s;
};

/*
 * Byte for byte one of the registered (RFC 9700 §2.1); a registered http loopback literal
 * differs in the port at most (RFC 8252 §7.3).
 */
bool client_has_redirect_uri(const struct client *c, struct str uri);
bool client_has_post_logout_uri(const struct client *c, struct str uri);
bool client_may_scope(const struct client *c, struct str scope);
/* The scopes of the request that the client may have, space-separated, each once; unknown ones fall away. */
struct str client_narrow_scope(struct arena *a, const struct client *c, struct str requested);
bool scope_has(struct str scopes, struct str scope);

/* sub for an account towards this client: the account's id, or its pairwise form (OIDC Core §8.1). */
struct str client_subject(struct op *op, const struct client *c, struct str account_id);

/* Does secret belong to the client?  Equal time for right and wrong. */
bool client_secret_matches(struct op *op, const struct client *c, struct str secret);
/* scheme://host[:port] of a URI, for form-action; STR_NULL if it has none. */
struct str uri_origin(struct arena *a, struct str uri);
