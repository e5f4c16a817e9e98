/*
 * dpop.h: proofs of possession (RFC 9449): a JWT for one request, signed with the key that tokens are bound to.
 *
 * A proof is for one method and address, at most a minute old, and used once.  Where the provider wants
 * it, it carries a nonce of ours, which needs no memory: a sealed time.
 *
 * Anybody makes keys and proofs.  So that a proof is remembered is a step of its own: it follows what shows that the sender is
 * somebody, a client that authenticated, or a grant or token that is good.
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

struct dpop_proof {
	struct str jkt; /* thumbprint of the key */
	struct str jti;
	int64_t iat_s;
};
/* Everything but whether it was used before.  ERR_INVALID_DPOP_PROOF, ERR_USE_DPOP_NONCE. */
int dpop_check(struct op *op, const struct oidc_settings *settings, const struct dpop_request *rq, struct dpop_proof *ret_proof) _must_check_;
/* Uses it up.  ERR_INVALID_DPOP_PROOF: it had been; others when that cannot be known. */
int dpop_use(struct op *op, const struct dpop_proof *proof) _must_check_;
/* A nonce for the next proofs. */
struct str dpop_nonce(struct op *op);
