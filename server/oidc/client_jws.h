/*
 * client_jws.h: a JWT that a client signed with one of its registered keys, wherever those are: in its
 * metadata, or at its jwks_uri.
 */
#pragma once

#include "server/oidc/client.h"
#include "server/oidc/remote_keys.h"

/* What a client's record allows for one use: the registered algorithm, else those that are offered. */
unsigned client_algs(const struct client *c, enum jws_alg registered);

struct client_jws {
	struct str compact;
	const char *typ;  /* as in jws_verify() */
	unsigned algs;
};
/*
 * The payload.  code: what a bad signature is here (ERR_INVALID_CLIENT, ERR_INVALID_REQUEST_OBJECT).
 * ERR_UNAVAILABLE, ERR_OVERLOADED: the keys cannot be had.
 */
int client_jws_verify(struct op *op, struct remote_keys *remote, const struct client *c, const struct client_jws *jws, enum err code,
                      struct str *ret_payload) _must_check_;
