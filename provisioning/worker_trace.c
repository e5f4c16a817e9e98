/* Runs on demand in a worker: an ordinary claim of one binding, with a trace (worker_impl.h). */
#include "provisioning/worker_impl.h"

#include "common/base/clock.h"
#include "common/base/log.h"

#include <string.h>

static void copy_id(char ret[UUID_TEXT_LEN + 1], struct str id)
{
	size_t n = id.len < UUID_TEXT_LEN ? id.len : UUID_TEXT_LEN;

	for (size_t i = 0; i < n; i++)
		ret[i] = id.p[i];
	ret[n] = '\0';
}

bool worker_ask(struct worker *w, const struct trace_target *target)
{
	size_t at = 0;
	bool has_room;

	pthread_mutex_lock(&w->lock);
	/* One that still waits has lost its lease to this one. */
	while (at < w->n_asked && !str_equal(str_c(w->asked[at].run_id), target->run_id))
		at++;
	has_room = at < WORKER_ASKED_MAX;
	if (has_room) {
		struct asked *a = &w->asked[at];

		w->n_asked += at == w->n_asked;

		copy_id(a->run_id, target->run_id);
		copy_id(a->account_id, target->account_id);
		a->lease_token = target->lease_token;
		a->attempt = target->attempt;
		a->since_ms = clock_mono_ms();
		w->is_nudged = true;
		pthread_cond_signal(&w->changed);
	}
	pthread_mutex_unlock(&w->lock);
	return has_room;
}

/* The oldest. */
static bool take(struct worker *w, struct asked *ret)
{
	bool any;

	pthread_mutex_lock(&w->lock);
	any = w->n_asked > 0 && w->n_free > 0;
	if (any) {
		*ret = w->asked[0];
		w->n_asked--;
		for (size_t i = 0; i < w->n_asked; i++)
			w->asked[i] = w->asked[i + 1];
	}
	pthread_mutex_unlock(&w->lock);
	return any;
}

/* Its turn comes again soon, unless the target came here anew meanwhile. */
static void put_back(struct worker *w, const struct asked *a)
{
	size_t at = 0;

	pthread_mutex_lock(&w->lock);
	while (at < w->n_asked && strcmp(w->asked[at].run_id, a->run_id) != 0)
		at++;
	if (at == w->n_asked && at < WORKER_ASKED_MAX)
		w->asked[w->n_asked++] = *a;
	pthread_mutex_unlock(&w->lock);
}

static json_t *gate_detail(const struct worker *w, const struct passed *passed, const char *why)
{
	json_t *detail = json_new_object();

	json_set_bool(detail, "passed", why == NULL);
	json_set_str(detail, "why", str_c(why));
	json_set_str(detail, "breaker", str_c(breaker_state_name(w->gate.breaker.state)));
	json_set_bool(detail, "probe", passed->is_probe);
	json_set_bool(detail, "takes_away", passed->takes_away);
	json_set_int(detail, "waited_ms", passed->waited_ms);
	return detail;
}

void worker_begin_trace(struct worker *w, struct task *t, const struct passed *passed)
{
	struct call c = { .op = &t->op, .trace = ARENA_NEW(t->arena, struct trace) };

	*c.trace = (struct trace){ .arena = t->arena, .run_id = arena_dup(t->arena, passed->target.run_id), .attempt = passed->target.attempt,
		                   .lease_token = passed->target.lease_token };
	trace_add(&c, "gate", trace_begin(&c), gate_detail(w, passed, NULL));
	t->trace = c.trace;
}

static int end_unsent(struct worker *w, struct op *op, const struct passed *passed, const char *why)
{
	struct call c = { .op = op, .trace = ARENA_NEW(op->arena, struct trace) };

	*c.trace = (struct trace){ .arena = op->arena };
	trace_add(&c, "gate", trace_begin(&c), gate_detail(w, passed, why));
	return trace_target_end(op, &(struct trace_end){ .target = passed->target, .outcome = "not_now", .op = "none", .operation_id = STR_NULL,
	                                                 .fault = str_c(why), .trace = c.trace });
}

static int claim_and_send(struct worker *w, struct op *op, const struct passed *passed, int64_t *ret_n)
{
	const struct trace_target *target = &passed->target;
	int64_t deadline_ms = clock_mono_ms() + w->config.lease_s * 1000;
	const struct work *work;
	bool is_leased;
	int err = binding_claim_one(op, target->platform_id, target->account_id, w->config.lease_s, &work, &is_leased);

	*ret_n = 0;
	if (err < 0)
		return err;
	if (work) {
		*ret_n = 1;
		return worker_send(w, op, &(struct claimed){ work, 1, deadline_ms, passed->is_probe, passed });
	}
	return trace_target_end(op, &(struct trace_end){ .target = *target, .outcome = is_leased ? "leased" : "skipped", .op = "none",
	                                                 .operation_id = STR_NULL, .fault = STR_NULL, .again = is_leased });
}

/* As any other operation it counts against the platform's limits; a person learns at once why it cannot go. */
static int serve(struct worker *w, struct op *op, struct passed *passed, bool *ret_waits)
{
	struct admission a;
	const char *why = NULL;
	int64_t n = 0;
	int err = binding_takes_away(op, passed->target.platform_id, passed->target.account_id, &passed->takes_away), err_used;

	if (err == 0)
		err = gate_ask(&w->gate, op, passed->takes_away, (int64_t)(w->n_tasks - w->n_free), &a, &why);
	if (err < 0)
		return err;
	*ret_waits = why && (strcmp(why, "busy") == 0 || strcmp(why, "budget") == 0) && passed->waited_ms < w->config.lease_s * 1000;
	if (why)
		return *ret_waits ? 0 : end_unsent(w, op, passed, why);
	passed->is_probe = a.is_probe;
	err = claim_and_send(w, op, passed, &n);
	err_used = gate_used(&w->gate, op, &a, n);
	return err < 0 ? err : err_used;
}

/* What fails here ends with the target's lease, and is tried again. */
void worker_serve_asked(struct worker *w)
{
	struct asked a;

	for (size_t i = 0; i < WORKER_ASKED_MAX && take(w, &a); i++) {
		struct passed passed = { .target = { str_c(a.run_id), str_c(a.account_id), w->config.platform_id, a.lease_token, a.attempt },
			                 .waited_ms = clock_mono_ms() - a.since_ms };
		bool waits = false;
		struct op op;

		arena_reset(w->arena);
		op_init(&op, w->arena, w->config.db, NULL);
		if (serve(w, &op, &passed, &waits) < 0)
			log_event(LOG_LEVEL_WARN, "worker.trace", L_STR("platform", w->config.connector->platform), L_C("error", err_name(op.error.code)),
			          L_STR("detail", op.error.detail));
		db_op_done(&op);
		if (waits)
			put_back(w, &a);
	}
}

static void end_trace(struct worker *w, const struct task *t, bool was_fenced)
{
	const struct result *r = &t->result;
	struct op op;
	struct trace_end end = {
		.target = { t->trace->run_id, t->work.account_id, w->config.platform_id, t->trace->lease_token, t->trace->attempt },
		.outcome = was_fenced ? "lease_lost" : outcome_name(r->outcome),
		.op = r->op,
		.operation_id = str_c(t->op.id),
		.fault = str_c(r->fault.class),
		.again = r->outcome == OUTCOME_RELEASED,
		.trace = r->outcome == OUTCOME_RELEASED ? NULL : t->trace,
	};

	arena_reset(w->arena);
	op_init(&op, w->arena, w->config.db, NULL);
	if (trace_target_end(&op, &end) < 0)
		log_event(LOG_LEVEL_WARN, "worker.trace", L_STR("platform", w->config.connector->platform), L_C("error", err_name(op.error.code)),
		          L_STR("detail", op.error.detail));
	db_op_done(&op);
}

void worker_end_traces(struct worker *w, const struct task *done)
{
	for (const struct task *t = done; t; t = t->next)
		if (t->trace)
			end_trace(w, t, t->ending.completion.was_fenced);
}
