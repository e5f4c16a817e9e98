/*
 * authority.h: what the province says in a federation (OpenID Federation 1.0 §3, §8): of itself, of its platforms,
 * and of what it resolved.  Signed with the active ES256 key; a statement lives for STATEMENT_S.
 */
#pragma once

#include "server/federation/federation.h"

#define STATEMENT_S 7200
#define RESOLVE_TYP "resolve-response+jwt"

/* Our own configuration. */
int authority_configuration(struct op *op, const struct federation *f, struct str *ret_compact) _must_check_;
/* Of an enabled subordinate.  ERR_UNKNOWN_ENTITY; ERR_INVALID_REQUEST for ourselves. */
int authority_statement(struct op *op, const struct federation *f, struct str sub, struct str *ret_compact) _must_check_;
/* types STR_NULL: all, else those of this list, separated by SP. */
int authority_resolved(struct op *op, const struct federation *f, const struct statement *chain, size_t n,
                       const struct trust_verdict *verdict, struct str types, struct str *ret_compact) _must_check_;
