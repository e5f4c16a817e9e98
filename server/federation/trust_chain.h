/*
 * trust_chain.h: a chain of statements from an entity up to a trust anchor, judged (OpenID Federation 1.0 §4, §10.2,
 * §6.1.4, §6.2).
 *
 * In the order of the specification: the entity's own configuration, one subordinate statement for each superior,
 * the anchor's configuration.  A chain of one is the anchor's own.  Pure but for op->now_s.
 * Errors: ERR_INVALID_TRUST_CHAIN, ERR_INVALID_METADATA.
 */
#pragma once

#include "server/federation/statement.h"

#define TRUST_CHAIN_DEPTH_MAX 5 /* subordinate statements */
#define TRUST_CHAIN_MAX (TRUST_CHAIN_DEPTH_MAX + 2)

struct trust_anchor {
	struct str id;
	struct jwk_set *keys; /* known from elsewhere (§4.2) */
};

struct trust_verdict {
	json_t *metadata; /* of the subject, resolved; a new reference */
	int64_t exp_s;    /* of the first statement that expires */
};

/* The statements have been read, not verified. */
int trust_chain_judge(struct op *op, const struct trust_anchor *anchor, const struct statement *chain, size_t n,
                      struct trust_verdict *ret) _must_check_;
