#include "provisioning/outbox_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/model/exclusion_store.h"
#include "common/model/security_event.h"

#include <errno.h>

#define POLL_MS 250
#define REFRESH_EVERY_MS 1000
#define FAULT_PAUSE_MS 1000
#define LEASE_S 30
/* One in the hand of each thread, one waiting. */
#define DELIVERIES_PER_THREAD 2
/* So that one slow platform cannot take every thread. */
#define CALLS_PER_DESTINATION 4
#define CONNECT_TIMEOUT_MS 2000
#define ANSWER_MAX_BYTES ((size_t)64 * 1024)
#define DELIVERY_BYTES ((size_t)256 * 1024)
#define ROUND_BYTES ((size_t)4 * 1024 * 1024)

static void finish(struct outbox *o, struct delivery *d)
{
	pthread_mutex_lock(&o->lock);
	d->next = o->done;
	o->done = d;
	pthread_cond_signal(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

static void send_back(struct delivery *d, struct str detail)
{
	d->answer = (struct outbox_answer){ .outcome = OUTBOX_RETRY, .tells_nothing = true, .delay_cap_ms = RETRY_DOWN_CAP_MS,
		                            .pause_s = -1, .detail = detail };
}

/* On a thread of the queue. */
static void serve(void *context, void *item)
{
	struct outbox *o = context;
	struct delivery *d = item;
	const struct http_call call = {
		.method = "POST",
		.url = d->url,
		.headers = d->headers,
		.n_headers = d->n_headers,
		.body = d->body,
	};
	struct http_answer answer = { 0 };

	if (clock_mono_ms() + o->config.timeout_ms > d->deadline_ms)
		send_back(d, STR("no time left within the lease"));
	else
		d->answer = outbox_answer_read(&d->op, http_client_call(&d->op, o->http, &call, &answer), &answer, d->item.kind);
	finish(o, d);
}

static struct delivery *take_delivery(struct outbox *o, const struct outbox_item *item)
{
	struct delivery *d = o->free_deliveries;

	o->free_deliveries = d->next;
	o->n_free--;
	arena_reset(d->arena);
	op_init(&d->op, d->arena, NULL, o->keys);
	d->next = NULL;
	d->item = (struct outbox_item){
		.kind = item->kind,
		.account_id = arena_dup(d->arena, item->account_id),
		.created_on = arena_dup(d->arena, item->created_on),
		.id = arena_dup(d->arena, item->id),
		.destination = arena_dup(d->arena, item->destination),
		.session_id = arena_dup(d->arena, item->session_id),
		.payload = arena_dup(d->arena, item->payload),
		.created_at_s = item->created_at_s,
		.attempts = item->attempts,
		.lease_token = item->lease_token,
	};
	return d;
}

static void send_off(struct outbox *o, const struct outbox_item *item, int64_t deadline_ms, bool is_excluded)
{
	struct destination *to = destination_find(o->destinations, o->n_destinations, item->kind, item->destination);
	struct delivery *d = take_delivery(o, item);

	assert(to);
	to->in_flight++;
	d->deadline_ms = deadline_ms;
	if (is_excluded) {
		send_back(d, STR("the receiver excluded this subject"));
		d->answer.outcome = OUTBOX_VOID;
	} else if (outbox_message_write(o, d, to) < 0)
		send_back(d, arena_printf(d->arena, "%s: %.*s", d->op.error.text, STR_ARG(d->op.error.detail)));
	else if (workq_push(o->queue, d))
		return;
	else
		send_back(d, STR("queue"));
	finish(o, d);
}

/* Which of the items speak of somebody of whom their stream's receiver does not want to hear. */
static int find_excluded(struct outbox *o, struct op *op, const struct outbox_item *items, size_t n, struct exclusion *all)
{
	size_t n_asked = 0, *place = ARENA_ARRAY(op->arena, size_t, n + 1);
	struct exclusion *asked = ARENA_ARRAY(op->arena, struct exclusion, n + 1);
	int r;

	for (size_t i = 0; i < n; i++) {
		const struct destination *to = destination_find(o->destinations, o->n_destinations, items[i].kind, items[i].destination);
		const struct event_receiver receiver = { .sector = to->sector };

		if (!to->has_exclusions)
			continue;
		place[n_asked] = i;
		asked[n_asked++] = (struct exclusion){ items[i].destination, security_event_subject(op, &receiver, &items[i]), false };
	}
	r = exclusions_find(op, asked, n_asked);
	for (size_t i = 0; i < n_asked; i++)
		all[place[i]] = asked[i];
	return r;
}

/* What each destination may be given now.  They take turns at being the first. */
static size_t quotas_of(struct outbox *o, const char *kind, struct outbox_quota *quotas, int64_t now_ms)
{
	size_t n = 0;

	for (size_t i = 0; i < o->n_destinations; i++) {
		struct destination *d = &o->destinations[(o->first + i) % o->n_destinations];

		if (!str_equal(str_c(d->kind), str_c(kind)))
			continue;

		int64_t may = breaker_admit(&d->breaker, CALLS_PER_DESTINATION - d->in_flight, now_ms, true);

		if (may > 0)
			quotas[n++] = (struct outbox_quota){ d->name, may };
	}
	return n;
}

static int claim(struct outbox *o, struct op *op, const char *kind)
{
	struct outbox_quota *quotas = ARENA_ARRAY(op->arena, struct outbox_quota, o->n_destinations + 1);
	/* Before the statement: our clock may only be ahead of the lease's end. */
	int64_t now_ms = clock_mono_ms(), deadline_ms = now_ms + LEASE_S * 1000;
	const struct outbox_request rq = { quotas, quotas_of(o, kind, quotas, now_ms), (int64_t)o->n_free, LEASE_S };
	const struct outbox_item *items = NULL;
	struct exclusion *excluded;
	size_t n = 0;
	int r = rq.n_quotas > 0 && rq.limit > 0 ? outbox_claim(op, kind, &rq, &items, &n) : 0;

	op->keys = o->keys;
	excluded = ARENA_ARRAY(op->arena, struct exclusion, n + 1);
	if (r == 0)
		r = find_excluded(o, op, items, n, excluded);
	/* Not known who is excluded: the leases end by time. */
	for (size_t i = 0; r == 0 && i < n; i++)
		send_off(o, &items[i], deadline_ms, excluded[i].is_excluded);
	return r;
}

/* Pings first: somebody is waiting for them. */
static int claim_all(struct outbox *o, struct op *op)
{
	static const char *const kinds[] = { OUTBOX_CIBA, OUTBOX_LOGOUT, OUTBOX_SSF };
	int r = 0;

	for (size_t i = 0; i < ARRAY_LEN(kinds) && r == 0; i++)
		r = claim(o, op, kinds[i]);
	o->first++;
	/* A probe that found nothing to send. */
	for (size_t i = 0; i < o->n_destinations; i++)
		if (o->destinations[i].in_flight == 0)
			breaker_unused(&o->destinations[i].breaker);
	return r;
}

static void round_of(struct outbox *o)
{
	int64_t now_ms = clock_mono_ms();
	struct op op;
	int r = 0;

	if (now_ms < o->quiet_until_ms || o->n_free == 0)
		return;
	arena_reset(o->arena);
	op_init(&op, o->arena, o->config.db, NULL);
	if (now_ms >= o->refresh_ms) {
		o->refresh_ms = now_ms + REFRESH_EVERY_MS;
		r = outbox_refresh(o, &op);
	}
	if (r == 0)
		r = claim_all(o, &op);
	db_op_done(&op);
	if (r == 0)
		return;
	log_event(LOG_LEVEL_WARN, "outbox.claim", L_C("error", err_name(r)), L_C("text", op.error.text), L_STR("detail", op.error.detail));
	o->quiet_until_ms = now_ms + FAULT_PAUSE_MS;
}

static struct delivery *wait_for_done(struct outbox *o)
{
	int64_t until_us = clock_mono_us() + POLL_MS * 1000;
	struct timespec until = { .tv_sec = (time_t)(until_us / 1000000), .tv_nsec = (long)(until_us % 1000000) * 1000 };
	struct delivery *done;

	pthread_mutex_lock(&o->lock);
	while (!o->done && (!atomic_load(&o->is_stopping) || o->n_free < o->n_deliveries))
		if (pthread_cond_timedwait(&o->changed, &o->lock, &until) == ETIMEDOUT)
			break;
	done = o->done;
	o->done = NULL;
	pthread_mutex_unlock(&o->lock);
	return done;
}

static void *dispatcher_main(void *arg)
{
	struct outbox *o = arg;

	for (;;) {
		if (!atomic_load(&o->is_stopping))
			round_of(o);
		else if (o->n_free == o->n_deliveries)
			return NULL;

		struct delivery *done = wait_for_done(o);

		if (done)
			outbox_end(o, done);
	}
}

static void make_deliveries(struct outbox *o, struct arena *a)
{
	o->n_deliveries = (size_t)o->config.concurrency * DELIVERIES_PER_THREAD;
	o->deliveries = ARENA_ARRAY(a, struct delivery, o->n_deliveries);
	for (size_t i = 0; i < o->n_deliveries; i++) {
		o->deliveries[i].arena = arena_new(DELIVERY_BYTES);
		o->deliveries[i].next = o->free_deliveries;
		o->free_deliveries = &o->deliveries[i];
	}
	o->n_free = o->n_deliveries;
}

static void make_condition(struct outbox *o)
{
	pthread_condattr_t attr;

	pthread_mutex_init(&o->lock, NULL);
	pthread_condattr_init(&attr);
	pthread_condattr_setclock(&attr, CLOCK_MONOTONIC);
	pthread_cond_init(&o->changed, &attr);
	pthread_condattr_destroy(&attr);
}

int outbox_start(struct op *op, const struct outbox_config *config, struct outbox **ret_outbox)
{
	const struct http_client_config http = {
		.egress_allow = config->egress_allow,
		.ca_file = config->ca_file,
		.connect_timeout_ms = CONNECT_TIMEOUT_MS,
		.total_timeout_ms = (int)config->timeout_ms,
		.max_answer_bytes = ANSWER_MAX_BYTES,
		.pool_size = (unsigned)config->concurrency,
	};
	struct outbox *o = ARENA_NEW(op->arena, struct outbox);
	int r = http_client_new(op, &http, &o->http);

	if (r < 0)
		return r;
	o->config = *config;
	o->arena = arena_new(ROUND_BYTES);
	make_condition(o);
	make_deliveries(o, op->arena);
	r = outbox_refresh(o, op);
	if (r < 0) {
		outbox_free(o);
		return r;
	}
	o->queue = workq_new("outbox", (size_t)config->concurrency, o->n_deliveries, serve, o);
	if (pthread_create(&o->dispatcher, NULL, dispatcher_main, o) != 0)
		abort();
	*ret_outbox = o;
	return 0;
}

void outbox_stop(struct outbox *o)
{
	atomic_store(&o->is_stopping, true);
	pthread_mutex_lock(&o->lock);
	pthread_cond_signal(&o->changed);
	pthread_mutex_unlock(&o->lock);
}

void outbox_join(struct outbox *o)
{
	pthread_join(o->dispatcher, NULL);
	workq_close(o->queue);
	outbox_free(o);
}

void outbox_stats_get(struct outbox *o, struct outbox_stats *ret)
{
	pthread_mutex_lock(&o->lock);
	*ret = o->stats;
	pthread_mutex_unlock(&o->lock);
}
