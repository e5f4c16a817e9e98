/* working_life_names.c: names, when events may happen, and days. */

#include "server/governance/working_life_impl.h"

#include <time.h>

#define DAY_S 86400

const struct lc_event_rule lc_events[LC_EVENT_COUNT_] = {
	[LC_JOIN] = { STR("join"), false, LC_BIT(LC_NEW), "new", false },
	[LC_TRANSFER] = { STR("transfer"), false, LC_BIT(LC_WORKING) | LC_BIT(LC_ON_LEAVE), "working", true },
	[LC_RESIGN] = { STR("resign"), false, LC_BIT(LC_WORKING) | LC_BIT(LC_ON_LEAVE) | LC_BIT(LC_SUSPENDED), "working", true },
	[LC_DISMISS] = { STR("dismiss"), false, LC_BIT(LC_WORKING) | LC_BIT(LC_ON_LEAVE) | LC_BIT(LC_SUSPENDED), "working", true },
	[LC_RETIRE] = { STR("retire"), false, LC_BIT(LC_WORKING) | LC_BIT(LC_ON_LEAVE) | LC_BIT(LC_SUSPENDED), "working", true },
	[LC_SUSPEND] = { STR("suspend"), true, LC_BIT(LC_WORKING) | LC_BIT(LC_ON_LEAVE) | LC_BIT(LC_RETIRED), "working", false },
	[LC_LEAVE] = { STR("leave"), false, LC_BIT(LC_WORKING), "working", false },
	[LC_RETURN] = { STR("return"), false, LC_BIT(LC_ON_LEAVE) | LC_BIT(LC_SUSPENDED), "on_leave", false },
	[LC_DEATH] = { STR("death"), true, ~LC_BIT(LC_DEAD), "working", false },
	[LC_REHIRE] = { STR("rehire"), false, LC_BIT(LC_LEFT) | LC_BIT(LC_RETIRED), "left", false },
	[LC_VANISH] = { STR("vanish"), true, LC_BIT(LC_WORKING) | LC_BIT(LC_ON_LEAVE), "working", false },
};

static const struct str states[LC_STATE_COUNT_] = {
	[LC_NEW] = STR("new"), [LC_WORKING] = STR("working"), [LC_ON_LEAVE] = STR("on_leave"), [LC_SUSPENDED] = STR("suspended"),
	[LC_RETIRED] = STR("retired"), [LC_LEFT] = STR("left"), [LC_DEAD] = STR("dead"),
};

static const char *const acts[LC_ACT_COUNT_] = {
	[LC_POST_ADD] = "post_add", [LC_POST_END] = "post_end", [LC_POST_CANCEL] = "post_cancel", [LC_GRANT_END] = "grant_end",
	[LC_GRANT_REVOKE] = "grant_revoke", [LC_GRANT_BACK] = "grant_back", [LC_GRANT_REAPPROVE] = "grant_reapprove",
	[LC_SCOPE_END] = "scope_end", [LC_STOP_ADD] = "stop_add", [LC_GRACE] = "grace", [LC_STOP_LIFT] = "stop_lift", [LC_STATUS] = "status", [LC_STATUS_VOID] = "status_void",
	[LC_ACCOUNT_ADD] = "account_add", [LC_OWNER_NEEDED] = "owner_needed", [LC_MOVEMENT_VOID] = "movement_void",
	[LC_HOLD] = "legal_hold",
};

const char *lc_event_name(enum lc_event_kind kind)
{
	return lc_events[kind].name.p;
}

bool lc_event_is_at_once(enum lc_event_kind kind)
{
	return lc_events[kind].at_once;
}

bool lc_event_from_name(struct str name, enum lc_event_kind *ret_kind)
{
	for (int i = 0; i < LC_EVENT_COUNT_; i++)
		if (str_equal(lc_events[i].name, name)) {
			*ret_kind = (enum lc_event_kind)i;
			return true;
		}
	return false;
}

const char *lc_state_name(enum lc_state state)
{
	return states[state].p;
}

bool lc_state_from_name(struct str name, enum lc_state *ret_state)
{
	for (int i = 0; i < LC_STATE_COUNT_; i++)
		if (str_equal(states[i], name)) {
			*ret_state = (enum lc_state)i;
			return true;
		}
	return false;
}

bool lc_rank_from_name(struct str name, enum lc_rank *ret_rank)
{
	static const struct str ranks[] = { STR("staff"), STR("division_deputy"), STR("division_head"), STR("department_deputy"),
		                            STR("department_head") };

	for (size_t i = 0; i < ARRAY_LEN(ranks); i++)
		if (str_equal(ranks[i], name)) {
			*ret_rank = (enum lc_rank)i;
			return true;
		}
	return false;
}

const char *lc_act_name(enum lc_act act)
{
	return acts[act];
}

void lc_state_step(enum lc_event_kind kind, enum lc_state *state, enum lc_state *base)
{
	switch (kind) {
	case LC_SUSPEND:
	case LC_VANISH:
		*state = LC_SUSPENDED;
		return;
	case LC_LEAVE:
		*state = LC_ON_LEAVE;
		return;
	case LC_RETURN:
		*state = *base;
		return;
	case LC_RETIRE:
		*base = LC_RETIRED;
		if (*state != LC_SUSPENDED)
			*state = *base;
		return;
	case LC_JOIN:
	case LC_TRANSFER:
	case LC_REHIRE:
		*base = LC_WORKING;
		if (*state != LC_SUSPENDED && *state != LC_ON_LEAVE)
			*state = *base;
		return;
	default:
		*state = *base = kind == LC_DEATH ? LC_DEAD : LC_LEFT;
		return;
	}
}

int64_t lc_add_months(int64_t day, int64_t months)
{
	time_t t = (time_t)(day * DAY_S);
	struct tm tm;
	int mday;

	gmtime_r(&t, &tm);
	mday = tm.tm_mday;
	tm.tm_mday = 1;
	tm.tm_mon += (int)months;
	t = timegm(&tm);
	gmtime_r(&t, &tm);
	/* The last of the month when it has not so many days. */
	for (int month = tm.tm_mon; mday > 1; mday--) {
		struct tm there = tm;

		there.tm_mday = mday;
		t = timegm(&there);
		gmtime_r(&t, &there);
		if (there.tm_mon == month)
			break;
		t = timegm(&tm);
	}
	return (int64_t)t / DAY_S;
}

bool working_life_feed_is_suspicious(int64_t n_known, int64_t n_vanished, int64_t max_n, int64_t max_percent)
{
	return n_vanished > max_n && n_vanished * 100 > n_known * max_percent;
}

