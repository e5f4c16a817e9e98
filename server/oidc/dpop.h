/*
 * dpop.h: proofs of possession (RFC 9449): a JWT for one request, signed with the key that tokens are bound to.
 *
 * A proof is for one method and address, at most a minute old, and used once.  Where the provider wants
 * it, it carries a nonce of ours, which needs no memory: a sealed time.
 */
#pragma once

#include "common/db/db.h"
#include "server/oidc/oidc.h"

#define DPOP_ALGS "ES256 PS256 EdDSA"

struct dpop_request {
	struct str proof;        /* the header field DPoP */
	const char *method;
	struct str url;          /* of the endpoint, as clients know it: without query */
	struct str other_url;    /* the same under another name (mutual TLS), or STR_NULL */
	struct str access_token; /* at a resource: ath must be its hash; STR_NULL at the token endpoint */
};

/* *ret_jkt: thumbprint of the key.  ERR_INVALID_DPOP_PROOF, ERR_USE_DPOP_NONCE; others when it cannot be known. */
int dpop_check(struct op *op, const struct oidc_settings *settings, const struct dpop_request *rq, struct str *ret_jkt) _must_check_;
/* A nonce for the next proofs. */
struct str dpop_nonce(struct op *op);
