/*
 * password.h: rules for a new password: pure.
 *
 * Level 3 without a second factor: at least 14 characters of all four classes; never the
 * name, the user name or the unit; strength by zxcvbn, which is told these words.  At most 128 bytes (the
 * directory client's limit).
 */
#pragma once

#include "common/base/op.h"

enum password_flaw {
	PASSWORD_OK = 0,
	PASSWORD_TOO_SHORT,
	PASSWORD_TOO_LONG,
	PASSWORD_CLASSES,    /* upper case, lower case, digit, other: one is missing */
	PASSWORD_PERSONAL,   /* contains name, user name or unit */
	PASSWORD_GUESSABLE,
	PASSWORD_CHARACTERS, /* control characters or broken UTF-8 */
};

struct password_context {
	struct str login;
	struct str full_name;
	struct str unit_name;
};

enum password_flaw password_check(struct op *op, struct str password, const struct password_context *context);
/* "too_short", …: the key of the message is "password.<name>". */
const char *password_flaw_name(enum password_flaw flaw);
