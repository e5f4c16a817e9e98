/* oidc.h: settings of the provider: const after start.  Times in seconds. */
#pragma once

#include "common/base/str.h"

struct remote_documents; /* remote_document.h */
struct remote_keys;      /* remote_keys.h */

struct oidc_settings {
	struct str issuer;          /* no path, no trailing slash: byte-equal everywhere */
	struct str token_endpoint;
	struct str mtls_issuer;     /* base of the endpoints for mutual TLS (RFC 8705 §5); empty: not offered */
	int64_t code_s;             /* <= 60 */
	int64_t id_token_s;
	int64_t refresh_grace_s;    /* within it, the loser of two parallel refreshes gets the same successor */
	int64_t admin_token_s;      /* access tokens of persons who may grant */
	int64_t admin_max_age_s;    /* whoever administers has signed in at most this long ago (RFC 9470) */
	int64_t ciba_pending_max;   /* CIBA requests of one client that wait for one official */
	int64_t push_s;             /* a pushed request may be visited */
	int64_t push_pending_max;   /* pushed requests of one client that wait */
	int64_t offline_idle_s, offline_absolute_s; /* refresh tokens of scope offline_access */
	struct str mail_domain;     /* of official mailboxes; empty: no claim email */
	struct remote_documents *documents; /* what clients publish; thread-safe, as the next */
	struct remote_keys *remote_keys;
	bool request_uri;           /* request objects by reference, from registered addresses */
	bool dpop_nonce;            /* DPoP proofs must carry a nonce of ours */
	int64_t registered_max;     /* clients that may register themselves; 0: none, and no endpoint for it */
};

/* Scopes that this provider knows. */
#define SCOPE_OFFLINE "offline_access"
#define SCOPE_ADMIN "admin" /* the administration API */
#define SCOPE_ADMIN_READ "admin.read" /* the same, to look and not to touch */
