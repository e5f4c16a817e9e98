/*
 * family.h: token families: everything that came of one authorization.  RFC 9700 §4.14.
 *
 * A refresh token names its family and generation and is stored nowhere.  Claiming a
 * generation is one conditional UPDATE.  Within the grace time the loser of two parallel
 * refreshes gets the same successor; later, or with an older one, it is reuse and the family dies.
 */
#pragma once

#include "server/oidc/code.h"

/* ERR_INVALID_GRANT unless the token is the client's and its family, session and account are alive. */
int family_refresh(struct op *op, const struct oidc_settings *settings, const struct client *client,
                   struct str refresh_token, struct authorization *ret_authorization) _must_check_;

/* The live state behind an access or refresh token. */
struct family_state {
	struct str login;
	struct str person_id;
	int64_t auth_time_s;
	struct str scope;
	struct str session_id;
	uint32_t generation;
	int64_t expires_at_s;
};
struct family_key {
	struct str account_id, on, id, client_id;
};
/* ERR_INVALID_TOKEN when family, account, session epoch or access to the client's platform are gone. */
int family_live(struct op *op, const struct family_key *key, struct family_state *ret_state) _must_check_;

/* Revokes it if it is the client's; no such family is no error (RFC 7009 §2.2). */
int family_revoke(struct op *op, const struct family_key *key, const char *reason) _must_check_;
