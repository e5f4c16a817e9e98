/* used_jti.h: identifiers that are good once: client assertions (RFC 7523 §3), DPoP proofs (RFC 9449 §11.1). */
#pragma once

#include "common/db/db.h"

struct used_jti {
	const char *kind;     /* keeps one use apart from another */
	struct str owner;     /* whose identifiers these are: client, key */
	struct str jti;
	int64_t signed_s;     /* a time that the signer put into it: exp, iat */
};
/* false in *ret_first: it has been used before.  One statement decides. */
int used_jti_claim(struct op *op, const struct used_jti *id, bool *ret_first) _must_check_;
