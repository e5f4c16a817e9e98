/*
 * session.h: the sign-in session of an official's browser: one serves every platform.
 *
 * The cookie is a sealed handle (handle.h), new at each sign-in; the row holds its keyed
 * hash.  A session lives while it is not ended, neither idle nor absolute limit has passed,
 * and its account is active in the same epoch: looked at each time.
 */
#pragma once

#include "common/db/db.h"

#define SESSION_COOKIE "__Host-sen-session"

struct session {
	struct str account_id;
	struct str on; /* day of issue: part of the row's key */
	struct str id; /* uuid, "sid" towards relying parties */
	int64_t epoch;
	int64_t auth_time_s;
	int64_t level;  /* how strongly, as server/oidc/acr.h counts */
	struct str amr; /* RFC 8176 names, separated by SP */
	struct str login;
	struct str person_id;
	struct str full_name;
};

struct session_limits {
	int64_t idle_s;
	int64_t absolute_s; /* a day at most */
};

/*
 * For statements that come to a session from what came of it (a code, a token family) on a
 * known day: the session began on that day or the one before; the one after is for clocks that
 * differ.  Said beside the equality, it lets the other partitions be left out before the
 * statement runs instead of while it runs.
 */
#define SESSION_NEAR(session_on, day) session_on " BETWEEN " day " - 1 AND " day " + 1"

/* Activity is noted this coarsely, so that a page full of requests costs one write. */
#define SESSION_TOUCH_AFTER_S 60
#define SESSION_TOUCH_AFTER "interval '60 s'"

/*
 * Begins a session after a successful sign-in and, in the same statement, ends the attempt's
 * reservation in the throttle and writes audit.  ERR_SIGN_IN_FAILED when the account stopped being
 * active since it was looked at.  *ret_cookie is the cookie's value.
 */
struct session_start {
	struct str account_id;
	bool is_shared; /* must be what the account is: else it counts as one that stopped being active */
	struct str ip;
	struct str throttle_name_hash;
	const char *audit_action; /* "sign_in.ok" or "account.activate" */
	struct session_limits limits;
};
int session_begin(struct op *op, const struct session_start *start, struct session *ret_session, struct str *ret_cookie) _must_check_;

/* ERR_NOT_FOUND: no live session behind this cookie.  Notes activity at most once a minute. */
int session_find(struct op *op, struct str cookie, struct session *ret_session) _must_check_;

/* Notes activity. */
int session_touch(struct op *op, struct str account_id, struct str on, struct str id) _must_check_;

/*
 * Ends it and revokes every token family that came of it.  Ending twice is one end.  *ret_clients: ids of the
 * clients that were signed in to by it, each once; none when it had ended before.
 */
int session_end(struct op *op, const struct session *session, const char *reason, struct str_list *ret_clients) _must_check_;
