/*
 * match.h: accounts that are at a platform already: are they ours?  By the rules of the platform's mapping, in order.
 *
 * One hit by a strong rule, which is nobody else's and is not contradicted by a rule before it: that one.  Anything else
 * that was hit is for a person: several are never "the first".
 */
#pragma once

#include "provisioning/connector.h"

enum match_end {
	MATCH_NONE,     /* no rule hit anything */
	MATCH_ONE,      /* *ret_index is the account */
	MATCH_DISPUTED, /* a person has to look at the candidates */
	MATCH_FAILED,   /* the platform did not answer: *ret_verdict */
};

enum match_end match_run(const struct connector *connector, struct call *c, struct candidates *all, size_t *ret_index, enum verdict *ret_verdict);
/* After a rule has been asked: MATCH_NONE: go on with the next one.  Pure. */
enum match_end match_judge(const struct match_rule *rule, const struct candidates *all, size_t n_before, size_t n_hits, size_t hit, size_t *ret_index);

/* For connectors: a hit of a rule; one that is there already counts, but is not there twice. */
void match_add(struct candidates *all, struct candidate hit);
