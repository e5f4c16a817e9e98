/*
 * device.h: device authorization (RFC 8628): a device without a browser shows a user code, the official enters
 * it at /device, the device polls meanwhile.
 *
 * A client holds at most DEVICE_PENDING_MAX codes that nobody has used yet.  Looking for user codes is for
 * signed-in officials only, and wrong ones are counted by account and over all, in the statement that looks, so
 * that parallel guesses cannot outrun the count (§5.1): with 10 guesses in 10 minutes of 20^8 codes.
 */
#pragma once

#include "server/oidc/authorization.h"
#include "server/oidc/oidc.h"
#include "server/session/session.h"

#define DEVICE_S 600
#define DEVICE_PENDING_MAX 1000
#define DEVICE_WRONG_MAX 10        /* user codes by account, in a window */
#define DEVICE_WRONG_ALL_MAX 1000
#define DEVICE_WRONG_WINDOW_S 600

struct device_request {
	struct str scope, resource, authorization_details;
	struct str jkt; /* of a DPoP proof that came with it: only this key may redeem */
};
struct device_offer {
	struct str device_code;
	struct str user_code; /* as it is shown */
};
/* ERR_INVALID_SCOPE, ERR_INVALID_TARGET, ERR_INVALID_AUTHORIZATION_DETAILS; ERR_TOO_MANY_REQUESTS over the cap. */
int device_begin(struct op *op, const struct client *client, const struct device_request *request,
                 struct device_offer *ret_offer) _must_check_;

struct device_pending {
	struct str client_id, scope, details;
};
/*
 * For a page that asks the official.  user_code: of user_code_read().  ERR_NOT_FOUND: wrong, expired or decided;
 * ERR_TOO_MANY_REQUESTS: too many wrong ones, by this account or by all.
 */
int device_find(struct op *op, struct str account_id, struct str user_code, struct device_pending *ret_pending) _must_check_;
/* ERR_NOT_FOUND when it has been decided or has expired meanwhile. */
int device_decide(struct op *op, const struct session *session, struct str user_code, bool allowed) _must_check_;

struct device_poll {
	struct str device_code;
	struct str jkt; /* of the DPoP proof of this request, or STR_NULL */
};
/* The errors of decoupled_verdict(), ERR_INVALID_GRANT. */
int device_redeem(struct op *op, const struct oidc_settings *settings, const struct client *client,
                  const struct device_poll *poll, struct authorization *ret_authorization) _must_check_;
