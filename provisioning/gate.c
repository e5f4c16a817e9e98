#include "provisioning/gate.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"

#include <string.h>

#define READ_EVERY_MS 500
#define ALIVE_EVERY_MS 2000
#define POLICY_BYTES ((size_t)64 * 1024)
#define CREDIT_KEPT_MS 1000
#define URGENT_EVERY_MS 30000
#define SECOND_MS 1000

void gate_init(struct gate *g, const struct gate_config *config)
{
	*g = (struct gate){ .config = *config, .arena = arena_new(POLICY_BYTES), .was_closed = true };
	random_uuid(g->worker_id);
}

void gate_done(struct gate *g)
{
	arena_free(g->arena);
}

static void adopt(struct gate *g, const struct health *h, int64_t now_ms)
{
	struct breaker there = {
		.state = h->state,
		.openings = h->openings,
		.opened_ms = now_ms - h->opened_age_ms,
		.failed_ms = now_ms - h->failed_age_ms,
		.is_probing = h->is_probing,
	};

	if ((g->holds_probe || g->is_dirty) && h->epoch == g->health.epoch)
		return;
	g->holds_probe = g->is_dirty = false;
	g->was_closed = h->state == BREAKER_CLOSED;
	breaker_adopt(&g->breaker, &there);
}

/* The policy lives as long as the next reading; tasks have copies. */
static int refresh(struct gate *g, struct op *op, int64_t now_ms)
{
	bool is_limited = gate_rate_milli(g, now_ms) > 0;
	struct health h;
	int err = 0;

	if (g->read_ms > 0 && now_ms - g->read_ms < READ_EVERY_MS)
		return 0;
	if (g->alive_ms == 0 || now_ms - g->alive_ms >= ALIVE_EVERY_MS)
		err = health_alive(op, g->config.platform_id, str_c(g->worker_id));
	if (err < 0)
		return err;
	if (g->alive_ms == 0 || now_ms - g->alive_ms >= ALIVE_EVERY_MS)
		g->alive_ms = now_ms;

	struct arena *whole = op->arena;

	arena_reset(g->arena);
	op->arena = g->arena;
	err = health_read(op, g->config.platform_id, is_limited, &h);
	op->arena = whole;
	if (err < 0) {
		/* What they pointed to is gone; nothing is admitted before it has been read. */
		g->health.n_words = g->health.n_windows = g->health.n_left = 0;
		g->read_ms = 0;
		return err;
	}
	adopt(g, &h, now_ms);
	g->health = h;
	g->read_ms = now_ms;
	return 0;
}

int64_t gate_rate_milli(const struct gate *g, int64_t now_ms)
{
	int64_t cap_milli = g->health.rate_milli > 0 ? g->health.rate_milli : g->config.rate_per_s * 1000;

	if (g->read_ms == 0)
		return cap_milli;
	return rate_in_force(&g->health.rate, g->health.rate_age_ms + now_ms - g->read_ms, cap_milli);
}

/* Threads of our own, and our part of what the platform allows. */
static int64_t room(const struct gate *g, int64_t wanted, int64_t in_flight)
{
	int64_t share = g->health.concurrency;

	if (share == 0)
		return wanted;
	if (g->health.n_workers > 1)
		share /= g->health.n_workers;
	share = (share < 1 ? 1 : share) - in_flight;
	return share < wanted ? share : wanted;
}

static int64_t max_prio_of(const struct gate *g, int64_t now_ms)
{
	const struct health *h = &g->health;
	struct window_state w = window_at(h->windows, h->n_windows, h->now_s + (now_ms - g->read_ms) / SECOND_MS);

	if (w.is_open && w.holds_revocations)
		return PRIO_REVOCATION - 1;
	return w.is_open || h->windows_are_bad ? PRIO_REVOCATION : PRIO_LAST;
}

static bool is_paused(struct gate *g, struct admission *a, int64_t now_ms)
{
	if (now_ms >= g->read_ms + g->health.pause_ms)
		return false;
	if (!g->health.revocation_waits || now_ms - g->urgent_ms < URGENT_EVERY_MS || a->max_prio < PRIO_REVOCATION)
		return true;
	g->urgent_ms = now_ms;
	*a = (struct admission){ .limit = 1, .max_prio = PRIO_REVOCATION };
	return false;
}

static int write_breaker(struct gate *g, struct op *op, int64_t now_ms, bool *ret_written)
{
	struct health_change change = {
		.platform_id = g->config.platform_id,
		.epoch = g->health.epoch,
		.breaker = &g->breaker,
		.now_ms = now_ms,
		.lease_ms = g->config.lease_s * SECOND_MS,
		.probe_ms = g->breaker.failed_ms - now_ms +
		            breaker_probe_delay_ms(g->breaker.state, g->breaker.openings, g->health.revocation_waits),
		.class = g->class,
		.status = g->status,
	};
	int64_t epoch;
	int err = health_set_breaker(op, &change, &epoch);

	if (err < 0)
		return err;
	g->class = NULL;
	*ret_written = epoch != 0;
	g->is_dirty = false;
	if (epoch == 0) {
		/* Somebody else was faster: see how it is. */
		g->read_ms = 0;
		g->holds_probe = false;
		return 0;
	}
	g->health.epoch = epoch;
	g->holds_probe = g->breaker.is_probing;
	g->was_closed = g->breaker.state == BREAKER_CLOSED;
	return 0;
}

/* One operation may look whether the platform is back, if this worker is the one. */
static int admit_probe(struct gate *g, struct op *op, struct admission *a, int64_t now_ms)
{
	bool is_ours = false;
	int err;

	a->limit = breaker_admit(&g->breaker, a->limit, now_ms, g->health.revocation_waits);
	if (a->limit == 0)
		return 0;
	a->is_probe = true;
	err = write_breaker(g, op, now_ms, &is_ours);
	if (err < 0 || !is_ours) {
		breaker_unused(&g->breaker);
		a->limit = 0;
	}
	return err;
}

static int take_budget(struct gate *g, struct op *op, struct admission *a, int64_t now_ms)
{
	int64_t rate_milli = gate_rate_milli(g, now_ms), taken = 0;
	struct health_budget budget = { .platform_id = g->config.platform_id, .rate_milli = rate_milli, .burst = g->health.burst };
	int err;

	if (rate_milli == 0)
		return 0;
	if (budget.burst == 0)
		budget.burst = rate_milli < 1000 ? 1 : rate_milli / 1000;
	/* What was not used in time is lost: no bursts out of stores. */
	if (g->credit > 0 && now_ms - g->credit_ms > CREDIT_KEPT_MS)
		g->credit = 0;
	if (g->credit < a->limit) {
		budget.wanted = a->limit - (g->credit > 0 ? g->credit : 0);
		budget.overdrawn = g->credit < 0 ? -g->credit : 0;
		err = health_take(op, &budget, &taken);
		if (err < 0)
			return err;
		g->credit = (g->credit > 0 ? g->credit : 0) + taken;
		g->credit_ms = now_ms;
	}
	if (g->credit > 0)
		a->limit = a->limit < g->credit ? a->limit : g->credit;
	else if (g->health.revocation_waits)
		a->max_prio = PRIO_REVOCATION;
	else
		a->limit = 0;
	return 0;
}

int gate_admit(struct gate *g, struct op *op, int64_t wanted, int64_t in_flight, struct admission *ret)
{
	int64_t now_ms = clock_mono_ms();
	bool is_closed;
	int err = g->is_dirty ? gate_flush(g, op, &is_closed) : 0;

	*ret = (struct admission){ .limit = 0 };
	if (err == 0)
		err = refresh(g, op, now_ms);
	if (err < 0)
		return err;
	ret->max_prio = max_prio_of(g, now_ms);
	ret->limit = ret->max_prio < PRIO_REVOCATION ? 0 : room(g, wanted, in_flight);
	if (ret->limit <= 0 || is_paused(g, ret, now_ms)) {
		ret->limit = 0;
		return 0;
	}
	if (g->breaker.state != BREAKER_CLOSED) {
		if (!(ret->max_prio >= PRIO_LAST ? g->health.has_due : g->health.revocation_waits))
			ret->limit = 0;
		return admit_probe(g, op, ret, now_ms);
	}
	return take_budget(g, op, ret, now_ms);
}

static const char *why_not(struct gate *g, bool takes_away, int64_t in_flight, int64_t now_ms)
{
	if (!takes_away && max_prio_of(g, now_ms) < PRIO_LAST)
		return "window";
	if (room(g, 1, in_flight) <= 0)
		return "busy";
	if (now_ms >= g->read_ms + g->health.pause_ms)
		return NULL;
	if (!takes_away || now_ms - g->urgent_ms < URGENT_EVERY_MS)
		return "pause";
	g->urgent_ms = now_ms;
	return NULL;
}

int gate_ask(struct gate *g, struct op *op, bool takes_away, int64_t in_flight, struct admission *ret, const char **ret_why)
{
	int64_t now_ms = clock_mono_ms();
	bool is_closed;
	int err = g->is_dirty ? gate_flush(g, op, &is_closed) : 0;

	*ret = (struct admission){ .limit = 1, .max_prio = PRIO_LAST };
	*ret_why = NULL;
	if (err == 0)
		err = refresh(g, op, now_ms);
	if (err < 0)
		return err;
	*ret_why = why_not(g, takes_away, in_flight, now_ms);
	if (*ret_why)
		return 0;
	if (g->breaker.state != BREAKER_CLOSED) {
		err = admit_probe(g, op, ret, now_ms);
		*ret_why = ret->limit > 0 ? NULL : breaker_state_name(g->breaker.state);
		return err;
	}
	err = take_budget(g, op, ret, now_ms);
	/* The others pay for it later. */
	if (err == 0 && !takes_away && (ret->limit == 0 || ret->max_prio < PRIO_LAST))
		*ret_why = "budget";
	return err;
}

int gate_used(struct gate *g, struct op *op, const struct admission *a, int64_t n)
{
	int64_t now_ms = clock_mono_ms();
	bool is_written;

	if (now_ms - g->sent_since_ms >= SECOND_MS) {
		g->sent_milli = g->sent_since_ms > 0 ? g->sent * SECOND_MS * 1000 / (now_ms - g->sent_since_ms) : 0;
		g->sent = 0;
		g->sent_since_ms = now_ms;
	}
	g->sent += n;
	if (a->is_probe && n == 0) {
		breaker_unused(&g->breaker);
		return write_breaker(g, op, now_ms, &is_written);
	}
	if (!a->is_probe && gate_rate_milli(g, now_ms) > 0)
		g->credit -= n;
	return 0;
}

void gate_note(struct gate *g, const struct gate_event *e, int64_t now_ms)
{
	enum breaker_state before = g->breaker.state;
	bool was_probing = g->breaker.is_probing;

	g->is_limited = g->is_limited || e->is_limited;
	if (e->pause_ms > g->pause_ms)
		g->pause_ms = e->pause_ms;
	if (e->class) {
		g->class = e->class;
		g->status = e->status;
	}
	if (e->is_event)
		(void)breaker_note(&g->breaker, e->event, now_ms);
	else if (g->holds_probe)
		breaker_unused(&g->breaker);
	if (g->breaker.state != before || (was_probing && g->holds_probe && !g->breaker.is_probing))
		g->is_dirty = true;
}

static int flush_limited(struct gate *g, struct op *op, int64_t now_ms)
{
	int64_t in_force = gate_rate_milli(g, now_ms), n = g->health.n_workers > 0 ? g->health.n_workers : 1;
	int64_t running = g->sent * 1000 > g->sent_milli ? g->sent * 1000 : g->sent_milli;
	struct rate cut = rate_cut(in_force, running * n);
	int err = health_limited(op, g->config.platform_id, g->is_limited ? &cut : NULL, g->pause_ms);

	if (err < 0)
		return err;
	if (g->is_limited)
		log_event(LOG_LEVEL_INFO, "platform.limited", L_STR("platform", g->config.platform), L_INT("rate_milli", cut.milli),
		          L_INT("pause_ms", g->pause_ms));
	g->is_limited = false;
	g->pause_ms = 0;
	g->credit = g->credit < 0 ? g->credit : 0;
	g->read_ms = 0;
	return 0;
}

bool gate_has_news(const struct gate *g)
{
	return g->is_dirty || g->is_limited || g->pause_ms > 0;
}

int gate_flush(struct gate *g, struct op *op, bool *ret_closed)
{
	int64_t now_ms = clock_mono_ms();
	bool was_closed = g->was_closed, is_written = false;
	int err = 0;

	*ret_closed = false;
	if (g->is_limited || g->pause_ms > 0)
		err = flush_limited(g, op, now_ms);
	if (err == 0 && g->is_dirty)
		err = write_breaker(g, op, now_ms, &is_written);
	*ret_closed = is_written && !was_closed && g->was_closed;
	if (g->breaker.state == BREAKER_CLOSED)
		g->class = NULL;
	return err;
}
