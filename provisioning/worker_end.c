/* How operations end: delays, breaker, statistics, and the row of each binding (worker_impl.h). */
#include "provisioning/worker_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"
#include "provisioning/binding_store.h"
#include "provisioning/observe/run_store.h"

#include <string.h>

#define RELEASE_DELAY_MS 200
#define LIMITED_DELAY_MS 1000
#define HTTP_FORBIDDEN 403
#define LDAP_NO_ACCESS 50
#define PAUSE_MAX_S 3600
#define DOUBT_MAX_MS 10000
#define MEAN_OF 8

static const char *const op_names[WORKER_OPS] = { "none", "look_up", "create", "update", "disable", "delete" };

const char *worker_op_name(size_t op)
{
	assert(op < WORKER_OPS);
	return op_names[op];
}

static bool is_unreachable(const struct result *r)
{
	return r->verdict == VERDICT_DOWN || (r->fault.class && strcmp(r->fault.class, "timeout") == 0);
}

static bool asks_for_pause(const struct result *r)
{
	return r->verdict == VERDICT_LIMITED || r->fault.retry_after_s > 0;
}

static int64_t pause_of(const struct result *r)
{
	int64_t pause_s = r->fault.retry_after_s;

	if (pause_s < 0)
		return LIMITED_DELAY_MS;
	return (pause_s < PAUSE_MAX_S ? pause_s : PAUSE_MAX_S) * 1000;
}

/*
 * How long a platform may go on working on a create whose answer nobody waits for any more: a
 * look-up before that would find nothing, and prove nothing.
 */
static int64_t doubt_ms(const struct worker *w, const struct result *r)
{
	int64_t timeout_ms = w->config.connector->timeout_ms;

	if (r->outcome != OUTCOME_IN_DOUBT || strcmp(r->op, "create") != 0)
		return 0;
	return timeout_ms < DOUBT_MAX_MS ? timeout_ms : DOUBT_MAX_MS;
}

static int64_t delay_of(const struct worker *w, const struct task *t)
{
	const struct result *r = &t->result;
	int64_t cap_ms = RETRY_CAP_MS;
	uint32_t randomness;

	if (r->outcome == OUTCOME_OK || r->outcome == OUTCOME_BLOCKED || r->outcome == OUTCOME_WAITING)
		return 0;
	if (r->outcome == OUTCOME_RELEASED)
		return RELEASE_DELAY_MS;
	if (asks_for_pause(r))
		return pause_of(r);
	/* Access that must end is tried again soon, whatever went wrong. */
	if (is_unreachable(r) || (r->verdict == VERDICT_AUTH && r->status != HTTP_FORBIDDEN) || !t->want.active)
		cap_ms = RETRY_DOWN_CAP_MS;
	random_bytes(&randomness, sizeof(randomness));
	return doubt_ms(w, r) + retry_delay_ms(t->work.tries + 1, cap_ms, randomness);
}

#define KNOWN_BAD_TRIES 3

static bool has_class(const struct result *r, const char *class)
{
	return r->fault.class && strcmp(r->fault.class, class) == 0;
}

/* false: it says nothing of the platform. */
static bool event_of(const struct task *t, enum breaker_event *ret)
{
	const struct result *r = &t->result;

	if (r->outcome == OUTCOME_RELEASED || strcmp(r->op, "none") == 0 || has_class(r, "not_allowed") || has_class(r, "lease"))
		return false;
	*ret = BREAKER_ANSWERED;
	if (is_unreachable(r))
		*ret = BREAKER_UNREACHABLE;
	else if (r->verdict == VERDICT_AUTH)
		*ret = r->status == HTTP_FORBIDDEN || r->status == LDAP_NO_ACCESS ? BREAKER_FORBIDDEN : BREAKER_UNAUTHORIZED;
	else if (has_class(r, "server") && !asks_for_pause(r))
		*ret = BREAKER_FAILED;
	/* An account that has failed again and again tells of itself, not of the platform. */
	return *ret != BREAKER_FAILED || t->work.tries < KNOWN_BAD_TRIES;
}

static void note_event(struct worker *w, const struct task *t)
{
	const struct result *r = &t->result;
	enum breaker_state before = w->gate.breaker.state;
	struct gate_event e = { .is_limited = asks_for_pause(r), .pause_ms = asks_for_pause(r) ? pause_of(r) : r->pause_s * 1000 };

	e.is_event = event_of(t, &e.event);
	if (e.is_event && e.event != BREAKER_ANSWERED) {
		e.class = r->fault.class;
		e.status = r->status;
	}
	gate_note(&w->gate, &e, clock_mono_ms());
	if (before == BREAKER_CLOSED && w->gate.breaker.state != BREAKER_CLOSED)
		log_event(LOG_LEVEL_WARN, "platform.down", L_STR("platform", w->config.connector->platform),
		          L_C("state", breaker_state_name(w->gate.breaker.state)), L_C("error", r->fault.class), L_STR("detail", r->fault.detail));
}

static size_t op_index(const char *name)
{
	for (size_t i = 0; i < WORKER_OPS; i++)
		if (strcmp(op_names[i], name) == 0)
			return i;
	return WORKER_OP_NONE;
}

/* Of late. */
static void note_mean(struct worker *w, int64_t ms)
{
	w->mean_us += (ms * 1000 - w->mean_us) / MEAN_OF;
}

static void note_stats(struct worker *w, const struct task *done)
{
	pthread_mutex_lock(&w->lock);
	for (const struct task *t = done; t; t = t->next) {
		const struct result *r = &t->result;

		w->stats.fenced += t->ending.completion.was_fenced;
		w->stats.ms_total += (uint64_t)t->ending.completion.ms;
		if (r->outcome < WORKER_OUTCOMES)
			w->stats.operations[op_index(r->op)][r->outcome]++;
	}
	w->stats.in_flight = w->n_tasks - w->n_free;
	w->stats.breaker = w->gate.breaker.state;
	pthread_mutex_unlock(&w->lock);
}

/* What these told of the platform; when it is back, what waits for it may go at once. */
static void write_gate(struct worker *w)
{
	bool is_back = false;
	struct op op;
	int err;

	if (!gate_has_news(&w->gate))
		return;
	arena_reset(w->arena);
	op_init(&op, w->arena, w->config.db, NULL);
	err = gate_flush(&w->gate, &op, &is_back);
	if (err == 0 && is_back) {
		log_event(LOG_LEVEL_INFO, "platform.up", L_STR("platform", w->config.connector->platform));
		err = binding_hurry(&op, w->config.platform_id);
		/* What was changed there meanwhile is looked for, too. */
		if (err == 0)
			err = observe_run_request(&op, w->config.platform_id, "recovery");
	}
	if (err < 0)
		log_event(LOG_LEVEL_WARN, "worker.gate", L_STR("platform", w->config.connector->platform), L_C("error", err_name(err)),
		          L_STR("detail", op.error.detail));
	db_op_done(&op);
}

static void log_task(const struct worker *w, const struct task *t)
{
	const struct result *r = &t->result;
	bool is_odd = r->outcome == OUTCOME_IN_DOUBT || r->outcome == OUTCOME_BLOCKED;

	if (r->outcome == OUTCOME_RELEASED)
		return;
	log_event(is_odd ? LOG_LEVEL_WARN : LOG_LEVEL_DEBUG, "operation",
	          L_STR("platform", w->config.connector->platform), L_STR("account", t->work.account_id),
	          L_C("op", r->op), L_C("outcome", outcome_name(r->outcome)), L_INT("ms", t->ending.completion.ms),
	          L_C("task", t->op.id), L_C("fault", r->fault.class ? r->fault.class : ""),
	          L_STR("detail", r->fault.detail));
}

/* On the recorder's thread. */
static void written(void *context, struct ending *e)
{
	struct task *t = context;
	struct worker *w = t->worker;

	(void)e;
	if (t->is_urgent)
		urgency_end(w->config.urgency);
	pthread_mutex_lock(&w->lock);
	t->next = w->done;
	w->done = t;
	pthread_cond_signal(&w->changed);
	pthread_mutex_unlock(&w->lock);
}

void worker_end(struct task *t, int64_t ms)
{
	struct worker *w = t->worker;

	t->ending = (struct ending){
		.completion = {
			.work = &t->work,
			.result = &t->result,
			.sent_hash = t->work.want_hash,
			.sent_active = t->work.want_active,
			.delay_ms = delay_of(w, t),
			.is_charged = t->result.outcome != OUTCOME_RELEASED && t->result.outcome != OUTCOME_WAITING && t->result.verdict != VERDICT_LIMITED,
			.ms = ms,
			.task_id = str_c(t->op.id),
		},
		.is_urgent = t->is_urgent || t->trace,
		.written = written,
		.context = t,
	};
	recorder_add(w->config.recorder, &t->ending);
}

void worker_complete(struct worker *w, struct task *done)
{
	struct task *next;

	for (const struct task *t = done; t; t = t->next) {
		note_event(w, t);
		log_task(w, t);
		if (t->result.outcome != OUTCOME_RELEASED)
			note_mean(w, t->ending.completion.ms);
	}
	atomic_store(&w->is_down, w->gate.breaker.state != BREAKER_CLOSED);
	worker_end_traces(w, done);
	note_stats(w, done);
	for (struct task *t = done; t; t = next) {
		next = t->next;
		t->next = w->free_tasks;
		w->free_tasks = t;
		w->n_free++;
	}
	write_gate(w);
}
