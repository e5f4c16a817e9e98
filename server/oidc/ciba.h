/*
 * ciba.h: client-initiated back-channel authentication (OpenID Connect CIBA Core 1.0), delivery by poll and
 * ping: a platform names an official, who decides at /requests; the platform asks at the token endpoint.
 *
 * Nobody is asked who cannot sign in or has no role on the client's platform: the client is told that it does
 * not know the user, so that it learns nothing of others.  A pairwise subject cannot be turned back: the ID tokens of such a
 * client carry the account under a seal that only this server opens (id_token.h).
 *
 * So that no client is a nuisance, only some of its requests wait for one official (oidc_settings), those of the last
 * minute counted too unless tokens were fetched; and CIBA_PENDING_FACTOR times as many of all clients.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/oidc.h"
#include "server/session/session.h"

#define CIBA_EXPIRY_S 300     /* when the client does not say */
#define CIBA_EXPIRY_MAX_S 600
#define CIBA_PENDING_FACTOR 3
#define CIBA_PENDING_CLIENT_MAX 1000
#define CIBA_MESSAGE_MAX 64   /* characters */

struct ciba_request {
	struct str scope, resource, authorization_details;
	struct str login_hint, id_token_hint, login_hint_token;
	struct str binding_message, requested_expiry;
	struct str client_notification_token;
	struct str request; /* the others as claims of a signed object (§7.1.1) */
	struct str jkt;     /* of a DPoP proof that came with it: only this key may redeem */
};

/* name -> field: parameters of a request, claims of a signed one. */
struct ciba_field {
	const char *name;
	size_t offset;
	uint16_t max_bytes;
	bool many, is_secret;
};
extern const struct ciba_field ciba_fields[];
extern const size_t n_ciba_fields;
struct str *ciba_field_of(struct ciba_request *rq, size_t i);

/*
 * Replaces *rq by what a signed request says, when there is one; refuses an unsigned one of a client that
 * registered to sign.  ERR_INVALID_REQUEST.
 */
int ciba_resolve(struct op *op, const struct oidc_settings *settings, const struct client *client, struct ciba_request *rq) _must_check_;

/*
 * Everything that does not depend on the user.  ERR_INVALID_REQUEST, ERR_INVALID_SCOPE,
 * ERR_INVALID_BINDING_MESSAGE, ERR_INVALID_TARGET, ERR_INVALID_AUTHORIZATION_DETAILS.  Pure.
 */
int ciba_check(struct op *op, const struct client *client, const struct ciba_request *request) _must_check_;
/* Letters of any language, digits, punctuation, signs and spaces; nothing invisible, nothing that turns text around. */
bool ciba_message_is_good(struct str message);

struct ciba_offer {
	struct str auth_req_id;
	int64_t expires_s;
};
/* After ciba_check().  ERR_UNKNOWN_USER_ID; ERR_ACCESS_DENIED when too many wait. */
int ciba_begin(struct op *op, const struct oidc_settings *settings, const struct client *client,
               const struct ciba_request *request, struct ciba_offer *ret_offer) _must_check_;

struct ciba_pending {
	struct str id, client_id, scope, details, binding_message;
	struct str asked_at; /* local time, 14:05 */
};
/* What waits for the official, the oldest first. */
int ciba_list(struct op *op, struct str account_id, const struct ciba_pending **ret_list, size_t *ret_n) _must_check_;
/* ERR_NOT_FOUND when it is not the official's, has been decided or has expired.  A client that wants it is pinged. */
int ciba_find(struct op *op, struct str account_id, struct str id, struct ciba_pending *ret_pending) _must_check_;
int ciba_decide(struct op *op, const struct session *session, struct str id, bool allowed) _must_check_;

struct ciba_poll {
	struct str auth_req_id;
	struct str jkt; /* of the DPoP proof of this request, or STR_NULL */
};
/* The errors of decoupled_verdict(), ERR_INVALID_GRANT. */
int ciba_redeem(struct op *op, const struct oidc_settings *settings, const struct client *client,
                const struct ciba_poll *poll, struct authorization *ret_authorization) _must_check_;
