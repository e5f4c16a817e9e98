/*
 * resolve.h: a trust chain from an entity to a trust anchor, found by asking those on the way (OpenID Federation
 * 1.0 §10.1).
 *
 * Follows authority_hints upwards, the anchor first where it is among them; the first chain that trust_chain.h finds
 * good is taken.  Whoever is asked is a stranger's choice, so everything is bounded: depth, statements fetched,
 * time in all; no entity twice on one way; addresses by the egress guard.  We do not ask ourselves by HTTP.
 * Errors: ERR_INVALID_TRUST_CHAIN, ERR_INVALID_METADATA, ERR_OVERLOADED.
 */
#pragma once

#include "server/federation/federation.h"

#define RESOLVE_FETCHES_MAX 20
#define RESOLVE_MS 9000 /* no fetch begins after that; a request may take 15 s */

struct resolved {
	struct statement chain[TRUST_CHAIN_MAX];
	size_t n;
	struct trust_verdict verdict;
};

/* To be cleared in any case. */
int resolve_entity(struct op *op, const struct federation *f, const struct trust_anchor *anchor, struct str sub,
                   struct resolved *ret) _must_check_;
void resolved_clear(struct resolved *r);
