/*
 * family.h: token families: everything that came of one authorization.  RFC 9700 §4.14.
 *
 * A refresh token names its family and generation and is stored nowhere.  Claiming a
 * generation is one conditional UPDATE.  Within the grace time the loser of two parallel
 * refreshes gets the same successor; later, or with an older one, it is reuse and the family dies.
 * A client whose tokens do not rotate keeps its generation.
 *
 * A family ends with its session, or, with scope offline_access, when it is not used for long.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/official.h"

struct refresh_request {
	struct str token;
	struct str jkt; /* key of the DPoP proof of this request, or STR_NULL */
};
/* ERR_INVALID_GRANT unless the token is the client's and its family, session, key and account fit and are alive. */
int family_refresh(struct op *op, const struct oidc_settings *settings, const struct client *client,
                   const struct refresh_request *request, struct authorization *ret_authorization) _must_check_;

/* The live state behind an access or refresh token. */
struct family_state {
	struct str login;
	struct str person_id;
	int64_t auth_time_s;
	int64_t level;
	/* family_live() only */
	struct str client_id;
	struct str scope;
	uint32_t generation;
	int64_t expires_at_s;
};
struct family_key {
	struct str account_id, on, id;
};
/* ERR_INVALID_TOKEN when family, account, session epoch or access to the client's platform are gone. */
int family_live(struct op *op, const struct family_key *key, struct family_state *ret_state) _must_check_;
/* The same of a family that must be this client's. */
int family_live_of(struct op *op, const struct family_key *key, struct str client_id, struct family_state *ret_state) _must_check_;
/* The same with what userinfo says, in the same statement; roles are those on the client's platform. */
struct family_official {
	struct str extra; /* text of struct authorization_extra */
	struct official_facts facts;
};
int family_live_official(struct op *op, const struct family_key *key, const struct client *client, struct family_official *ret) _must_check_;

/*
 * Revokes it; one that is revoked already, or that is not there, is no error (RFC 7009 §2.2).
 * ERR_INVALID_GRANT when it is another client's, alive or not (§2.1).
 */
int family_revoke(struct op *op, const struct family_key *key, struct str client_id, const char *reason) _must_check_;
