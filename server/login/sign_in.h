/*
 * sign_in.h: from a typed name and password to a session.
 *
 * One answer, by one path, in one time: unknown name, wrong password, locked, delayed,
 * disabled and not yet activated all cost a reservation, a look-up and a bind.
 */
#pragma once

#include "server/login/directory.h"
#include "server/login/throttle.h"
#include "server/session/session.h"

struct sign_in_settings {
	struct directory directory;
	struct throttle_policy throttle;
	struct session_limits limits;
	int64_t activation_wait_ms; /* for the provisioner to create the entry */
};

struct sign_in_attempt {
	struct str name;
	struct str password;
	struct str ip;
};

/* ERR_SIGN_IN_FAILED for everything that is the user's; other errors are ours and do not count. */
int sign_in(struct op *op, const struct sign_in_settings *settings, const struct sign_in_attempt *attempt,
            struct session *ret_session, struct str *ret_cookie) _must_check_;
