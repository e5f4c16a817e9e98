/*
 * registration_store.h: initial access tokens, and clients that registered themselves with one.
 *
 * Tokens are kept as keyed hashes.  A use of an initial access token is counted down by the statement
 * that inserts the client.
 */
#pragma once

#include "common/db/db.h"

struct registration_pass {
	struct str policy; /* JSON */
	bool is_full;      /* as many clients as may register themselves have done so */
};
/* ERR_INVALID_TOKEN: no such token, used up, expired or revoked. */
int registration_pass_find(struct op *op, struct str token_hash, int64_t clients_max, struct registration_pass *ret_pass) _must_check_;

/* What is written of a client. */
struct registration_row {
	struct str id;
	struct str secret_hash, secret_sealed; /* STR_NULL: none */
	struct str metadata;                   /* JSON, normal form */
};
/* ERR_INVALID_TOKEN: nothing was inserted, because the token or the room is used up by now. */
int registration_row_add(struct op *op, const struct registration_row *row, struct str token_hash, struct str registration_hash,
                         int64_t clients_max, int64_t *ret_created_at_s) _must_check_;

/* The JWK Set of an issuer of software statements, as JSON.  ERR_UNAPPROVED_SOFTWARE_STATEMENT. */
int software_issuer_find(struct op *op, struct str iss, struct str *ret_jwks) _must_check_;

/* A client as its registration access token shows it. */
struct registration_found {
	struct str metadata, policy; /* JSON */
	struct str secret_hash;      /* STR_NULL: none */
	bool has_sealed_secret;
	int64_t version;
	int64_t created_at_s;
};
/* ERR_INVALID_TOKEN: no such client, not this token, or the operator has disabled it. */
int registration_row_find(struct op *op, struct str id, struct str registration_hash, struct registration_found *ret_found) _must_check_;
/* keep_secret: what row says of it is not written.  ERR_CONFLICT: it is not this version any more. */
int registration_row_replace(struct op *op, const struct registration_row *row, struct str registration_hash, int64_t version,
                             bool keep_secret) _must_check_;
/* With it every token family and consent ends: each look at one joins its client.  ERR_INVALID_TOKEN as above. */
int registration_row_remove(struct op *op, struct str id, struct str registration_hash) _must_check_;
