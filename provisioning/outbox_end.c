/* What the outbox knows of the world, and how deliveries end (outbox_impl.h). */
#include "provisioning/outbox_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "common/base/random.h"

#include <time.h>

#define KNOWN_BYTES ((size_t)16 * 1024 * 1024)
#define COMPLETE_TRIES 5
#define COMPLETE_PAUSE_MS 300

const char *outbox_outcome_name(enum outbox_outcome outcome)
{
	static const char *const names[] = { [OUTBOX_DELIVERED] = "delivered", [OUTBOX_REFUSED] = "refused",
		                             [OUTBOX_VOID] = "void", [OUTBOX_RETRY] = "retry" };

	return names[outcome];
}

/* How those that stay have been behaving is not forgotten. */
static void keep_behaviour(const struct outbox *o, struct destination *fresh, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct destination *old = destination_find(o->destinations, o->n_destinations, fresh[i].kind, fresh[i].name);

		if (!old)
			continue;
		fresh[i].in_flight = old->in_flight;
		/* Another address may be well. */
		if (str_equal(old->url, fresh[i].url))
			fresh[i].breaker = old->breaker;
	}
}

static int load(struct op *op, const struct key_source *source, struct destination **ret_destinations, size_t *ret_n, struct keyring **ret_keys)
{
	struct keyring *keys;
	int r = keyring_open(op, source, &keys);

	if (r < 0)
		return r;
	op->keys = keys;
	r = signing_keys_load(op, keys);
	if (r == 0)
		r = destinations_load(op, ret_destinations, ret_n);
	if (r < 0) {
		keyring_free(keys);
		return r;
	}
	*ret_keys = keys;
	return 0;
}

int outbox_refresh(struct outbox *o, struct op *op)
{
	struct destination *destinations = NULL;
	struct cache_versions now;
	struct keyring *keys;
	struct op inner = *op;
	size_t n = 0;
	int r = cache_versions_get(op, &now);

	if (r < 0 || (o->keys && now.clients == o->versions.clients && now.keys == o->versions.keys &&
	              now.streams == o->versions.streams))
		return r;
	inner.arena = arena_new(KNOWN_BYTES);
	r = load(&inner, &o->config.keys, &destinations, &n, &keys);
	if (r < 0) {
		r = op_fail_detail(op, (enum err)r, inner.error.text, "%.*s", STR_ARG(inner.error.detail));
		arena_free(inner.arena);
		return r;
	}
	keep_behaviour(o, destinations, n);
	keyring_free(o->keys);
	arena_free(o->known_arena);
	o->known_arena = inner.arena;
	o->destinations = destinations;
	o->n_destinations = n;
	o->keys = keys;
	o->versions = now;
	return 0;
}

static int64_t delay_of(const struct delivery *d)
{
	uint32_t randomness;

	if (d->answer.outcome != OUTBOX_RETRY)
		return 0;
	if (d->answer.pause_s >= 0)
		return d->answer.pause_s * 1000;
	random_bytes(&randomness, sizeof(randomness));
	return retry_delay_ms(d->item.attempts, d->answer.delay_cap_ms, randomness);
}

static void hurry(struct outbox *o, const struct destination *to)
{
	struct op op;

	op_init(&op, o->arena, o->config.db, NULL);
	if (outbox_hurry(&op, to->kind, to->name) < 0)
		log_event(LOG_LEVEL_WARN, "outbox.hurry", L_STR("destination", to->name), L_C("error", err_name(op.error.code)));
	db_op_done(&op);
}

static void note_breaker(struct outbox *o, const struct delivery *d)
{
	struct destination *to = destination_find(o->destinations, o->n_destinations, d->item.kind, d->item.destination);
	enum breaker_state before;
	int64_t now_ms = clock_mono_ms();

	/* Not registered any more. */
	if (!to)
		return;
	to->in_flight--;
	before = to->breaker.state;
	if (d->answer.tells_nothing) {
		breaker_unused(&to->breaker);
		return;
	}
	if (d->answer.pause_s > 0)
		breaker_pause(&to->breaker, now_ms + d->answer.pause_s * 1000);
	if (breaker_note(&to->breaker, d->answer.event, now_ms)) {
		log_event(LOG_LEVEL_INFO, "destination.up", L_C("kind", to->kind), L_STR("destination", to->name));
		hurry(o, to);
	} else if (before == BREAKER_CLOSED && to->breaker.state != BREAKER_CLOSED) {
		log_event(LOG_LEVEL_WARN, "destination.down", L_C("kind", to->kind), L_STR("destination", to->name), L_STR("detail", d->answer.detail));
	}
}

static void pause_ms(long ms)
{
	nanosleep(&(struct timespec){ .tv_sec = ms / 1000, .tv_nsec = ms % 1000 * 1000000 }, NULL);
}

/* A database that is away for a moment shall not cost each of these a second message. */
static size_t write_ends(struct outbox *o, const struct outbox_end *ends, size_t n)
{
	for (int i = 0; i < COMPLETE_TRIES; i++) {
		size_t n_held = 0;
		struct op op;
		int r;

		arena_reset(o->arena);
		op_init(&op, o->arena, o->config.db, NULL);
		r = outbox_complete(&op, ends, n, &n_held);
		db_op_done(&op);
		if (r == 0)
			return n_held;
		log_event(LOG_LEVEL_WARN, "outbox.complete", L_INT("n", (int64_t)n), L_C("error", err_name(r)), L_STR("detail", op.error.detail));
		pause_ms(COMPLETE_PAUSE_MS);
	}
	/* The leases end by time; then they are sent again. */
	return 0;
}

static void note_stats(struct outbox *o, const struct outbox_end *ends, size_t n, size_t n_held)
{
	uint64_t n_down = 0;

	for (size_t i = 0; i < o->n_destinations; i++)
		n_down += o->destinations[i].breaker.state != BREAKER_CLOSED;
	pthread_mutex_lock(&o->lock);
	for (size_t i = 0; i < n; i++)
		o->stats.sent[ends[i].outcome]++;
	o->stats.fenced += n - n_held;
	o->stats.in_flight = o->n_deliveries - o->n_free - n;
	o->stats.n_down = n_down;
	pthread_mutex_unlock(&o->lock);
}

static void log_delivery(const struct delivery *d)
{
	log_event(d->answer.outcome == OUTBOX_REFUSED ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "delivery",
	          L_C("kind", d->item.kind), L_STR("destination", d->item.destination), L_STR("account", d->item.account_id), L_STR("id", d->item.id),
	          L_C("outcome", outbox_outcome_name(d->answer.outcome)), L_INT("attempt", d->item.attempts),
	          L_STR("detail", d->answer.detail));
}

void outbox_end(struct outbox *o, struct delivery *done)
{
	struct outbox_end ends[OUTBOX_DELIVERIES_MAX];
	struct delivery *next;
	size_t n = 0;

	for (struct delivery *d = done; d; d = d->next) {
		assert(n < ARRAY_LEN(ends));
		ends[n++] = (struct outbox_end){ &d->item, d->answer.outcome, delay_of(d), d->answer.detail };
		log_delivery(d);
	}
	note_stats(o, ends, n, write_ends(o, ends, n));
	/* After the rows are due again: a platform that is back gets all of them. */
	for (struct delivery *d = done; d; d = next) {
		next = d->next;
		note_breaker(o, d);
		arena_reset(d->arena);
		d->next = o->free_deliveries;
		o->free_deliveries = d;
		o->n_free++;
	}
}

void outbox_free(struct outbox *o)
{
	for (size_t i = 0; i < o->n_deliveries; i++)
		arena_free(o->deliveries[i].arena);
	http_client_free(o->http);
	keyring_free(o->keys);
	arena_free(o->known_arena);
	arena_free(o->arena);
	pthread_cond_destroy(&o->changed);
	pthread_mutex_destroy(&o->lock);
}
