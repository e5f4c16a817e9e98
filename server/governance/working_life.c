#include "server/governance/working_life_impl.h"

#include "common/base/err.h"

struct lc_consequence *lc_add(struct lc_work *w, enum lc_act act, struct str subject, struct str label)
{
	struct lc_consequence *c = &w->out->items[w->out->n++];

	*c = (struct lc_consequence){
		.act = act, .subject = subject, .label = label, .day = w->event->day, .until = LC_OPEN, .platform_id = LC_EVERY_PLATFORM,
		.at_once = lc_event_is_at_once(w->event->kind),
	};
	return c;
}

void lc_add_status(struct lc_work *w, const struct lc_account *account, const char *status, int64_t day, bool revokes)
{
	struct lc_consequence *c = lc_add(w, LC_STATUS, STR_NULL, account->login);

	c->account_id = account->id;
	c->status = str_c(status);
	c->revokes = revokes;
	c->day = day;
}

void lc_add_stop(struct lc_work *w, const struct lc_account *account, int64_t platform_id, int64_t until)
{
	struct lc_consequence *c = lc_add(w, LC_STOP_ADD, STR_NULL, account->login);

	c->account_id = account->id;
	c->platform_id = platform_id;
	c->until = until;
}

bool lc_is_own(const struct lc_account *account)
{
	return str_equal(account->kind, STR("operational")) || str_equal(account->kind, STR("administrator"));
}

bool lc_is_closed(const struct lc_account *account)
{
	return str_equal(account->status, STR("disabled")) || str_equal(account->status, STR("archived"));
}

/* The day back, or that on which the person leaves for good: a leave does not outlast it. */
static int64_t leave_end(const struct lc_work *w)
{
	int64_t end = w->event->until;

	for (size_t i = 0; i < w->person->n_pending; i++) {
		const struct lc_pending *p = &w->person->pending[i];

		if ((p->kind == LC_RETIRE || p->kind == LC_RESIGN || p->kind == LC_DISMISS) && p->day > w->event->day && p->day < end)
			end = p->day;
	}
	return end;
}

static void go_on_leave(struct lc_work *w)
{
	const struct lc_event *e = w->event;
	int64_t until = leave_end(w);

	for (size_t i = 0; i < w->person->n_accounts; i++) {
		const struct lc_account *account = &w->person->accounts[i];
		bool all = e->n_platforms == 0 || str_equal(account->kind, STR("administrator"));

		if (!lc_is_own(account) || lc_is_closed(account))
			continue;
		if (all) {
			lc_add_stop(w, account, LC_EVERY_PLATFORM, until);
			lc_add_status(w, account, "suspended", e->day, false);
			if (e->until != LC_OPEN && e->until == until)
				lc_add_status(w, account, "active", until, false);
		}
		for (size_t k = 0; k < e->n_platforms && !all; k++)
			lc_add_stop(w, account, e->platforms[k], until);
	}
}

/* Whether the stop held the grant back. */
static bool stop_holds(const struct lc_stop *stop, const struct lc_grant *grant)
{
	return str_equal(stop->account_id, grant->account_id) &&
	       (stop->platform_id == LC_EVERY_PLATFORM || stop->platform_id == grant->platform_id);
}

static bool is_of_absence(const struct lc_stop *stop)
{
	return !str_equal(stop->kind, STR("end"));
}

/* Since when the grant has been stopped; INT64_MAX: it is not. */
static int64_t stopped_since(const struct lc_work *w, const struct lc_grant *grant)
{
	int64_t since = INT64_MAX;

	for (size_t i = 0; i < w->person->n_stops; i++)
		if (is_of_absence(&w->person->stops[i]) && stop_holds(&w->person->stops[i], grant) && w->person->stops[i].from < since)
			since = w->person->stops[i].from;
	return since;
}

static void come_back(struct lc_work *w)
{
	for (size_t i = 0; i < w->person->n_stops; i++)
		if (is_of_absence(&w->person->stops[i]) && w->person->stops[i].from <= w->event->day)
			lc_add(w, LC_STOP_LIFT, w->person->stops[i].id, w->person->stops[i].kind)->account_id = w->person->stops[i].account_id;
	for (size_t i = 0; i < w->person->n_accounts; i++) {
		const struct lc_account *account = &w->person->accounts[i];

		if (lc_is_own(account) && !lc_is_closed(account))
			lc_add_status(w, account, "active", w->event->day, false);
	}
	for (size_t i = 0; i < w->person->n_grants; i++) {
		const struct lc_grant *grant = &w->person->grants[i];
		int64_t since = stopped_since(w, grant);

		if (since == INT64_MAX)
			continue;
		if (!grant->is_over && !(grant->is_sensitive && !grant->by_rule && w->event->day - since >= w->rules->reapprove_after_days)) {
			lc_add(w, LC_GRANT_BACK, grant->id, grant->label)->account_id = grant->account_id;
			continue;
		}
		if (!grant->is_over)
			lc_add(w, LC_GRANT_REVOKE, grant->id, grant->label)->account_id = grant->account_id;
		lc_add(w, LC_GRANT_REAPPROVE, grant->id, grant->label)->account_id = grant->account_id;
	}
}

static const struct lc_account *operational_account(const struct lc_work *w)
{
	for (size_t i = 0; i < w->person->n_accounts; i++)
		if (str_equal(w->person->accounts[i].kind, STR("operational")))
			return &w->person->accounts[i];
	return NULL;
}

static void begin_work(struct lc_work *w)
{
	const struct lc_account *account = operational_account(w);

	lc_add(w, LC_POST_ADD, STR_NULL, w->event->post_label);
	if (!account) {
		lc_add(w, LC_ACCOUNT_ADD, STR_NULL, STR_NULL);
		return;
	}
	for (size_t i = 0; i < w->person->n_grants; i++)
		if (str_equal(w->person->grants[i].account_id, account->id))
			lc_add(w, LC_GRANT_REVOKE, w->person->grants[i].id, w->person->grants[i].label)->account_id = account->id;
	for (size_t i = 0; i < w->person->n_stops; i++)
		if (str_equal(w->person->stops[i].account_id, account->id))
			lc_add(w, LC_STOP_LIFT, w->person->stops[i].id, w->person->stops[i].kind)->account_id = account->id;
	lc_add(w, LC_STATUS_VOID, STR_NULL, account->login)->account_id = account->id;
	/* A new activation: after years nobody knows who knows the old password. */
	lc_add_status(w, account, "pending", w->event->day, false);
}

static int64_t handover_days(const struct lc_work *w, int64_t platform_id)
{
	for (size_t i = 0; i < w->rules->n_handovers; i++)
		if (w->rules->handovers[i].platform_id == platform_id)
			return w->rules->handovers[i].days;
	return 0;
}

/* Grants of the post that is left; those of before grants hung on posts by their unit. */
static void end_grants_of(struct lc_work *w, const struct lc_post *post)
{
	for (size_t i = 0; i < w->person->n_grants; i++) {
		const struct lc_grant *grant = &w->person->grants[i];
		struct lc_consequence *c;

		if (grant->is_over || !(str_is_null(grant->post_id) ? grant->unit_in_main : str_equal(grant->post_id, post->id)))
			continue;
		c = lc_add(w, LC_GRANT_END, grant->id, grant->label);
		c->account_id = grant->account_id;
		c->post_id = post->id;
		c->days = handover_days(w, grant->platform_id);
		c->until = w->event->day + c->days;
		if (!grant->by_rule)
			lc_add(w, LC_GRANT_REAPPROVE, grant->id, grant->label)->account_id = grant->account_id;
	}
}

static void end_scopes_of(struct lc_work *w, const struct lc_post *post)
{
	for (size_t i = 0; i < w->person->n_scopes; i++) {
		const struct lc_scope *scope = &w->person->scopes[i];

		if (str_equal(scope->post_id, post->id))
			lc_add(w, LC_SCOPE_END, scope->id, scope->label)->account_id = scope->account_id;
	}
}

static int transfer(struct lc_work *w)
{
	for (size_t i = 0; i < w->person->n_posts; i++) {
		const struct lc_post *post = &w->person->posts[i];

		if (!str_equal(post->kind, STR("main")) || post->to <= w->event->day)
			continue;
		if (post->from == w->event->day) {
			w->out->field = "effective_on";
			return ERR_INVALID_VALUE;
		}
		if (post->from > w->event->day) {
			lc_add(w, LC_POST_CANCEL, post->id, post->label);
			continue;
		}
		lc_add(w, LC_POST_END, post->id, post->label);
		end_grants_of(w, post);
		end_scopes_of(w, post);
	}
	lc_add(w, LC_POST_ADD, STR_NULL, w->event->post_label);
	return 0;
}

static int decide(struct lc_work *w)
{
	switch (w->event->kind) {
	case LC_JOIN:
	case LC_REHIRE:
		begin_work(w);
		return 0;
	case LC_TRANSFER:
		return transfer(w);
	case LC_RESIGN:
	case LC_DISMISS:
	case LC_RETIRE:
		lc_leave_for_good(w);
		return 0;
	case LC_SUSPEND:
	case LC_VANISH:
		lc_suspend(w);
		return 0;
	case LC_LEAVE:
		go_on_leave(w);
		return 0;
	case LC_RETURN:
		come_back(w);
		return 0;
	case LC_DEATH:
		lc_die(w);
		return 0;
	default:
		return ERR_INVALID_VALUE;
	}
}

static bool is_absence(enum lc_event_kind kind)
{
	return kind == LC_LEAVE || kind == LC_RETURN;
}

/* The state on the day, after what is planned before it; what is planned behind it blocks. */
static int check_time(struct lc_work *w)
{
	const struct lc_person *p = w->person;
	const struct lc_event *e = w->event;
	enum lc_state state = p->state, base = p->base;

	if (e->day < e->today && e->kind != LC_JOIN) {
		w->out->field = "effective_on";
		return ERR_INVALID_VALUE;
	}
	if (e->kind == LC_LEAVE && e->until <= e->day) {
		w->out->field = "until";
		return ERR_INVALID_VALUE;
	}
	for (size_t i = 0; i < p->n_pending && !lc_event_is_at_once(e->kind); i++) {
		/* An absence before it disturbs nothing but another absence. */
		if (p->pending[i].day > e->day && is_absence(e->kind) && !is_absence(p->pending[i].kind))
			continue;
		if (p->pending[i].day > e->day) {
			w->out->by = p->pending[i].id;
			return ERR_BLOCKED;
		}
		lc_state_step(p->pending[i].kind, &state, &base);
	}
	/* Whoever is suspended may have retired meanwhile, and moves no more. */
	if ((lc_events[e->kind].from & LC_BIT(state)) != 0 && (base == LC_WORKING || !lc_events[e->kind].of_staff))
		return 0;
	w->out->state = str_c(lc_state_name(state));
	w->out->wanted = str_c(lc_events[e->kind].wanted);
	return ERR_WRONG_STATE;
}

int working_life_decide(struct arena *a, const struct lc_person *person, const struct lc_event *event, const struct lc_rules *rules,
                     struct lc_outcome *ret_outcome)
{
	/* The most that any branch adds: two per post, three per grant and grace, and per account what follows. */
	size_t max = 8 + 2 * person->n_posts + 3 * person->n_grants + person->n_scopes + person->n_stops + person->n_pending +
	             person->n_accounts * (4 + event->n_platforms + rules->n_graces);
	struct lc_work w = { person, event, rules, ret_outcome };
	int r;

	*ret_outcome = (struct lc_outcome){ .items = ARENA_ARRAY(a, struct lc_consequence, max) };
	r = check_time(&w);
	if (r == 0)
		r = decide(&w);
	if (r < 0)
		ret_outcome->n = 0;
	return r;
}
