/* introspection.h: what a token is worth at this moment, for its resource server.  RFC 7662. */
#pragma once

#include "server/oidc/oidc.h"
#include "server/oidc/snapshot.h"

/* Who asks, and what is known at this moment. */
struct introspection {
	struct str issuer;
	const struct snapshot *snapshot;
	const struct client *caller;
};

/*
 * The answer, a JSON object.  A token that is not good, or not the caller's to ask about, is
 * {"active":false} and nothing else.  Errors only when the state cannot be known.
 */
int introspect(struct op *op, const struct introspection *in, struct str token, struct str *ret_answer) _must_check_;
/*
 * RFC 7009: revokes the family of an access or refresh token of this client; unknown tokens are no error.
 * ERR_INVALID_GRANT for a token that was issued to another client, whether it is alive or not.
 */
int revoke_token(struct op *op, struct str issuer, const struct client *caller, struct str token) _must_check_;
