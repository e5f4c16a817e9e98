/*
 * statement.h: entity statements of others (OpenID Federation 1.0 §3): a configuration, by which an entity speaks
 * for itself, or a subordinate statement, by which a superior speaks of it.
 *
 * Read strictly: what must not stand in one kind of statement refuses it, so do crit and critical policy
 * operators (none beyond the standard is known), keys without a name of their own, times out of range, values null
 * in metadata.  Believed only after statement_verify().  Errors: ERR_INVALID_TRUST_CHAIN, ERR_INVALID_METADATA.
 */
#pragma once

#include "common/crypto/jwk_set.h"
#include "common/crypto/jws.h"
#include "server/federation/entity_id.h"

#define STATEMENT_TYP "entity-statement+jwt"
#define STATEMENT_MAX_LEN JWS_MAX_LEN
#define STATEMENT_DEPTH 12
#define AUTHORITY_HINTS_MAX 16

struct statement {
	struct str compact;
	struct str iss, sub;   /* views into claims */
	int64_t exp_s;
	json_t *claims;
	struct jwk_set *keys;  /* federation keys of the subject */
};

/* What it says, believed by nobody yet; compact is copied into op->arena. */
int statement_read(struct op *op, struct str compact, struct statement *ret) _must_check_;
void statement_clear(struct statement *s);

static inline bool statement_is_configuration(const struct statement *s)
{
	return str_equal(s->iss, s->sub);
}

/* Signed by one of these keys, which the header names. */
bool statement_is_signed_by(struct op *op, const struct statement *s, const struct jwk_set *keys) _must_check_;

/* {"keys":[…]}: public signing keys, each with a kid of its own. */
int federation_keys_read(struct op *op, const json_t *jwks, struct jwk_set **ret_keys) _must_check_;
/* {entity type: {parameter: value}}, without null. */
bool federation_metadata_is_valid(const json_t *metadata) _must_check_;
