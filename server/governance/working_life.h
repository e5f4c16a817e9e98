/*
 * working_life.h: what follows from an event in an official's working life.  Pure: the state of things, the
 * event, the rules and the day go in; a list of exact consequences comes out, the same for preview and act.
 *
 * Days are counted since 1970 in Việt Nam; an act takes effect at the beginning of its day, or at once.
 * Suspension, disappearance and death act at once; what was planned for later and would open access again is void.
 *
 * ERR_WRONG_STATE (state, wanted), ERR_BLOCKED (by: a later movement), ERR_INVALID_VALUE (field).
 */
#pragma once

#include "common/base/arena.h"

#define LC_OPEN INT64_MAX /* a post or grant without end */
#define LC_EVERY_PLATFORM (-1)

enum lc_event_kind {
	LC_JOIN, LC_TRANSFER, LC_RESIGN, LC_DISMISS, LC_RETIRE, LC_SUSPEND, LC_LEAVE, LC_RETURN, LC_DEATH, LC_REHIRE, LC_VANISH,
	LC_EVENT_COUNT_
};
const char *lc_event_name(enum lc_event_kind kind);
bool lc_event_from_name(struct str name, enum lc_event_kind *ret_kind) _must_check_;
bool lc_event_is_at_once(enum lc_event_kind kind) _pure_;

enum lc_state { LC_NEW, LC_WORKING, LC_ON_LEAVE, LC_SUSPENDED, LC_RETIRED, LC_LEFT, LC_DEAD, LC_STATE_COUNT_ };
const char *lc_state_name(enum lc_state state);
bool lc_state_from_name(struct str name, enum lc_state *ret_state) _must_check_;
/*
 * Where an event leads.  base is what a return leads back to: working, retired, left.  A transfer, a retirement and
 * a new beginning end no suspension.  sen.person_state says the same of what is on record.
 */
void lc_state_step(enum lc_event_kind kind, enum lc_state *state, enum lc_state *base);

enum lc_rank { LC_STAFF, LC_DIVISION_DEPUTY, LC_DIVISION_HEAD, LC_DEPARTMENT_DEPUTY, LC_DEPARTMENT_HEAD };
bool lc_rank_from_name(struct str name, enum lc_rank *ret_rank) _must_check_;

struct lc_post {
	struct str id, kind, label; /* label: "Chuyên viên, 16681" */
	int64_t unit_id;
	enum lc_rank rank;
	int64_t from, to;           /* to: first day without it, or LC_OPEN */
};
struct lc_account {
	struct str id, login, kind, status;
};
struct lc_grant {
	struct str id, account_id, post_id, label; /* post_id STR_NULL: of before grants hung on posts; label: "P02:MC" */
	int64_t platform_id, role_id, unit_id;
	bool unit_in_main;          /* the unit lies where the main post is */
	int64_t to;                 /* first day without it, or LC_OPEN */
	bool is_over;               /* nothing brings it back */
	bool is_sensitive;
	bool by_rule;               /* given again by the rule itself wherever a post fits */
};
struct lc_scope { /* of administration, not revoked */
	struct str id, account_id, post_id, label; /* post_id STR_NULL: rests on none; label: "40.VP" */
};
struct lc_stop {
	struct str id, account_id, kind;
	int64_t platform_id, from;
};
struct lc_pending { /* a movement that is planned already, by day */
	struct str id;
	enum lc_event_kind kind;
	int64_t day;
};
struct lc_handover {
	int64_t platform_id, days;
};
struct lc_grace {
	int64_t role_id, months;
	enum lc_rank rank;
};
struct lc_rules {
	const struct lc_handover *handovers;
	size_t n_handovers;
	const struct lc_grace *graces;
	size_t n_graces;
	int64_t reapprove_after_days;
};

struct lc_person {
	enum lc_state state;
	enum lc_state base;
	bool legal_hold;
	const struct lc_post *posts;
	size_t n_posts;
	const struct lc_account *accounts;
	size_t n_accounts;
	const struct lc_grant *grants; /* not revoked */
	size_t n_grants;
	const struct lc_scope *scopes;
	size_t n_scopes;
	const struct lc_stop *stops;   /* not over */
	size_t n_stops;
	const struct lc_pending *pending;
	size_t n_pending;
};

struct lc_event {
	enum lc_event_kind kind;
	int64_t day, today;
	int64_t until;                 /* leave: first day back, or LC_OPEN */
	struct str post_label;         /* of the new main post: join, transfer, rehire */
	const int64_t *platforms;      /* leave: those that stop; none: all */
	size_t n_platforms;
};

enum lc_act {
	LC_POST_ADD,        /* the new main post, on day */
	LC_POST_END,        /* subject: post, on day */
	LC_POST_CANCEL,     /* subject: post that never begins */
	LC_GRANT_END,       /* subject: grant; until its post's end and `days` more */
	LC_GRANT_REVOKE,    /* subject: grant, at once */
	LC_GRANT_BACK,      /* subject: grant that lives again */
	LC_GRANT_REAPPROVE, /* subject: grant that must be asked for anew */
	LC_SCOPE_END,       /* subject: scope of administration; with its post */
	LC_STOP_ADD,        /* account, platform_id; from day until `until` */
	LC_GRACE,           /* account, role_id lives on in the stop before until `until` */
	LC_STOP_LIFT,       /* subject: stop */
	LC_STATUS,          /* account becomes status on day */
	LC_STATUS_VOID,     /* account takes no status that was planned for day and after */
	LC_ACCOUNT_ADD,     /* an account in pending */
	LC_OWNER_NEEDED,    /* account: a technical, service or shared one that loses who answers for it */
	LC_MOVEMENT_VOID,   /* subject: planned movement */
	LC_HOLD,            /* legal hold */
	LC_ACT_COUNT_
};
const char *lc_act_name(enum lc_act act);

struct lc_consequence {
	enum lc_act act;
	struct str subject, label;
	struct str account_id;
	struct str status;
	struct str post_id;         /* LC_GRANT_END: the post that it ends with */
	int64_t day, until;
	int64_t platform_id, role_id, days;
	bool at_once, revokes;
};
struct lc_outcome {
	struct lc_consequence *items;
	size_t n;
	/* When refused: */
	struct str state, wanted, by;
	const char *field;
};

/* 0 or an error; ret_outcome is set either way. */
int working_life_decide(struct arena *a, const struct lc_person *person, const struct lc_event *event, const struct lc_rules *rules,
                     struct lc_outcome *ret_outcome) _must_check_;

/* The same day so many months later, or the last of that month. */
int64_t lc_add_months(int64_t day, int64_t months) _pure_;

/* More than max_n and more than max_percent of those known are gone: a second person must look. */
bool working_life_feed_is_suspicious(int64_t n_known, int64_t n_vanished, int64_t max_n, int64_t max_percent) _pure_;
