/*
 * throttle.h: failed sign-ins, counted by keyed hash of the name that was typed: known and
 * unknown names alike, so that nothing can be learnt from a delay.
 *
 * An attempt is reserved before the password is looked at; at most as many are under way as
 * failures are left, so that parallel guesses cannot outrun the count, while parallel right
 * passwords only wait for each other.  Decided by the database's clock in single statements.
 */
#pragma once

#include "server/login/account_lookup.h"

struct throttle_policy {
	int64_t lock_after; /* consecutive failures */
	int64_t lock_s;
};

struct str throttle_name_hash(struct op *op, struct str typed_name);

struct throttle_answer {
	bool admitted; /* false while delayed or locked */
	struct sign_in_account account; /* of that login, admitted or not; without id: unknown */
};

/*
 * Reserves an attempt and looks the account up (login: sign_in_login() of the same name), in one statement.  Waits a while when only other
 * attempts are in the way.
 */
int throttle_reserve(struct op *op, const struct throttle_policy *policy, struct str name_hash, struct str login,
                     struct throttle_answer *ret_answer) _must_check_;
/* The password was wrong.  account_id: STR_NULL when the name is unknown. */
struct throttle_failure {
	struct str name_hash;
	struct str account_id;
	struct str ip;
	const char *action; /* audit */
};
int throttle_fail(struct op *op, const struct throttle_policy *policy, const struct throttle_failure *failure) _must_check_;
/*
 * It could not be found out (directory or database down): the attempt does not count.  Keeps
 * the op's error, whatever else goes wrong now, and returns code.
 */
int throttle_release(struct op *op, struct str name_hash, int code) _must_check_;
/* An administrator's unlock. */
int throttle_clear(struct op *op, struct str name_hash) _must_check_;
