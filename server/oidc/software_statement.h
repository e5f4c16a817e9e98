/*
 * software_statement.h: metadata for which somebody else vouches (RFC 7591 §2.3): a JWT signed by an issuer whose
 * public keys an administrator has entered ("senctl client issuer add").
 *
 * What it claims stands against what the client itself says.  iss must be there and known; exp, nbf,
 * iat and aud are looked at where they are there.  Errors: ERR_INVALID_SOFTWARE_STATEMENT,
 * ERR_UNAPPROVED_SOFTWARE_STATEMENT (nobody here knows this issuer).
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"
#include "common/crypto/jwk_set.h"

struct statement_check {
	struct str issuer; /* ours, for aud */
	struct str known;  /* of the registration that is being replaced: it may have expired since; STR_NULL: none */
};
/*
 * What the client sent with the claims laid over it, a new reference; as it was when it has no statement.
 */
int software_statement_apply(struct op *op, const struct statement_check *check, const json_t *sent, json_t **ret_whole) _must_check_;
/* One by a signer whose keys these are: its claims, a new reference.  Pure. */
int software_statement_read(struct op *op, const struct statement_check *check, const struct jwk_set *keys, struct str statement, json_t **ret_claims) _must_check_;
