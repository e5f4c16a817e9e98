#include "server/oidc/decoupled.h"

#define FIRST_OFFICIAL_COLUMN 14

int decoupled_verdict(const struct decoupled_state *s)
{
	if (s->expired)
		return ERR_EXPIRED_TOKEN;
	if (!s->decided)
		return s->hasty ? ERR_SLOW_DOWN : ERR_AUTHORIZATION_PENDING;
	if (!s->allowed)
		return ERR_ACCESS_DENIED;
	return s->has_family ? 0 : ERR_INVALID_GRANT;
}

static int refuse(struct op *op, int verdict)
{
	switch (verdict) {
	case ERR_EXPIRED_TOKEN:
		return op_fail(op, ERR_EXPIRED_TOKEN, "nobody decided in time, or the decision was not fetched in time");
	case ERR_SLOW_DOWN:
		return op_fail(op, ERR_SLOW_DOWN, "asked too early: wait 5 seconds longer from now on");
	case ERR_AUTHORIZATION_PENDING:
		return op_fail(op, ERR_AUTHORIZATION_PENDING, "the user has not decided yet");
	case ERR_ACCESS_DENIED:
		return op_fail(op, ERR_ACCESS_DENIED, "the user has refused");
	default:
		return op_fail_detail(op, ERR_INVALID_GRANT, "what the user allowed is not valid any more",
		                      "key, account, session or access do not fit; it is used up");
	}
}

int decoupled_read(struct op *op, const struct db_rows *rows, struct authorization *ret)
{
	struct official_facts *facts;
	struct decoupled_state state;
	int verdict;

	if (rows->n == 0)
		return op_fail_detail(op, ERR_INVALID_GRANT, "this is not valid", "unknown, used or another client's");
	state = (struct decoupled_state){
		.expired = db_bool(rows, 0, 0),
		.decided = db_bool(rows, 0, 1),
		.allowed = db_bool(rows, 0, 2),
		.hasty = db_bool(rows, 0, 3),
		.has_family = !db_is_null(rows, 0, 4),
	};
	verdict = decoupled_verdict(&state);
	if (verdict < 0)
		return refuse(op, verdict);
	facts = ARENA_NEW(op->arena, struct official_facts);
	*facts = official_facts_from_row(rows, 0, FIRST_OFFICIAL_COLUMN);
	*ret = (struct authorization){
		.family_id = db_str(rows, 0, 4),
		.account_id = db_str(rows, 0, 5),
		.family_on = db_str(rows, 0, 6),
		.scope = db_str(rows, 0, 7),
		.session_id = db_str(rows, 0, 8),
		.auth_time_s = db_i64(rows, 0, 9),
		.may_grant = db_bool(rows, 0, 10),
		.level = db_i64(rows, 0, 11),
		.amr = db_str(rows, 0, 12),
		.may_refresh = true,
		.official = facts,
	};
	return authorization_extra_read(op, db_str(rows, 0, 13), &ret->extra);
}
