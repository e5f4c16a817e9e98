/* id_token.h: ID tokens (OIDC Core §2) and what an id_token_hint says. */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/oidc.h"

/* What stands beside the ID token in the same answer, for at_hash and c_hash; STR_NULL: nothing. */
struct id_token_company {
	struct str access_token;
	struct str code;
};
int id_token_make(struct op *op, const struct oidc_settings *settings, const struct client *client,
                  const struct authorization *authorization, const struct id_token_company *company, struct str *ret_token) _must_check_;

struct id_token_hint {
	struct str sub, aud, sid;
	struct str account; /* sealed: what of a pairwise subject only this server reads; STR_NULL: not there */
};
/* The account behind an ID token of this client, also of a pairwise subject that came with its seal; STR_NULL: it does not say. */
struct str id_token_hint_account(struct op *op, const struct client *client, const struct id_token_hint *hint);
/* An ID token of this issuer, expired or not (OIDC Core §3.1.2.1, RP-Initiated Logout §2). */
bool id_token_hint_read(struct op *op, struct str issuer, struct str token, struct id_token_hint *ret_hint) _must_check_;
