/* client_issuer.h: who may vouch for software that registers itself, as the operator enters them. */
#pragma once

#include "common/base/json.h"
#include "common/db/db.h"

struct client_issuer {
	struct str iss;
	struct str jwks; /* JSON */
};

/* {"iss", "jwks"} of a file; strings in op->arena.  ERR_INVALID_VALUE. */
int client_issuer_read(struct op *op, struct str text, struct client_issuer *ret_issuer) _must_check_;
/* Adds it, or replaces its keys.  *ret_changed false: it is all there already. */
int client_issuer_put(struct op *op, const struct client_issuer *issuer, struct str operator, bool *ret_changed) _must_check_;
/* ERR_NOT_FOUND.  Clients that it vouched for stay. */
int client_issuer_remove(struct op *op, struct str iss, struct str operator) _must_check_;
int client_issuer_list(struct op *op, const struct client_issuer **ret_issuers, size_t *ret_n) _must_check_;
