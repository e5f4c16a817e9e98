/*
 * access_token.h: JWT access tokens (RFC 9068): typ at+jwt, ES256, audience this issuer.
 *
 * A token names its account and token family in its sealed jti; whoever accepts it at this
 * server asks the database each time whether both are still good.
 */
#pragma once

#include "server/oidc/code.h"

struct access_token_request {
	struct str issuer;
	const struct client *client;
	const struct authorization *authorization;
	int64_t lifetime_s;
};
int access_token_make(struct op *op, const struct access_token_request *request, struct str *ret_token) _must_check_;

struct access_claims {
	struct str sub;
	struct str client_id;
	struct str scope;      /* space-separated */
	struct str jti;
	struct str account_id; /* of the family that the token came of */
	struct str family_on;  /* "2026-11-24" */
	struct str family_id;
	int64_t iat_s, exp_s;
	/* from the database, after access_token_check() */
	struct str person_id;
	struct str login;
	int64_t auth_time_s;
};

/*
 * Signature, typ, iss, aud, exp, then the live state: account active and in the same epoch, family not
 * revoked, access to the client's platform still granted.  ERR_INVALID_TOKEN when any does
 * not hold; other errors when that cannot be known.
 */
int access_token_check(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims) _must_check_;
/* Without the live state: for revocation, which must also take expired tokens. */
bool access_token_read(struct op *op, struct str issuer, struct str token, struct access_claims *ret_claims) _must_check_;
