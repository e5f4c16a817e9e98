/*
 * authorization.h: the facts behind tokens, whatever grant proved them: the one currency between
 * the grants and issue.h.
 */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"
#include "server/oidc/client.h"

struct official_facts; /* official.h */

/*
 * What an authorization may carry beside its scope; kept as one JSON value ("extra") with codes and
 * families, absent where there is nothing.
 */
struct authorization_extra {
	struct str claims;   /* OIDC Core §5.5 */
	struct str resource; /* granted, separated by SP */
	struct str details;  /* RFC 9396 */
	struct str act;      /* RFC 8693 §4.1: who acts for the subject */
};
/* STR_NULL when there is nothing. */
struct str authorization_extra_write(struct op *op, const struct authorization_extra *extra);
int authorization_extra_read(struct op *op, struct str text, struct authorization_extra *ret_extra) _must_check_;

struct authorization {
	struct str account_id;     /* STR_NULL: the client itself (client_credentials) */
	struct str family_on, family_id;
	struct str scope;
	struct str nonce;          /* only from a code */
	struct str auth_req_id;    /* only from CIBA */
	struct str session_id;     /* STR_NULL: there is none any more */
	int64_t auth_time_s;
	int64_t level;             /* acr.h */
	struct str amr;
	uint32_t generation;       /* of the refresh token to hand out */
	bool may_grant;            /* the person administers: short access tokens */
	bool may_refresh;          /* a refresh token belongs to it */
	struct authorization_extra extra;
	struct str audience;       /* of the access token; STR_NULL: the issuer */
	struct str issued_token_type; /* RFC 8693 §2.2.1: exchanged, so an access token and nothing else; STR_NULL: by another grant */
	int64_t not_after_s;       /* no token of it lasts longer; 0: no such limit */
	struct str jkt, x5t;       /* RFC 9449 §6, RFC 8705 §3.1: the key that the tokens are bound to */
	const struct official_facts *official; /* read by the statement that proved it; NULL: to be asked for */
};
