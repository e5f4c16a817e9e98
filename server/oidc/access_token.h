/*
 * access_token.h: access tokens: JWTs (RFC 9068, typ at+jwt), or for clients that registered it
 * the same claims sealed, which nobody but this server can read.
 *
 * A token names its account and token family in its sealed jti; whoever accepts it at this
 * server asks the database each time whether both are still good.  A token of a client without an
 * account (client_credentials) has a random jti, asked for among those revoked.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/family.h"

struct access_token_request {
	struct str issuer;
	const struct client *client;
	const struct authorization *authorization;
	int64_t lifetime_s;
};
int access_token_make(struct op *op, const struct access_token_request *request, struct str *ret_token) _must_check_;

/* The claim cnf as text (RFC 9449 §6.1, RFC 8705 §3.1), or STR_NULL for a bearer token. */
struct str access_token_cnf(struct op *op, struct str jkt, struct str x5t);

/* The claim act or may_act that names sub (RFC 8693 §4.1, §4.4), or STR_NULL for nobody. */
struct str access_token_actor(struct op *op, struct str sub);

struct access_claims {
	struct str sub;
	struct str aud;
	struct str client_id;
	struct str scope;      /* space-separated */
	struct str jti;
	struct str jkt, x5t;   /* the key it is bound to: whoever accepts it must see the proof */
	struct str details, act; /* JSON, or STR_NULL */
	struct str may_act;      /* the client that may act with it (RFC 8693 §4.4), or STR_NULL */
	bool has_account;
	struct family_key family; /* of the account, when there is one */
	int64_t iat_s, exp_s;
	struct family_state state; /* from the database, after a check; with an account */
};

/* Ours by signature or seal, typ and iss; nothing is said of time and state. */
bool access_token_read(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims) _must_check_;
/*
 * The same, then exp and the live state: account active and in the same epoch, family not revoked, access
 * to the client's platform still granted.  ERR_INVALID_TOKEN when any does not hold; other errors
 * when that cannot be known.
 */
int access_token_check(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims) _must_check_;
int access_token_check_time(struct op *op, const struct access_claims *claims) _must_check_;
/* RFC 8693: it names the family of the token that it was exchanged for. */
static inline bool access_token_is_exchanged(const struct access_claims *claims)
{
	return !str_is_null(claims->act);
}
/* For a token without an account, or an exchanged one; others are revoked with their family. */
int access_token_revoke(struct op *op, const struct access_claims *claims) _must_check_;
