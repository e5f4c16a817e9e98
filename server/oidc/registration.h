/*
 * registration.h: clients that register themselves.
 *
 * OpenID Connect Dynamic Client Registration 1.0; RFC 7591 with an initial access token, whose policy
 * (registration_policy.h) stands in every client; RFC 7592 with the client's registration access token.
 *
 * Secrets and tokens leave once, in the answer that made them; rows hold keyed hashes.  So a read
 * shows no secret, and shows the registration access token that was sent.
 * Errors: ERR_INVALID_TOKEN, ERR_INVALID_CLIENT_METADATA, ERR_INVALID_REDIRECT_URI, those of software_statement.h, ERR_ACCESS_DENIED (as
 * many clients as may), ERR_CONFLICT (an update that lost a race), and those of the stores.
 */
#pragma once

#include "common/base/json.h"
#include "common/base/op.h"
#include "server/oidc/oidc.h"

/* body: as sent.  *ret_answer: the client information response (RFC 7591 §3.2.1), a new reference. */
int registration_add(struct op *op, const struct oidc_settings *settings, struct str initial_token, struct str body, json_t **ret_answer) _must_check_;
int registration_get(struct op *op, const struct oidc_settings *settings, struct str id, struct str token, json_t **ret_answer) _must_check_;

struct registration_update {
	struct str id, token; /* of the address and the header */
	struct str body;
};
int registration_replace(struct op *op, const struct oidc_settings *settings, const struct registration_update *update, json_t **ret_answer) _must_check_;
/* Its token families end with it. */
int registration_remove(struct op *op, struct str id, struct str token) _must_check_;
