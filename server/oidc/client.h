/*
 * client.h: relying parties as registered, and what each may do: the one place where a
 * client's policy is evaluated.  Immutable; lives in a snapshot (snapshot.h).
 *
 * What is registered are the metadata of RFC 7591 and its companions; client_metadata.h reads them.
 */
#pragma once

#include "common/base/op.h"
#include "common/crypto/jwk_set.h"

struct details_types;

enum client_auth_method {
	CLIENT_AUTH_NONE = 1,
	CLIENT_AUTH_BASIC,
	CLIENT_AUTH_POST,
	CLIENT_AUTH_SECRET_JWT,      /* RFC 7523 with HS256 */
	CLIENT_AUTH_PRIVATE_KEY_JWT, /* RFC 7523 */
	CLIENT_AUTH_TLS,             /* RFC 8705 §2.1 */
	CLIENT_AUTH_SELF_SIGNED_TLS, /* RFC 8705 §2.2 */
};

enum client_grant {
	GRANT_CODE = 1,
	GRANT_REFRESH = 2,
	GRANT_CLIENT_CREDENTIALS = 4,
	GRANT_DEVICE = 8,    /* RFC 8628 */
	GRANT_EXCHANGE = 16, /* RFC 8693 */
	GRANT_CIBA = 32,     /* OpenID Connect CIBA 1.0 */
};

enum client_response { RESPONSE_CODE = 1, RESPONSE_ID_TOKEN = 2, RESPONSE_CODE_ID_TOKEN = 4 };

/* What a profile demands is checked when the client is registered, then stands in the client's own fields. */
enum client_profile { PROFILE_NONE, PROFILE_FAPI2, PROFILE_FAPI2_MESSAGE_SIGNING };

/* How an answer to the client is encrypted; alg STR_NULL: not at all. */
struct client_encryption {
	struct str alg, enc;
};

struct client {
	struct str id;
	struct str name;
	int64_t platform_id;       /* -1: not a platform's */
	struct str platform_code;
	struct str platform_name;
	struct str home_url;
	/* The next one is there while the client goes over to it; STR_NULL: none. */
	struct str secret_hash, secret_hash_next;     /* keyed */
	struct str secret_sealed, secret_sealed_next; /* for client_secret_jwt, which needs the secret itself */

	/* client authentication */
	struct str auth_method_name;
	enum client_auth_method auth_method;
	enum jws_alg assertion_alg;
	bool legacy_assertion_audience;   /* the token endpoint is accepted as audience too */
	struct str tls_subject_dn, tls_san_dns, tls_san_uri, tls_san_ip, tls_san_email;
	struct str jwks, jwks_uri;        /* text of a JWK Set, or where it is */
	struct jwk_set *keys;             /* of jwks; the snapshot's; NULL: none of use */

	/* what it may ask for */
	struct str_list redirect_uris, post_logout_uris, request_uris;
	struct str_list grant_names, response_names;
	unsigned grants, responses;       /* of enum client_grant, client_response */
	struct str scope;                 /* space-separated */
	struct str_list resources;        /* RFC 8707: audiences beside the issuer */
	struct str_list exchange_audiences; /* RFC 8693: clients and resources for which it may exchange */
	struct str may_act;               /* RFC 8693 §4.4: the one client that may act with its tokens; STR_NULL: whoever they are meant for */
	struct str_list details_types;    /* RFC 9396 */
	const struct details_types *details_described; /* of all types; the snapshot's; NULL: none is */
	struct str profile_name, pkce_name, token_format_name, subject_type_name, application_type;
	enum client_profile profile;
	bool pkce_required;
	bool must_push;                   /* RFC 9126 */
	bool must_sign_request;           /* RFC 9101 */
	enum jws_alg request_alg;         /* JWS_ALG_NONE_: any that is offered */
	bool must_consent;                /* external: the official is asked */
	bool may_introspect;              /* tokens of other clients */
	int64_t default_max_age_s;        /* -1: none */
	struct str_list default_acr;
	struct str initiate_login_uri;

	/* what it gets */
	bool pairwise;
	struct str sector, sector_uri;
	int64_t access_token_s;
	bool opaque_access_token;
	bool dpop_bound, tls_bound;       /* must be: RFC 9449 §5.2, RFC 8705 §3.4 */
	bool rotates_refresh;             /* otherwise a refresh token stays the same (FAPI 2.0 §5.3.2.1) */
	enum jws_alg id_token_alg, userinfo_alg, response_alg, introspection_alg; /* userinfo, introspection: none = JSON */
	struct client_encryption id_token_encryption, userinfo_encryption;

	/* end of session */
	struct str backchannel_logout_uri, frontchannel_logout_uri;
	bool frontchannel_session;

	/* CIBA */
	struct str ciba_mode, ciba_notification_uri;
	enum jws_alg ciba_request_alg;

	/* shown to people */
	struct str client_uri, logo_uri, policy_uri, tos_uri;
};

bool client_may(const struct client *c, enum client_grant grant);
/*
 * Byte for byte one of the registered (RFC 9700 §2.1); a registered http loopback literal
 * differs in the port at most (RFC 8252 §7.3).
 */
bool client_has_redirect_uri(const struct client *c, struct str uri);
bool client_has_post_logout_uri(const struct client *c, struct str uri);
bool client_may_scope(const struct client *c, struct str scope);
/* The scopes of the request that the client may have, space-separated, each once; unknown ones fall away. */
struct str client_narrow_scope(struct arena *a, const struct client *c, struct str requested);
/* The same of any list of what is allowed. */
struct str scope_narrow(struct arena *a, struct str allowed, struct str requested);
bool scope_has(struct str scopes, struct str scope);
/* What a page calls it: its platform's name, else its own. */
struct str client_title(const struct client *c);

/* Where a sign-in that begins here starts (OIDC Core §4): the client's address for it, which is told the issuer; STR_NULL: it has none. */
struct str client_start_link(struct arena *a, const struct client *c, struct str issuer);

/* sub for an account towards this client: the account's id, or its pairwise form (OIDC Core §8.1). */
struct str client_subject(struct op *op, const struct client *c, struct str account_id);

#define CLIENT_SECRET_PURPOSE "client-secret" /* of secret_sealed, bound to the client's id */
/* Does secret belong to the client?  Equal time for right and wrong. */
bool client_secret_matches(struct op *op, const struct client *c, struct str secret);
/* scheme://host[:port] of a URI, for form-action; "scheme:" of a private-use one; STR_NULL if it has none. */
struct str uri_origin(struct arena *a, struct str uri);
