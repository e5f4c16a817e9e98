/* working_life_impl.h (private): when an event may happen, and how consequences are put together. */
#pragma once

#include "server/governance/working_life.h"

#define LC_BIT(state) (1u << (state))

struct lc_event_rule {
	struct str name;
	bool at_once;
	unsigned from;      /* states in which it may happen */
	const char *wanted; /* the usual one */
	bool of_staff;      /* only of who has not left, be it behind a suspension */
};
extern const struct lc_event_rule lc_events[LC_EVENT_COUNT_];

/* What is being put together. */
struct lc_work {
	const struct lc_person *person;
	const struct lc_event *event;
	const struct lc_rules *rules;
	struct lc_outcome *out;
};

struct lc_consequence *lc_add(struct lc_work *w, enum lc_act act, struct str subject, struct str label);
void lc_add_status(struct lc_work *w, const struct lc_account *account, const char *status, int64_t day, bool revokes);
void lc_add_stop(struct lc_work *w, const struct lc_account *account, int64_t platform_id, int64_t until);
/* One's own accounts go with the person; what runs under one's name for others does not. */
bool lc_is_own(const struct lc_account *account);
bool lc_is_closed(const struct lc_account *account);

/* working_life_end.c */
void lc_leave_for_good(struct lc_work *w);
void lc_suspend(struct lc_work *w);
void lc_die(struct lc_work *w);
