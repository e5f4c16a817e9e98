/* working_life_end.c: leaving for good, suspension, death. */

#include "server/governance/working_life_impl.h"

static void end_posts(struct lc_work *w)
{
	for (size_t i = 0; i < w->person->n_posts; i++) {
		const struct lc_post *post = &w->person->posts[i];

		if (post->from >= w->event->day)
			lc_add(w, LC_POST_CANCEL, post->id, post->label);
		else if (post->to > w->event->day)
			lc_add(w, LC_POST_END, post->id, post->label);
	}
}

static enum lc_rank highest_rank(const struct lc_work *w)
{
	enum lc_rank rank = LC_STAFF;

	for (size_t i = 0; i < w->person->n_posts; i++)
		if (w->person->posts[i].from <= w->event->day && w->person->posts[i].to >= w->event->day && w->person->posts[i].rank > rank)
			rank = w->person->posts[i].rank;
	return rank;
}

/* The last day of grace of all roles, or the day itself. */
static int64_t add_graces(struct lc_work *w, const struct lc_account *account)
{
	enum lc_rank rank = highest_rank(w);
	int64_t last = w->event->day;

	for (size_t i = 0; i < w->rules->n_graces; i++) {
		const struct lc_grace *rule = &w->rules->graces[i];

		if (rule->rank != rank || rule->months == 0)
			continue;
		for (size_t k = 0; k < w->person->n_grants; k++) {
			const struct lc_grant *grant = &w->person->grants[k];
			struct lc_consequence *c;

			if (grant->role_id != rule->role_id || grant->is_over || !str_equal(grant->account_id, account->id))
				continue;
			c = lc_add(w, LC_GRACE, STR_NULL, grant->label);
			c->account_id = account->id;
			c->role_id = rule->role_id;
			c->until = lc_add_months(w->event->day, rule->months);
			if (c->until > last)
				last = c->until;
			break;
		}
	}
	return last;
}

/* A leave ends with what it was from. */
static void end_leaves(struct lc_work *w)
{
	for (size_t i = 0; i < w->person->n_stops; i++)
		if (str_equal(w->person->stops[i].kind, STR("leave")))
			lc_add(w, LC_STOP_LIFT, w->person->stops[i].id, w->person->stops[i].kind)->account_id = w->person->stops[i].account_id;
}

void lc_leave_for_good(struct lc_work *w)
{
	end_posts(w);
	end_leaves(w);
	for (size_t i = 0; i < w->person->n_accounts; i++) {
		const struct lc_account *account = &w->person->accounts[i];
		int64_t last = w->event->day;

		if (str_equal(account->status, STR("archived")))
			continue;
		lc_add_stop(w, account, LC_EVERY_PLATFORM, LC_OPEN);
		if (!lc_is_own(account)) {
			lc_add(w, LC_OWNER_NEEDED, STR_NULL, account->login)->account_id = account->id;
			lc_add_status(w, account, "suspended", w->event->day, false);
			continue;
		}
		if (w->event->kind == LC_RETIRE && str_equal(account->kind, STR("operational")))
			last = add_graces(w, account);
		lc_add_status(w, account, "disabled", last, true);
	}
}

/* What would open access again, or all. */
static void void_pending(struct lc_work *w, bool all)
{
	bool begins = false;

	for (size_t i = 0; i < w->person->n_pending; i++) {
		const struct lc_pending *p = &w->person->pending[i];

		/* Behind a beginning that does not take place nothing does. */
		begins = begins || p->kind == LC_REHIRE;
		if (all || begins || p->kind == LC_RETURN || p->kind == LC_LEAVE)
			lc_add(w, LC_MOVEMENT_VOID, p->id, str_c(lc_event_name(p->kind)));
	}
	for (size_t i = 0; i < w->person->n_posts && begins && !all; i++)
		if (w->person->posts[i].from > w->event->day)
			lc_add(w, LC_POST_CANCEL, w->person->posts[i].id, w->person->posts[i].label);
}

void lc_suspend(struct lc_work *w)
{
	void_pending(w, false);
	if (w->event->kind == LC_SUSPEND)
		lc_add(w, LC_HOLD, STR_NULL, STR_NULL);
	for (size_t i = 0; i < w->person->n_accounts; i++) {
		const struct lc_account *account = &w->person->accounts[i];

		if (!lc_is_own(account) || str_equal(account->status, STR("archived")))
			continue;
		lc_add_stop(w, account, LC_EVERY_PLATFORM, LC_OPEN);
		if (!lc_is_closed(account))
			lc_add_status(w, account, "suspended", w->event->day, false);
	}
}

void lc_die(struct lc_work *w)
{
	void_pending(w, true);
	end_posts(w);
	for (size_t i = 0; i < w->person->n_accounts; i++) {
		const struct lc_account *account = &w->person->accounts[i];

		if (str_equal(account->status, STR("archived")))
			continue;
		lc_add_stop(w, account, LC_EVERY_PLATFORM, LC_OPEN);
		if (lc_is_own(account)) {
			lc_add_status(w, account, w->person->legal_hold ? "disabled" : "archived", w->event->day, true);
			continue;
		}
		lc_add(w, LC_OWNER_NEEDED, STR_NULL, account->login)->account_id = account->id;
		lc_add_status(w, account, "suspended", w->event->day, false);
	}
}
