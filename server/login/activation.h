/*
 * activation.h: the first sign-in: a one-time code lets the official set a password.
 *
 * The code is claimed by one statement before the directory is written, and used up after;
 * a failure in between gives it back.  Wrong codes count as failed sign-ins.
 */
#pragma once

#include "server/login/password.h"
#include "server/login/sign_in.h"

struct activation_attempt {
	struct str name;
	struct str code;
	struct str password, password_again;
	struct str ip;
};

/*
 * ERR_ACTIVATION_FAILED: name or code (one answer for all causes); ERR_PASSWORD_POLICY with the
 * argument "flaw": a password_flaw_name() or "mismatch".  On success the account is active
 * and a session has begun; older sessions have ended.
 */
int activate(struct op *op, const struct sign_in_settings *settings, const struct activation_attempt *attempt,
             struct session *ret_session, struct str *ret_cookie) _must_check_;
