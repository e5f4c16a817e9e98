/*
 * ciba_ping.h: what the server leaves in the outbox for the provisioner to tell a client (OpenID Connect CIBA Core
 * 1.0 §10.2): the auth_req_id, and the token by which the client knows that the call is ours.  Both are
 * secrets: sealed with the at-rest key, for this client only.
 */
#pragma once

#include "common/crypto/keyring.h"

struct ciba_ping {
	struct str auth_req_id;
	struct str token; /* client_notification_token */
};
struct str ciba_ping_seal(struct op *op, struct str client_id, const struct ciba_ping *ping);
/* false: not sealed by us for this client. */
bool ciba_ping_open(struct op *op, struct str client_id, struct str sealed, struct ciba_ping *ret_ping) _must_check_;
